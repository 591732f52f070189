from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import Division, DivisionLink, DivisionPeriod
from casework.models import AuditEvent
from registry.models import DivisionChange, Need, Organization, OrganizationPeriod, RollupMark
from registry.naming import name_key
from registry.resolve import Problem, Resolver
from registry.services.base_figures import save_figures
from registry.services.division_changes import (
    apply_change,
    apply_due_changes,
    check_change,
    create_change,
    drop_change,
)
from registry.services.division_moves import uncover
from registry.services.divisions import correct_kind
from registry.services.organizations import edit_organization
from reporting.asking import Asked
from reporting.figures import figures
from reporting.rollups import drain_marks, rebuild, verify
from reporting.rows import Rows
from tests.builders import (
    make_division,
    make_division_year,
    make_organization,
    make_user,
    make_world,
)

pytestmark = pytest.mark.django_db
DAY = date(2024, 6, 1)
EVE = date(2024, 5, 31)


@pytest.fixture
def world():
    tree = make_world()
    tree.head = make_user("bureau_head", tree.district)
    tree.kind = tree.types["culture"]
    return tree


def change(world, kind, division, *, on=DAY, lines=(), by=None, **fields):
    by = by or world.head
    draft = create_change(kind=kind, division=division, effective=on, by=by, lines=list(lines), **fields)
    return apply_change(change=draft, by=by)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def standing(organization):
    return list(organization.periods.order_by("starts").values_list("starts", "ends", "division", "division_now"))


def test_rename_keeps_the_past_and_the_former_name(world):
    change(world, "rename", world.community, new_name="六和社区居委会", approval_no="深坪府〔2024〕1号")
    place = fresh(world.community)
    assert (place.name, place.short_name, place.full_name) == (
        "六和社区居委会",
        "六和社区",
        "广东省深圳市坪山区坪山街道六和社区",
    )
    periods = list(place.periods.order_by("starts").values_list("name", "starts", "ends"))
    assert periods == [
        ("六联社区居委会", date(1900, 1, 1), DAY),
        ("六和社区居委会", DAY, None),
    ]
    answer = Resolver(world.district).resolve("六联社区")
    assert (answer.division, answer.how) == (place, "former")
    assert RollupMark.objects.filter(division=place).exists()


def test_renaming_a_street_renames_everything_below_it(world):
    change(world, "rename", world.street, new_name="坪中街道")
    assert fresh(world.community).full_name == "广东省深圳市坪山区坪中街道六联社区居委会"
    assert fresh(world.other_community).full_name == "广东省深圳市坪山区马峦街道马峦社区居委会"
    answer = Resolver(world.district).resolve("坪山街道六联社区")
    assert isinstance(answer, Problem) or answer.division == world.community


def test_recode_may_take_the_communities_along(world):
    change(
        world,
        "recode",
        world.street,
        new_code="440310009",
        lines=[{"division": world.community, "code": "440310009001"}],
    )
    assert [fresh(row).code for row in (world.street, world.community)] == ["440310009", "440310009001"]
    answer = Resolver(world.district).resolve("440310001001")
    assert (answer.division, answer.how) == (world.community, "old_code")


def test_a_code_in_use_is_refused(world):
    with pytest.raises(ValidationError):
        change(world, "recode", world.community, new_code=world.village.code)


def test_change_of_kind_counts_from_its_day(world):
    change(world, "class_change", world.village, new_kind="urban")
    assert list(world.village.periods.order_by("starts").values_list("kind", "ends")) == [
        ("rural", DAY),
        ("urban", None),
    ]
    assert figures(world.district, EVE)["communities_rural"] == 1
    assert not figures(world.district, DAY)["communities_rural"]


def test_a_correction_of_kind_changes_the_open_period(world):
    correct_kind(division=world.village, kind="urban", by=world.head)
    assert list(world.village.periods.values_list("kind", "ends")) == [("urban", None)]
    with pytest.raises(PermissionDenied):
        correct_kind(division=world.village, kind="rural", by=make_user("street_officer", world.street))
    with pytest.raises(ValidationError):
        correct_kind(division=world.street, kind="urban", by=world.head)


