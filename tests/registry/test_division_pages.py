"""Changes of divisions on a page: drafted by rows, looked at, applied by another, and what a split left placed."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import Division
from casework.models import AuditEvent
from registry.models import DivisionChange
from registry.services.division_changes import apply_change, create_change
from registry.services.division_splits import map_parts
from registry.services.placing import homes_for, place_organizations, to_place
from registry.services.standing import change_standing
from registry.views.divisions import came_from
from reporting import rollups
from reporting.figures import figures
from tests.builders import make_assignment, make_division_year, make_organization, make_user, make_world
from tests.worlds import shared

DAY, EVE = date(2024, 6, 1), date(2024, 5, 31)
SAID = {"effective": "2024年6月1日", "approval_no": "深坪府〔2024〕1号"}


def make():
    world = make_world()
    world.officer = make_user("bureau_officer", world.district)
    world.head = make_user("bureau_head", world.district)
    world.kind = world.types["culture"]
    return world


made_world, world = shared(make)


def page_of(user):
    client = Client()
    client.force_login(user)
    return client


def address(name, *args):
    return reverse(f"registry:{name}", args=args)


def parts(*rows, **more):
    data = {"form-TOTAL_FORMS": 6, "form-INITIAL_FORMS": 0, **SAID, **more}
    for number, (name, code, kind) in enumerate(rows):
        data |= {f"form-{number}-name": name, f"form-{number}-code": code, f"form-{number}-kind": kind}
    return data


EAST, WEST = ("六东社区居委会", "440310001011", "urban"), ("六西村村委会", "440310001012", "rural")


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_a_split_is_typed_in_rows_mapped_and_applied_by_the_head(world):
    named = make_organization(world.community, world.kind, name="合唱队", place="六东社区党群服务中心")
    told = make_organization(world.community, world.kind, name="舞蹈队")
    rest = make_organization(world.community, world.kind, name="书画社")
    make_division_year(world.community, 2023, population=900)
    clerk, both = make_user("clerk", world.community), make_user("clerk", world.community)
    rollups.drain_marks()
    page = page_of(world.officer)
    start = page.post(address("division_change_start"), {"kind": "split", "division": world.community.pk})
    form = start.url
    assert form == address("division_change_add", world.community.pk, "split")
    assert page.get(form).status_code == 200
    answers = [page.post(form, parts(EAST, WEST)) for _click in range(2)]
    change = DivisionChange.objects.get()
    mapping = address("division_change_parts", change.pk)
    assert [answer.url for answer in answers] == [mapping, mapping], "a second click finds the first draft"
    east, west = change.lines.order_by("id")
    shown = {one["row"]: one["line"] for one in page.get(mapping).context["organizations"]}
    assert shown == {named: east, told: None, rest: None}
    page.post(
        mapping,
        {
            "rest": west.pk,
            f"organization_{named.pk}": east.pk,
            f"organization_{rest.pk}": "",
            f"person_{clerk.assignments.get().pk}": west.pk,
        },
    )
    seen = page.get(address("division_change", change.pk)).context
    assert (seen["counts"]["organizations"], seen["counts"]["people"], seen["counts"]["figures"]) == (3, 2, 1)
    assert [row[1:] for row in seen["parts"]] == [(1, 0), (2, 1), (0, None)]
    assert seen["steps"] == ["drop"], "who drafts does not decide"
    assert page.post(address("division_change_step", change.pk, "apply")).status_code == 403
    head = page_of(world.head)
    for _click in range(2):
        assert head.post(address("division_change_step", change.pk, "apply")).status_code == 302
    assert AuditEvent.objects.filter(action="division_change.apply").count() == 1
    eastern, western = Division.objects.filter(valid_from=DAY).order_by("code")
    assert [fresh(row).division for row in (named, told, rest)] == [eastern, western, western]
    assert [figures(place, DAY)["orgs"] for place in (eastern, western, world.street)] == [1, 2, 3]
    assert [figures(place, EVE)["orgs"] for place in (world.community, world.street)] == [3, 3]
    assert [figures(place, EVE, basis="now")["orgs"] for place in (eastern, western)] == [1, 2]
    assert rollups.verify_drained() == []
    assert fresh(clerk).paths() == [western.path]
    assert sorted(fresh(both).paths()) == sorted([eastern.path, western.path])
    assert [row["name"] for row in head.get(address("division_change", change.pk)).context["becomes"]] == [
        eastern.full_name,
        western.full_name,
    ]
    assert change.lines.count() == 2


def test_a_part_may_stay_the_old_community_with_its_people(world):
    stays, leaves = (make_organization(world.community, world.kind, name=name) for name in ("甲队", "乙队"))
    clerk, other = make_user("clerk", world.community), make_user("clerk", world.community)
    page = page_of(world.officer)
    page.post(address("division_change_add", world.community.pk, "split"), parts(EAST, keeps="on"))
    change = DivisionChange.objects.get()
    kept, new = change.lines.order_by("id")
    assert page.get(address("division_change_parts", change.pk)).context["kept"] == kept
    page.post(
        address("division_change_parts", change.pk),
        {"rest": kept.pk, f"organization_{leaves.pk}": new.pk, f"person_{other.assignments.get().pk}": new.pk},
    )
    apply_change(change=change, by=world.head)
    new.refresh_from_db()
    assert [fresh(row).division for row in (stays, leaves)] == [world.community, new.division]
    assert fresh(clerk).paths() == [world.community.path]
    assert fresh(other).paths() == [new.division.path]


def test_only_what_lies_there_is_given_to_a_part_and_only_while_it_is_a_draft(world):
    lines = [{"name": name, "code": code, "kind": "urban"} for name, code, *_kind in (EAST, WEST)]
    change = create_change(kind="split", division=world.community, effective=DAY, by=world.officer, lines=lines)
    elsewhere = make_organization(world.second_community, world.kind)
    part = change.lines.first()
    with pytest.raises(ValidationError):
        map_parts(change=change, organizations={elsewhere.pk: part}, people={}, by=world.officer)
    DivisionChange.objects.update(state="refused")
    with pytest.raises(ValidationError):
        map_parts(change=change, organizations={}, people={}, by=world.officer)


def test_a_new_community_has_nothing_before_it(world):
    new = {"new_name": EAST[0], "new_code": EAST[1], "new_kind": "urban"}
    change = create_change(kind="create", division=world.street, effective=DAY, by=world.officer, **new)
    assert len(page_of(world.officer).get(address("division_change", change.pk)).context["becomes"]) == 1


def test_what_is_wrong_stays_on_the_page_as_typed(world):
    page, form = page_of(world.officer), address("division_change_add", world.community.pk, "split")
    for rows in ([EAST], [EAST, EAST], [EAST, ("六西社区", "", "")], [EAST, ("六西社区", "44031", "urban")]):
        answer = page.post(form, parts(*rows))
        assert answer.status_code == 200, rows
        assert answer.context["parts"].forms[0]["name"].value() == EAST[0]
    taken = page.post(form, parts(EAST, ("六西社区", world.village.code, "urban")))
    assert taken.context["form"].non_field_errors()
    assert not DivisionChange.objects.exists()
    start = page.post(address("division_change_start"), {"kind": "split", "division": world.street.pk})
    assert "division" in start.context["form"].errors
    assert page.get(address("division_change_add", world.far_community.pk, "split")).status_code == 404
    assert page.get(address("division_change_add", world.street.pk, "split")).status_code == 404


def test_a_street_is_recoded_with_its_communities_all_or_nothing(world):
    page, form = page_of(world.officer), address("division_change_add", world.street.pk, "recode")
    filled = page.post(form, {"fill": "1", "new_code": "440310009"}).context["form"]
    codes = {child: field.value() for child, field in filled.rows()}
    assert codes == {
        world.community: "440310009001",
        world.second_community: "440310009" + world.second_community.code[9:],
    }
    assert not filled.errors, "nothing was sent yet"
    wrong = page.post(form, {**SAID, "new_code": "440310009", f"code_{world.community.pk}": world.village.code})
    assert wrong.context["form"].non_field_errors()
    page.post(form, {**SAID, "new_code": "440310009", f"code_{world.community.pk}": "440310009077"})
    change = DivisionChange.objects.get()
    seen = page.get(address("division_change", change.pk)).context
    assert (seen["counts"]["communities"], len(seen["becomes"])) == (2, 3)
    page_of(world.head).post(address("division_change_step", change.pk, "apply"))
    assert [fresh(row).code for row in (world.street, world.community)] == ["440310009", "440310009077"]
    assert fresh(world.second_community).code.startswith("440310009")


@pytest.mark.parametrize(
    ("kind", "at", "asked", "holds"),
    [
        (
            "merge",
            "community",
            {"merged": ["second_community"], "new_name": "六坪社区居委会"},
            {"name": "六坪社区居委会"},
        ),
        ("transfer", "community", {"new_parent": "other_street"}, {"parent": "other_street"}),
        ("class_change", "village", {"new_kind": "urban"}, {"kind": "urban"}),
        ("rename", "street", {"new_name": "坪中街道"}, {"name": "坪中街道"}),
        ("abolish", "community", {}, {"valid_to": DAY}),
    ],
)
def test_every_kind_is_drafted_on_its_page_and_applied(world, kind, at, asked, holds):
    def given(value):
        if isinstance(value, list):
            return [given(one) for one in value]
        return getattr(world, value).pk if hasattr(world, value) else value

    page, place = page_of(world.officer), getattr(world, at)
    form = address("division_change_add", place.pk, kind)
    assert page.get(form).status_code == 200
    page.post(form, {**SAID, **{name: given(value) for name, value in asked.items()}})
    change = DivisionChange.objects.get()
    assert page.get(address("division_change", change.pk)).context["counts"]
    told = [line["url"] for line in page_of(world.head).get(reverse("reporting:home")).context["work"]]
    assert told == [address("division_changes")], "whoever decides finds it on the start page"
    page_of(world.head).post(address("division_change_step", change.pk, "apply"))
    place = fresh(place)
    assert {name: getattr(place, name) for name in holds} == {
        name: getattr(world, value) if isinstance(value, str) and hasattr(world, value) else value
        for name, value in holds.items()
    }


def test_a_merger_lists_the_organizations_of_one_name(world):
    there = [make_organization(place, world.kind, name="合唱队") for place in (world.community, world.second_community)]
    lines = [{"division": world.second_community}]
    change = create_change(kind="merge", division=world.community, effective=DAY, lines=lines, by=world.head)
    seen = address("division_change", change.pk)
    page = page_of(world.officer)
    assert page.get(seen).context["twins"] == []
    apply_change(change=change, by=world.head)
    assert {row["uid"] for row in page.get(seen).context["twins"]} == {str(row.uid) for row in there}


@pytest.fixture
def left(world):
    """Three organizations an abolished community left at the street, beside one that works for all of it."""
    world.left = [make_organization(world.community, world.kind, name=name) for name in ("合唱队", "舞蹈队", "棋社")]
    world.wide = make_organization(world.street, world.kind, name="街道联合会")
    world.clerks = make_user("street_officer", world.street)
    change = create_change(kind="abolish", division=world.community, effective=DAY, by=world.head)
    apply_change(change=change, by=world.head)
    return world


def test_where_they_came_from_is_read_at_once(left, django_assert_num_queries):
    later = make_organization(left.street, left.kind)
    with django_assert_num_queries(1):
        assert came_from([*left.left[:2], later]) == dict.fromkeys([row.pk for row in left.left[:2]], left.community)


def test_what_is_left_at_the_street_is_listed_and_placed_together(left):
    page = page_of(left.clerks)
    assert set(to_place(left.clerks)) == set(left.left)
    assert not to_place(make_user("street_officer", left.other_street)).exists()
    home = page.get(reverse("reporting:home")).context
    assert any(line["url"] == address("to_place") for line in home["work"])
    answer = page.get(address("to_place"))
    assert [row[2] for row in answer.context["rows"]] == [fresh(left.community)] * 3
    ticked = [row.pk for row in left.left[:2]]
    asked = {"organization": ticked, "division": left.second_community.pk, "reason": "拆分后归属坪环社区"}
    assert page.post(address("to_place"), {**asked, "reason": ""}).context["form"].errors
    seen = page.post(address("to_place"), asked).context
    assert (seen["asks"], seen["rows"]) == (True, []), "shown once more before it is done"
    assert to_place(left.clerks).count() == 3
    for _click in range(2):
        page.post(address("to_place"), {**asked, "sure": "1"})
    assert [fresh(row).division for row in left.left] == [left.second_community] * 2 + [left.street]
    assert AuditEvent.objects.filter(action="place").count() == 2
    assert set(to_place(left.head)) == {left.left[2]}
    page.post(
        address("to_place"), {"organization": [left.left[2].pk], "division": "stays", "reason": "跨社区", "sure": "1"}
    )
    assert not to_place(left.head).exists()
    assert fresh(left.left[2]).division == left.street


def test_figures_before_and_after_are_right_and_the_stored_ones_too(left):
    one, two, _three = left.left
    rollups.drain_marks()
    place_organizations(organizations=[one], division=left.second_community, reason="归属明确", by=left.head)
    place_organizations(
        organizations=[two], division=left.second_community, reason="归属明确", by=left.head, on=date(2024, 9, 1)
    )
    days = {day: figures(left.second_community, day)["orgs"] or 0 for day in (EVE, DAY, date(2024, 9, 1))}
    assert list(days.values()) == [0, 1, 2]
    assert figures(left.street, EVE)["orgs_wide"] == 1
    assert figures(left.street, DAY)["orgs_wide"] == 3
    assert [figures(left.street, day)["orgs"] for day in days] == [4, 4, 4]
    assert figures(left.second_community, EVE, basis="now")["orgs"] == 2, "where they lie today"
    assert rollups.verify_drained() == []


def test_what_moves_on_by_another_road_takes_its_history_along(left):
    one, two, _three = (fresh(row) for row in left.left)
    moved = {"effective": date(2024, 9, 1), "by": left.head, "division": left.second_community}
    change_standing(organization=one, version=one.version, **moved)
    change_standing(organization=two, version=two.version, **moved | {"effective": DAY})
    lies = [list(row.periods.order_by("starts").values_list("division_now", flat=True)) for row in (one, two)]
    home = left.second_community.pk
    assert lies == [[home, left.street.pk, home], [home, home]]


def test_nobody_is_placed_twice_elsewhere_or_without_the_right(left):
    one = left.left[0]
    with pytest.raises(ValidationError):
        place_organizations(organizations=[one], division=left.second_community, reason=" ", by=left.head)
    for place in (left.other_community, left.village, fresh(left.community)):
        with pytest.raises(ValidationError):
            place_organizations(organizations=[one], division=place, reason="归属明确", by=left.head)
    place_organizations(organizations=[one], division=left.second_community, reason="归属明确", by=left.head)
    with pytest.raises(ValidationError):
        place_organizations(organizations=[one], division=None, reason="归属明确", by=left.head)


def test_who_waits_goes_on_waiting_when_the_street_is_merged(left):
    change = create_change(
        kind="merge",
        division=left.other_street,
        effective=date(2024, 7, 1),
        lines=[{"division": left.street}],
        by=left.head,
    )
    apply_change(change=change, by=left.head)
    assert set(to_place(left.head)) == set(left.left), "the street-wide one does not wait"


def test_somebody_with_two_places_sees_only_what_they_may_move(left):
    user = make_user("street_officer", left.other_street)
    make_assignment(user, "viewer", left.street)
    assert not to_place(fresh(user)).exists()


def test_what_an_abolished_street_left_at_the_district_is_placed_too(world):
    wide = make_organization(world.other_street, world.kind, name="街道联合会")
    Division.objects.filter(parent=world.other_street).update(valid_to=DAY)
    change = create_change(kind="abolish", division=world.other_street, effective=DAY, by=world.head)
    apply_change(change=change, by=world.head)
    waiting = to_place(world.head)
    assert [(row, row.division) for row in waiting] == [(wide, world.district)]
    homes = set(homes_for(world.head, waiting))
    assert {world.street, world.community} <= homes
    assert not homes & {world.district, world.other_street, world.far_community}
    place_organizations(organizations=[wide], division=world.street, reason="街道并入", by=world.head)
    assert fresh(wide).division == world.street
