from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from casework.models import AuditEvent
from registry.models import OrganizationYear, RollupMark, TypeMapping
from registry.schemes import main_scheme, tier_words, type_in
from registry.services.flags import classify, end_flag, set_flag
from registry.services.organizations import edit_organization
from registry.services.standing import change_standing, end_organization, first_periods, reopen_organization
from registry.services.yearly import save_year_figures
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def periods(organization):
    return [(row.state, row.division_id, row.starts, row.ends) for row in organization.periods.all()]


def messages(refusal):
    return refusal.value.message_dict if hasattr(refusal.value, "error_dict") else refusal.value.messages


def test_a_change_of_standing_closes_one_period_and_opens_the_next(world, officer, create):
    organization = create()
    RollupMark.objects.all().delete()
    moved = change_standing(
        organization=organization,
        version=1,
        effective=date(2023, 7, 1),
        by=officer,
        division=world.other_community,
        state="dormant",
        note="搬迁",
    )
    assert (moved.division, moved.division_path) == (world.other_community, world.other_community.path)
    assert periods(moved) == [
        ("active", world.community.pk, date(2020, 5, 1), date(2023, 7, 1)),
        ("dormant", world.other_community.pk, date(2023, 7, 1), None),
    ]
    assert moved.periods.last().division_now == world.other_community
    marked = set(RollupMark.objects.values_list("division", flat=True))
    assert marked == {world.community.pk, world.other_community.pk}
    event = AuditEvent.objects.first()
    assert (event.action, event.note, event.before["state"]) == ("change_standing", "搬迁", "active")


def test_a_change_on_the_first_day_corrects_the_period(officer, create):
    organization = create()
    change_standing(organization=organization, version=1, effective=date(2020, 5, 1), by=officer, tier="group")
    assert [(row.tier, row.starts) for row in organization.periods.all()] == [("group", date(2020, 5, 1))]


def test_a_standing_that_is_already_so_changes_nothing(officer, create):
    organization = create()
    same = change_standing(
        organization=organization, version=1, effective=date(2023, 1, 1), by=officer, tier="team", state=None
    )
    assert same.version == 1


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"effective": date(2019, 1, 1), "tier": "registered"}, "2020-05-01"),
        ({"effective": date(2023, 1, 1), "tier": "registered"}, "credit code"),
        ({"effective": date(2222, 1, 1), "tier": "registered"}, "future"),
        ({"effective": date(2023, 1, 1), "state": "cancelled"}, "own page"),
    ],
)
def test_standings_that_are_refused(officer, create, change, match):
    organization = create()
    with pytest.raises(ValidationError, match=match):
        change_standing(organization=organization, version=1, by=officer, **change)
    assert organization.periods.count() == 1


def test_nobody_moves_an_organization_out_of_or_into_a_place_without_right(world, clerk, create):
    outside, inside = create("甲队长队", division=world.other_community), create("乙社团会", division=world.community)
    for organization, target in ((outside, world.community), (inside, world.other_community)):
        with pytest.raises(PermissionDenied):
            change_standing(organization=organization, version=1, effective=date(2023, 1, 1), by=clerk, division=target)


def test_a_move_to_a_district_with_another_scheme_needs_a_type_of_it(world, officer, create):
    organization = create(by="system")
    world.scheme.divisions.remove(world.other_district)
    scheme = builders.make_scheme("SH", world.other_district, types={"a": "生活服务类"})
    change = {"organization": organization, "version": 1, "effective": date(2023, 1, 1), "by": "system"}
    with pytest.raises(ValidationError, match="scheme"):
        change_standing(**change, division=world.far_community)
    moved = change_standing(**change, division=world.far_community, type=scheme.types.get())
    assert moved.district == world.other_district


def test_a_filing_number_the_new_district_has_already_is_refused_and_its_holder_named_to_who_may_see_it(
    world, officer, create
):
    holder = create("大鹏合唱团", division=world.far_community, filing_no="社备001", by="system")
    organization = create(tier="registered", uscc="51310104MJ4950010A", filing_no="社备001", by="system")
    change = {
        "organization": organization,
        "version": 1,
        "effective": date(2023, 1, 1),
        "division": world.far_community,
        "case": object(),  # stands for the decided one: the home of a registered organization is nobody's to change
    }
    with pytest.raises(PermissionDenied):
        change_standing(**change, by=officer)
    blind = builders.make_user(division=world.district, perms={"registry.change_organization"})
    builders.make_assignment(blind, "mover", world.other_district, perms={"registry.change_organization"})
    with pytest.raises(ValidationError) as unseen:
        change_standing(**change, by=blind)
    assert "社备001 would stand twice in 大鹏区" in messages(unseen)["division"][0]
    assert holder.name not in str(messages(unseen))
    everywhere = builders.make_user("bureau_officer", world.city)
    with pytest.raises(ValidationError, match=holder.name):
        change_standing(**change, by=everywhere)
    assert change_standing(**change | {"division": world.other_community}, by=officer).version == 2