def test_transfer_moves_the_place_with_its_organizations(world):
    choir = make_organization(world.community, world.kind)
    officer = make_user("clerk", world.community)
    change(world, "transfer", world.community, new_parent=world.other_street)
    place, choir = fresh(world.community), fresh(choir)
    assert place.path.startswith(world.other_street.path)
    assert place.full_name == "广东省深圳市坪山区马峦街道六联社区"
    assert (choir.division_path, choir.division) == (place.path, place)
    assert standing(choir) == [(date(2020, 5, 1), None, place.pk, place.pk)]
    assert fresh(officer).paths() == [place.path]
    assert figures(world.street, EVE)["orgs"] == 1
    assert not figures(world.street, DAY)["orgs"]
    assert figures(world.other_street, DAY)["orgs"] == 1
    assert figures(world.other_street, EVE, basis="now")["orgs"] == 1
    answer = Resolver(world.district).resolve("坪山街道六联社区")
    assert (answer.division, answer.how) == (place, "former")
    marked = set(RollupMark.objects.values_list("division", flat=True))
    assert {place.pk, world.street.pk, world.other_street.pk} <= marked


def test_transfer_of_a_street_rewrites_everything_below(world):
    choir = make_organization(world.community, world.kind)
    head = make_user("bureau_head", world.city)
    change(world, "transfer", world.street, new_parent=world.other_district, by=head)
    place, choir = fresh(world.community), fresh(choir)
    assert place.path == f"{world.other_district.path}{world.street.pk}.{place.pk}."
    assert (choir.division_path, choir.district) == (place.path, world.other_district)
    assert DivisionPeriod.objects.get(division=place, ends=None).path == place.path
    assert DivisionPeriod.objects.get(division=place, ends=DAY).path == world.community.path


@pytest.mark.parametrize("parent", ["street", "district", "village"])
def test_transfer_needs_another_place_of_the_same_level(world, parent):
    with pytest.raises(ValidationError):
        change(world, "transfer", world.community, new_parent=getattr(world, parent))


def test_merge_joins_two_communities_from_the_day_on(world):
    choir = make_organization(world.second_community, world.kind, name="红梅合唱队", name_key="红梅合唱队")
    twin = make_organization(world.community, world.kind, name="红梅合唱队", name_key="红梅合唱队")
    clerk = make_user("clerk", world.second_community)
    need = Need.objects.create(division=world.second_community, content="陪伴")
    applied = merged(world)
    gone, heir = fresh(world.second_community), fresh(world.community)
    assert (gone.valid_to, heir.name) == (DAY, "六坪社区居委会")
    assert DivisionLink.objects.filter(old=gone, new=heir, effective=DAY).exists()
    assert standing(choir) == [
        (date(2020, 5, 1), DAY, gone.pk, heir.pk),
        (DAY, None, heir.pk, heir.pk),
    ]
    assert fresh(choir).version == choir.version + 1
    assert (fresh(choir).division, fresh(choir).division_path) == (heir, heir.path)
    assert fresh(clerk).paths() == [heir.path]
    assert fresh(need).division == heir
    event = AuditEvent.objects.get(action="division_change.apply", target_id=str(applied.pk))
    assert {row["uid"] for row in event.after["same_names"]} == {str(choir.uid), str(twin.uid)}
    assert event.before["organizations"][str(choir.uid)] == gone.full_name
    assert event.after["organizations"] == {str(choir.uid): heir.full_name}


def merged(world, on=DAY):
    return change(
        world,
        "merge",
        world.community,
        on=on,
        new_name="六坪社区居委会",
        lines=[{"division": world.second_community}],
    )


def test_after_a_merge_both_views_of_the_past_hold(world):
    make_organization(world.second_community, world.kind)
    make_organization(world.community, world.kind)
    merged(world)
    was = {place: figures(place, EVE)["orgs"] for place in (world.community, world.second_community)}
    now = figures(world.community, EVE, basis="now")["orgs"]
    assert (list(was.values()), now) == ([1, 1], 2)
    assert figures(world.community, DAY)["orgs"] == 2
    assert figures(world.street, EVE)["communities"] == 2
    assert figures(world.street, DAY)["communities"] == 1


def test_the_merged_place_is_found_by_its_old_name_and_code(world):
    merged(world)
    resolver = Resolver(world.district)
    for text in ("坪环社区", "坪山街道坪环社区居委会", world.second_community.code):
        answer = resolver.resolve(text)
        assert (answer.division, answer.how in {"former", "old_code"}) == (world.community, True)