def test_an_end_closes_everything_open(world, officer, create):
    organization = create(flags=["hub"])
    set_flag(organization=organization, flag="volunteer", starts=date(2024, 2, 1), by=officer)
    ended = end_organization(
        organization=organization, version=2, state="cancelled", on=date(2024, 1, 1), reason="自愿注销", by=officer
    )
    assert (ended.state, ended.ended) == ("cancelled", date(2024, 1, 1))
    assert periods(ended) == [("active", world.community.pk, date(2020, 5, 1), date(2024, 1, 1))]
    assert [(row.flag, row.ends) for row in ended.flags.all()] == [("hub", date(2024, 1, 1))]
    assert AuditEvent.objects.first().note == "自愿注销"


@pytest.mark.parametrize(
    ("end", "field"),
    [
        ({"state": "active", "on": date(2024, 1, 1), "reason": "自愿注销"}, "state"),
        ({"state": "cancelled", "on": date(2222, 1, 1), "reason": "自愿注销"}, "on"),
        ({"state": "cancelled", "on": date(2020, 4, 30), "reason": "自愿注销"}, "on"),
        ({"state": "cancelled", "on": date(2024, 1, 1), "reason": " "}, "reason"),
    ],
)
def test_ends_that_are_refused(officer, create, end, field):
    organization = create()
    with pytest.raises(ValidationError) as refusal:
        end_organization(organization=organization, version=1, by=officer, **end)
    assert list(messages(refusal)) == [field]


def test_an_ended_organization_is_kept_as_it_was_until_the_end_is_taken_back(officer, create):
    organization = create(flags=["hub"])
    end = {"organization": organization, "state": "cancelled", "on": date(2024, 1, 1), "by": officer}
    end_organization(**end, version=1, reason="误操作")
    with pytest.raises(ValidationError, match="ended"):
        edit_organization(organization=organization, version=2, by=officer, place="别处")
    with pytest.raises(ValidationError):
        reopen_organization(organization=organization, version=2, by=officer, reason="")
    back = reopen_organization(organization=organization, version=2, by=officer, reason="误操作")
    assert (back.state, back.ended, back.version) == ("active", None, 3)
    assert back.periods.get().ends is None
    assert back.flags.get().ends is None
    with pytest.raises(ValidationError, match="not ended"):
        reopen_organization(organization=organization, version=3, by=officer, reason="再来")


@pytest.mark.parametrize(
    ("founded", "state", "year", "expected"),
    [
        (date(2020, 5, 1), "active", 2024, [("active", date(2020, 5, 1), None)]),
        (None, "active", 2024, [("active", date(2024, 1, 1), None)]),
        (
            date(2020, 5, 1),
            "dormant",
            2024,
            [("active", date(2020, 5, 1), date(2024, 12, 31)), ("dormant", date(2024, 12, 31), None)],
        ),
        (
            date(2020, 5, 1),
            "suspended",
            2026,
            [("active", date(2020, 5, 1), date(2026, 3, 1)), ("suspended", date(2026, 3, 1), None)],
        ),
        (date(2025, 1, 5), "dormant", 2024, [("dormant", date(2025, 1, 5), None)]),
    ],
)
def test_the_first_periods_of_a_survey(founded, state, year, expected):
    assert first_periods(founded=founded, state=state, year=year, today=date(2026, 3, 1)) == expected


def test_functions_are_set_and_ended_on_days(officer, create):
    organization = create()
    row = set_flag(organization=organization, flag="hub", starts=date(2021, 1, 1), by=officer, evidence="文件 3 号")
    with pytest.raises(ValidationError, match="already"):
        set_flag(organization=organization, flag="hub", starts=date(2022, 1, 1), by=officer)
    with pytest.raises(ValidationError, match="no such"):
        set_flag(organization=organization, flag="nonsense", starts=date(2022, 1, 1), by=officer)
    with pytest.raises(ValidationError, match="after 2021-01-01"):
        end_flag(flag=row, ends=date(2021, 1, 1), by=officer)
    end_flag(flag=row, ends=date(2023, 1, 1), by=officer, note="到期")
    with pytest.raises(ValidationError, match="after 2023-01-01"):
        end_flag(flag=row, ends=date(2024, 1, 1), by=officer)
    assert set_flag(organization=organization, flag="hub", starts=date(2024, 1, 1), by=officer).ends is None
    assert [event.action for event in AuditEvent.objects.all()] == ["set_flag", "end_flag", "set_flag", "create"]


def test_functions_need_the_right_at_the_place(world, clerk, create):
    organization = create(division=world.other_community, flags=["hub"])
    with pytest.raises(PermissionDenied):
        set_flag(organization=organization, flag="volunteer", starts=date(2021, 1, 1), by=clerk)
    with pytest.raises(PermissionDenied):
        end_flag(flag=organization.flags.get(), ends=date(2021, 1, 1), by=clerk)


def test_a_type_in_another_scheme_is_stated_or_mapped(world, officer, create):
    organization = create()
    scheme = builders.make_scheme("SW", types={"a": "文艺类", "b": "体育类", "c": "其他"})
    art, sport, rest = scheme.types.all()
    assert type_in(organization, world.scheme) == (organization.type, True)
    assert type_in(organization, scheme) == (None, False)
    TypeMapping.objects.create(source=organization.type, target=rest, exact=False)
    TypeMapping.objects.create(source=organization.type, target=art)
    assert type_in(organization, scheme) == (art, True)
    classify(organization=organization, type=art, by=officer, starts=date(2024, 1, 1))
    classify(organization=organization, type=sport, by=officer, starts=date(2024, 6, 1))
    assert type_in(organization, scheme) == (sport, True)
    assert [row.ends for row in organization.classifications.order_by("starts")] == [date(2024, 6, 1), None]
    classify(organization=organization, type=sport, by=officer)
    classify(organization=organization, type=rest, by=officer, starts=date(2024, 6, 1))
    assert organization.classifications.count() == 2
    with pytest.raises(ValidationError, match="main scheme"):
        classify(organization=organization, type=world.types["charity"], by=officer)


def test_the_nearest_places_scheme_and_words_are_the_main_ones(world):
    assert main_scheme(world.community) == world.scheme
    local = builders.make_scheme("LOCAL", world.street)
    assert main_scheme(world.community) == local
    assert main_scheme(world.province) is None
    assert tier_words(world.scheme) == {"registered": "登记", "team": "备案", "group": "活动小组"}


def test_yearly_figures_chain_in_any_order_and_keep_what_is_not_given(world, officer, create):
    organization = create()
    for year in (2024, 2020, 2022):
        save_year_figures(organization=organization, year=year, figures={"members": year - 2000}, by=officer)
    chain = dict(OrganizationYear.objects.values_list("year", "next_year"))
    assert chain == {2020: 2022, 2022: 2024, 2024: None}
    row = save_year_figures(
        organization=organization, year=2022, figures={"income": Decimal("12.50"), "party_form": None}, by=officer
    )
    assert (row.members, row.income, row.next_year) == (22, Decimal("12.50"), 2024)
    event = AuditEvent.objects.first()
    assert event.after == {"year": 2022, "income": "12.50", "version": 5}
    before = AuditEvent.objects.count()
    save_year_figures(organization=organization, year=2022, figures={"members": 22}, by=officer)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("year", "figures", "field"),
    [
        (2024, {"members": 3, "party_members": 4}, "party_members"),
        (2024, {"fulltime": 0, "certified": 1}, "certified"),
        (2222, {"members": 3}, "year"),
        (1900, {"members": 3}, "year"),
        (2024, {"members": -1}, "members"),
    ],
)
def test_figures_that_are_refused(officer, create, year, figures, field):
    organization = create()
    with pytest.raises(ValidationError) as refusal:
        save_year_figures(organization=organization, year=year, figures=figures, by=officer)
    assert list(messages(refusal)) == [field]


def test_figures_need_the_right_at_the_place(world, clerk, create):
    organization = create(division=world.other_community)
    with pytest.raises(PermissionDenied):
        save_year_figures(organization=organization, year=2024, figures={"members": 1}, by=clerk)


def test_a_party_work_officer_states_what_is_about_the_party_only(world, create):
    officer, organization = builders.make_user("party_officer", world.district), create()
    figures = {"party_members": 0, "party_form": "assigned"}
    assert save_year_figures(organization=organization, year=2024, figures=figures, by=officer).party_form == "assigned"
    with pytest.raises(PermissionDenied):
        save_year_figures(organization=organization, year=2024, figures={"members": 1}, by=officer)
    client = Client()
    client.force_login(officer)
    asked = client.get(reverse("registry:organization_figures", args=[organization.uid])).context["form"].fields
    assert set(asked) == {"version", "year", "party_members", "party_org", "party_form"}


def test_a_year_opened_by_party_work_keeps_the_figures_in_force(world, create):
    officer, organization = builders.make_user("party_officer", world.district), create()
    builders.make_organization_year(organization, 2024, members=21, activities=9, party_members=2)
    with pytest.raises(ValidationError, match="21"):
        save_year_figures(organization=organization, year=2025, figures={"party_members": 22}, by=officer)
    row = save_year_figures(organization=organization, year=2025, figures={"party_members": 3}, by=officer)
    assert (row.members, row.activities, row.party_members) == (21, 9, 3)