def test_base_figures_of_merged_places_add_up_on_every_day(world):
    make_division_year(world.community, 2023, population=1000, households=400)
    make_division_year(world.second_community, 2023, population=500)
    merged(world)
    derived = world.community.years.get(year=2025)
    assert (derived.population, derived.households, derived.source) == (1500, None, "derived")
    for day in (EVE, DAY, date(2024, 12, 31), date(2025, 1, 1)):
        assert figures(world.street, day)["population"] == 1500, day
    assert figures(world.community, EVE)["population"] == 1000
    assert figures(world.community, DAY)["population"] == 1500


def test_in_the_year_of_a_merge_a_place_reports_once(world):
    for place in (world.community, world.second_community):
        make_division_year(place, 2023, staff=5, certified_staff=2, social_workers=1, has_station=True)
    merged(world)
    row = figures(world.street, DAY)
    names = ("staff", "staff_reported", "stations", "stations_community", "stations_reported")
    assert [row[name] for name in names] == [10, 1, 2, 1, 1]
    assert row["communities_social_worker_ge_1"] == row["stations_community"]
    for name in names[1:]:
        rows = Rows(name, Asked(world.street, DAY), world.head)
        assert rows.total == len(rows.page) == row[name], name


def test_what_the_heir_states_for_the_year_of_a_merge_stands_for_both(world):
    make_division_year(world.community, 2023, population=1000)
    make_division_year(world.second_community, 2023, population=500)
    merged(world)
    save_figures(division=world.community, year=2024, figures={"population": 1510}, by=world.head)
    days = (date(2023, 12, 31), DAY, date(2024, 12, 31), date(2025, 1, 1), date(2026, 1, 1))
    assert [figures(world.street, day)["population"] for day in days] == [1500, 1510, 1510, 1510, 1510]
    assert not world.community.years.filter(source="derived").exists()
    uncover([world.community.pk], [2024])  # nothing was taken away
    assert figures(world.street, date(2025, 1, 1))["population"] == 1510
    world.community.years.filter(year=2024).delete()
    world.community.years.update(next_year=None)
    uncover([world.community.pk], [2024])
    assert [figures(world.street, day)["population"] for day in days] == [1500] * 5


def test_the_sum_stays_while_one_of_those_taken_over_stated_the_year_itself(world):
    third = make_division("community", "三社区居委会", world.street, kind="urban")
    for place, people in ((world.community, 1000), (world.second_community, 500), (third, 7)):
        make_division_year(place, 2023, population=people)
    make_division_year(third, 2024, population=8)
    third.years.filter(year=2023).update(next_year=2024)
    change(world, "merge", world.community, lines=[{"division": world.second_community}, {"division": third}])
    save_figures(division=world.community, year=2024, figures={"population": 1510}, by=world.head)
    days = (date(2024, 12, 31), date(2025, 1, 1))
    assert [figures(world.street, day)["population"] for day in days] == [1518, 1508]


def test_what_both_stated_for_the_year_of_a_merge_is_added_up(world):
    for year in (2023, 2024):
        make_division_year(world.community, year, population=1000)
        make_division_year(world.second_community, year, population=500)
    world.second_community.years.filter(year=2023).update(next_year=2024)
    world.community.years.filter(year=2023).update(next_year=2024)
    merged(world)
    save_figures(division=world.community, year=2024, figures={"population": 1010}, by=world.head)
    assert figures(world.street, date(2024, 12, 31))["population"] == 1510


@pytest.mark.parametrize("kind", ["merge", "split", "abolish"])
def test_what_was_founded_and_ended_at_a_place_that_is_gone_still_counts(world, kind):
    kept = make_organization(world.second_community, world.kind, founded=date(2024, 2, 1))
    make_organization(world.second_community, world.kind, founded=date(2020, 2, 1), ended=date(2024, 3, 1))
    parts = [{"code": f"44031000111{at}", "name": f"{at}社区居委会"} for at in (1, 2)]
    parts[0]["organizations"] = [kept]
    places = {
        "merge": (world.community, [{"division": world.second_community}]),
        "split": (world.second_community, parts),
    }
    division, lines = places.get(kind, (world.second_community, ()))
    change(world, kind, division, lines=lines)
    row = figures(world.street, DAY)
    assert (row["founded_year"], row["ended_year"]) == (1, 1)
    with time_machine.travel(date(2024, 6, 2), tick=False):
        rebuild(timezone.localdate())
        edit_organization(organization=kept, version=fresh(kept).version, founded=date(2023, 2, 1), by=world.head)
        while drain_marks():
            pass
        assert (figures(world.street)["founded_year"], verify()) == (0, [])


def test_two_mergers_in_a_year_carry_all_figures_on(world):
    third = make_division("community", "三社区居委会", world.street, kind="urban")
    for place, people in ((world.community, 1000), (world.second_community, 500), (third, 7)):
        make_division_year(place, 2023, population=people, has_station=place == world.second_community)
    merged(world, on=date(2024, 3, 1))
    change(world, "merge", third, lines=[{"division": world.community}])
    days = (date(2024, 2, 1), date(2024, 4, 1), DAY, date(2025, 1, 1))
    assert [figures(world.street, day)["population"] for day in days] == [1507] * 4
    assert figures(third, EVE, basis="now")["population"] == 1507
    assert (third.years.get(year=2025).has_station, world.community.years.count()) == (True, 1)
    assert Resolver(world.district).resolve("坪环社区").division == third


def test_what_a_place_split_before_left_elsewhere_stays_there(world):
    parts = [{"code": "440310001111", "name": "一社区居委会"}, {"code": "440310001112", "name": "二社区居委会"}]
    make_division_year(world.second_community, 2023, population=500)
    change(world, "split", world.second_community, on=date(2024, 3, 1), lines=parts)
    one = Division.objects.get(name="一社区居委会")
    change(world, "merge", world.community, lines=[{"division": one}])
    assert not DivisionLink.objects.filter(old=world.second_community, new=world.community).exists()


def test_figures_not_confirmed_are_not_added_up(world):
    make_division_year(world.community, 2023, population=1000)
    make_division_year(world.second_community, 2023, population=500, state="draft")
    merged(world, on=date(2025, 1, 1))
    assert not world.community.years.filter(source="derived").exists()
    assert world.second_community.years.get().next_year == 2025


def test_merging_streets_takes_the_communities_along(world):
    choir = make_organization(world.village, world.kind)
    wide = make_organization(world.other_street, world.kind)
    change(world, "merge", world.street, lines=[{"division": world.other_street}])
    street = fresh(world.street)
    assert fresh(world.village).path == f"{street.path}{world.village.pk}."
    assert fresh(choir).division_path == fresh(world.village).path
    assert fresh(wide).division == street


def test_split_maps_organizations_and_leaves_the_rest_at_the_street(world):
    one, two, rest = (make_organization(world.community, world.kind) for _index in range(3))
    closed = make_organization(world.community, world.kind, ended=date(2022, 1, 1))
    make_division_year(world.community, 2023, population=900)
    clerk = make_user("clerk", world.community)
    split(world, one, two)
    east, west = Division.objects.filter(valid_from=DAY).order_by("code")
    assert (east.full_name, west.kind) == ("广东省深圳市坪山区坪山街道六东社区", "rural")
    assert [fresh(row).division for row in (one, two, rest)] == [east, west, world.street]
    assert standing(closed) == [(date(2020, 5, 1), date(2022, 1, 1), world.community.pk, world.street.pk)]
    assert sorted(fresh(clerk).paths()) == sorted([east.path, west.path])
    assert figures(world.street, EVE)["population"] == 900
    assert figures(world.street, date(2025, 1, 1))["population"] is None
    assert isinstance(Resolver(world.district).resolve("六联社区"), Problem)


def split(world, one, two):
    return change(
        world,
        "split",
        world.community,
        lines=[
            {"code": "440310001011", "name": "六东社区居委会", "organizations": [one]},
            {"code": "440310001012", "name": "六西村村委会", "kind": "rural", "organizations": [two]},
        ],
    )


def test_a_place_that_gives_a_part_away_goes_on(world):
    stays, leaves, waits, over = (
        make_organization(world.community, world.kind, ended=ended) for ended in (None, None, None, date(2023, 1, 1))
    )
    change(
        world,
        "split",
        world.community,
        lines=[
            {"division": world.community, "organizations": [stays]},
            {"code": "440310001012", "name": "六西社区居委会", "organizations": [leaves]},
        ],
    )
    assert fresh(world.community).valid_to is None
    assert standing(stays) == [(date(2020, 5, 1), None, world.community.pk, world.community.pk)]
    part = Division.objects.get(code="440310001012")
    assert fresh(leaves).division == part
    lies = [row.periods.order_by("starts").first().division_now for row in (stays, leaves, waits, over)]
    assert lies == [world.community, part, world.street, world.community]


def test_abolish_sends_organizations_to_the_street(world):
    choir = make_organization(world.community, world.kind)
    change(world, "abolish", world.community)
    assert fresh(world.community).valid_to == DAY
    assert fresh(choir).division == world.street
    assert not Division.objects.communities().filter(pk=world.community.pk).exists()


def test_a_place_with_others_below_is_not_abolished(world):
    with pytest.raises(ValidationError):
        change(world, "abolish", world.street)


def test_create_begins_on_its_day(world):
    change(world, "create", world.street, new_name="新和社区居委会", new_code="440310001099", new_kind="urban")
    place = Division.objects.get(code="440310001099")
    assert (place.level, place.parent, place.periods.get().starts) == ("community", world.street, DAY)
    assert figures(world.street, EVE)["communities"] == 2
    assert figures(world.street, DAY)["communities"] == 3


def test_a_change_to_come_waits_for_its_day(world):
    draft = create_change(
        kind="rename", division=world.community, effective=date(2999, 1, 1), by=world.head, new_name="六和社区"
    )
    with pytest.raises(ValidationError):
        apply_change(change=draft, by=world.head)
    assert apply_due_changes(date(2999, 1, 1)) == ([], []), "nobody checked it"
    check_change(change=draft, by=world.head)
    assert apply_due_changes(date(2998, 12, 31)) == ([], [])
    applied, refused = apply_due_changes(date(2999, 1, 1))
    assert (applied, refused) == ([draft], [])
    with pytest.raises(ValidationError):
        apply_change(change=draft, by=world.head)


def test_the_heir_of_a_merger_may_take_the_code_of_what_ends(world):
    code = world.second_community.code
    change(world, "merge", world.community, lines=[{"division": world.second_community}], new_code=code)
    assert fresh(world.community).code == code


def test_a_code_named_twice_or_swapped_is_refused(world):
    mine, theirs = world.community, world.second_community
    for code in ("440310001090", mine.code):
        with pytest.raises(ValidationError):
            change(world, "recode", mine, new_code=code, lines=[{"division": theirs, "code": code}])
    with pytest.raises(ValidationError):
        change(world, "recode", mine, new_code=theirs.code, lines=[{"division": theirs, "code": mine.code}])


def test_former_names_still_do_not_count_in_an_organizations_name(world):
    before = name_key("六联社区腰鼓队", division=world.community)
    change(world, "rename", world.community, new_name="六和社区居委会")
    after = fresh(world.community)
    assert {name_key(name, division=after) for name in ("六和社区腰鼓队", "六联社区腰鼓队", "腰鼓队")} == {before}
    change(world, "merge", world.second_community, on=date(2024, 7, 1), lines=[{"division": after}])
    assert name_key("六和社区腰鼓队", division=fresh(world.second_community)) == before


def test_merging_streets_renames_what_lies_below(world):
    stand_in = make_user("clerk", world.other_street)
    stand_in.assignments.update(absent=world.head)
    change(world, "merge", world.street, lines=[{"division": world.other_street}])
    assert fresh(world.other_community).full_name == "广东省深圳市坪山区坪山街道马峦社区"
    assert stand_in.assignments.get(division=world.street).absent == world.head


def test_who_drafts_neither_checks_nor_drops_what_was_checked(world):
    officer = make_user("bureau_officer", world.district)
    given = {"kind": "abolish", "division": world.community, "effective": DAY, "by": officer}
    draft, wrong = create_change(**given), create_change(**given)
    with pytest.raises(PermissionDenied):
        check_change(change=draft, by=officer)
    assert drop_change(change=wrong, by=officer).state == "dropped"
    check_change(change=draft, by=world.head)
    with pytest.raises(PermissionDenied):
        drop_change(change=draft, by=officer)
    with pytest.raises(ValidationError):
        apply_change(change=wrong, by=world.head)
    assert apply_due_changes(DAY) == ([draft], [])


def test_a_due_change_that_no_longer_fits_is_reported_and_changes_nothing(world):
    drafts = [
        create_change(kind="abolish", division=world.community, effective=DAY, by=world.head) for _index in range(2)
    ]
    for draft in drafts:
        check_change(change=draft, by=world.head)
    applied, refused = apply_due_changes(DAY)
    assert applied == drafts[:1]
    assert [row for row, _why in refused] == drafts[1:]


def test_a_refused_change_keeps_its_reason_and_is_tried_again(world):
    draft = create_change(
        kind="recode", division=world.community, effective=DAY, by=world.head, new_code="440310001090"
    )
    check_change(change=draft, by=world.head)
    Division.objects.filter(pk=world.village.pk).update(code="440310001090")
    for _night in range(2):
        apply_due_changes(DAY)
    draft = fresh(draft)
    assert (draft.state, draft.applied_at) == ("refused", None)
    assert "440310001090" in draft.refusal
    assert AuditEvent.objects.get(action="division_change.refuse").note == draft.refusal
    Division.objects.filter(pk=world.village.pk).update(code="440310002002")
    applied, refused = apply_due_changes(DAY)
    assert (applied, refused) == ([draft], [])
    assert (fresh(draft).state, fresh(draft).refusal) == ("applied", "")


def test_a_transfer_that_brings_a_filing_number_twice_into_a_district_is_refused_whole(world):
    make_organization(world.far_community, world.kind, name="大鹏合唱团", filing_no="社备001")
    make_organization(world.community, world.kind, name="六联合唱团", filing_no="社备001")
    with pytest.raises(ValidationError) as error:
        change(world, "transfer", world.street, new_parent=world.other_district, by="system")
    [sentence] = error.value.messages
    assert "社备001" in sentence
    assert "大鹏区" in sentence
    assert "合唱团" not in sentence
    everywhere = make_user("bureau_head", world.city)
    with pytest.raises(ValidationError, match=r"、大鹏合唱团|大鹏合唱团、"):
        change(world, "transfer", world.street, new_parent=world.other_district, by=everywhere)
    assert fresh(world.street).parent == world.district


def test_a_change_before_the_open_period_began_is_refused_whole(world):
    change(world, "rename", world.community, new_name="六和社区居委会")
    with pytest.raises(ValidationError):
        change(world, "rename", world.community, new_name="六顺社区居委会", on=EVE)
    assert fresh(world.community).name == "六和社区居委会"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("rename", {}),
        ("recode", {}),
        ("transfer", {}),
        ("class_change", {}),
        ("create", {"new_name": "甲"}),
        ("merge", {}),
        ("split", {}),
        ("split", {"lines": [{"code": "440310001077", "name": "甲"}]}),
    ],
)
def test_an_incomplete_change_is_not_drafted(world, kind, fields):
    with pytest.raises(ValidationError):
        create_change(kind=kind, division=world.community, effective=DAY, by=world.head, **fields)


def test_only_communities_are_urban_or_rural(world):
    with pytest.raises(ValidationError):
        create_change(kind="class_change", division=world.street, effective=DAY, by=world.head, new_kind="rural")


def test_nothing_begins_below_a_community(world):
    new = {"new_name": "六联第二社区居委会", "new_code": "440310001099"}
    with pytest.raises(ValidationError):
        create_change(kind="create", division=world.community, effective=DAY, by=world.head, **new)


def test_a_place_does_not_end_before_it_last_changed(world):
    change(world, "rename", world.community, new_name="六和社区居委会")
    with pytest.raises(ValidationError):
        change(world, "abolish", world.community, on=EVE)
    assert fresh(world.community).valid_to is None


def test_only_those_with_the_right_at_every_place_may(world):
    near = make_user("bureau_head", world.district)
    with pytest.raises(PermissionDenied):
        change(world, "transfer", world.street, new_parent=world.other_district, by=near)
    officer = make_user("bureau_officer", world.district)
    draft = create_change(kind="abolish", division=world.community, effective=DAY, by=officer)
    with pytest.raises(PermissionDenied):
        apply_change(change=draft, by=officer)
    assert apply_change(change=draft, by=near).state == DivisionChange.State.APPLIED


def test_an_organization_that_moved_later_keeps_its_later_place(world):
    choir = make_organization(world.second_community, world.kind)
    OrganizationPeriod.objects.filter(organization=choir).update(ends=date(2024, 9, 1))
    OrganizationPeriod.objects.create(
        organization=choir,
        tier="team",
        state="active",
        division=world.village,
        division_now=world.village,
        type=world.kind,
        starts=date(2024, 9, 1),
    )
    Organization.objects.filter(pk=choir.pk).update(division=world.village, division_path=world.village.path)
    merged(world)
    assert [row[:3] for row in standing(choir)] == [
        (date(2020, 5, 1), DAY, world.second_community.pk),
        (DAY, date(2024, 9, 1), world.community.pk),
        (date(2024, 9, 1), None, world.village.pk),
    ]
    assert fresh(choir).division == world.village
