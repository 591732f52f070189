"""Needs, projects and code lists: rows a form of the admin saves by itself."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from casework.models import AuditEvent
from registry.models import Need, RollupMark, Scheme, Term
from tests.adminapi.conftest import signed_in
from tests.builders import make_assignment, make_user

NEEDS = "/admin/registry/need/"
TERMS = "/admin/registry/term/"
SCHEMES = "/admin/registry/scheme/"


@pytest.fixture
def need(world):
    return Need.objects.create(division=world.community, content="舞蹈场地", raised=date(2024, 3, 1))


def need_at(division, **data):
    given = {"content": "舞蹈场地", "raised": "2024-03-01", "state": "open", "targets": '["老年人"]'}
    return {**given, "division": division.pk, **data}


def shown(page, address):
    """What a browser sends back when nothing was typed."""
    form = page.get(address).context["adminform"].form
    hidden = {bound.html_initial_name: bound.value() for bound in form if bound.field.show_hidden_initial}
    asked = {bound.html_name: bound.value() for bound in form} | hidden
    return {name: "" if value is None else value for name, value in asked.items()}


def last_event():
    return AuditEvent.objects.first()


def test_a_new_need_leaves_its_trail_and_counts(page, officer, world):
    assert page.post(f"{NEEDS}add/", need_at(world.community, people=30)).status_code == 302
    need = Need.objects.get()
    event = last_event()
    assert (event.actor, event.action, event.target_id) == (officer.username, "need.create", str(need.pk))
    assert event.before is None
    assert (event.after["division"], event.after["people"]) == (world.community.pk, 30)
    assert RollupMark.objects.filter(division=world.community).exists()


def test_a_need_that_moves_counts_at_both_places(page, need, world):
    assert page.post(f"{NEEDS}{need.pk}/change/", need_at(world.village)).status_code == 302
    event = last_event()
    assert (event.action, event.before["division"], event.after["division"]) == (
        "need.edit",
        world.community.pk,
        world.village.pk,
    )
    assert set(RollupMark.objects.values_list("division", flat=True)) == {world.community.pk, world.village.pk}


def test_a_page_opened_before_somebody_else_saved_does_not_save_over_it(page, need, world):
    opened = shown(page, f"{NEEDS}{need.pk}/change/")
    Need.objects.update(state="matched")
    stale = page.post(f"{NEEDS}{need.pk}/change/", opened | {"content": "合唱场地"})
    assert stale.context["adminform"].form.non_field_errors()
    need.refresh_from_db()
    assert (need.content, need.state) == ("舞蹈场地", "matched")
    again = shown(page, f"{NEEDS}{need.pk}/change/")
    assert page.post(f"{NEEDS}{need.pk}/change/", again | {"content": "合唱场地"}).status_code == 302


def test_a_need_is_found_by_its_number_or_its_words_and_leaves_in_words(page, need, world):
    other = Need.objects.create(
        division=world.second_community, number="N-77", content="周末理发志愿服务", state="matched"
    )
    for term, rows in (("N-77", [other]), ("理发", [other]), ("发", [other]), ("7", []), (" ", [other, need])):
        assert list(page.get(NEEDS, {"q": term}).context["cl"].result_list) == rows, term
    page.post(f"{NEEDS}columns/", {"column": ["division", "state"]})
    sheet = load_workbook(BytesIO(page.post(f"{NEEDS}export/?q=N-77").content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    code, whole = world.second_community.code, world.second_community.full_name
    assert rows == [[code, whole, "N-77", str(other.get_state_display())]]


def test_saving_what_nobody_changed_leaves_no_event(page, need, world):
    address = f"{NEEDS}{need.pk}/change/"
    assert page.post(address, shown(page, address)).status_code == 302
    assert not AuditEvent.objects.about(need).exists()


def test_an_emptied_list_is_an_empty_list(page, world):
    assert page.post(f"{NEEDS}add/", need_at(world.community, targets="")).status_code == 302
    assert Need.objects.get().targets == []


@pytest.mark.parametrize("targets", ["老年人", '"老年人"', '{"a": 1}', "[1]"])
def test_a_list_of_anything_but_words_is_refused(page, world, targets):
    answer = page.post(f"{NEEDS}add/", need_at(world.community, targets=targets))
    assert "targets" in answer.context["adminform"].form.errors
    assert not Need.objects.exists()


def test_no_place_outside_is_offered(page, world):
    answer = page.post(f"{NEEDS}add/", need_at(world.far_community))
    assert "division" in answer.context["adminform"].form.errors
    assert not Need.objects.exists()


def test_who_may_change_here_does_not_add_here(world):
    perms = {"accounts.use_admin", "accounts.view_division", "registry.view_need"}
    user = make_user(division=world.street, perms={*perms, "registry.add_need"})
    make_assignment(user, None, world.other_street, perms={*perms, "registry.change_need"})
    assert signed_in(user).post(f"{NEEDS}add/", need_at(world.village)).status_code == 403
    assert not Need.objects.exists()


def test_related_rows_are_chosen_not_edited_in_a_pop_up(page):
    field = page.get(f"{NEEDS}add/").context["adminform"].form.fields["division"]
    names = ("can_add_related", "can_change_related", "can_delete_related", "can_view_related")
    assert [name for name in names if getattr(field.widget, name)] == []


@pytest.fixture
def editor(world):
    """May change the words every bureau's forms offer."""
    words = {f"registry.{verb}_{noun}" for verb in ("view", "change") for noun in ("term", "scheme")}
    return make_user(division=world.province, perms={"accounts.use_admin", "accounts.view_division", *words})


def test_words_are_changed_with_their_trail(editor, world):
    term = Term.objects.get(list="state", code="dormant")
    page, address = signed_in(editor), f"{TERMS}{term.pk}/change/"
    assert page.post(address, shown(page, address) | {"name": "活动少"}).status_code == 302
    term.refresh_from_db()
    assert term.name == "活动少"
    assert (last_event().action, last_event().before, last_event().after) == (
        "term.edit",
        {"name": "活动较少"},
        {"name": "活动少"},
    )


def test_the_trail_names_rows_by_their_keys(editor, world):
    scheme = Scheme.objects.get()
    data = {"code": scheme.code, "name": scheme.name, "policy": "", "divisions": [world.district.pk]}
    assert signed_in(editor).post(f"{SCHEMES}{scheme.pk}/change/", data).status_code == 302
    assert last_event().before == {"divisions": [world.district.pk, world.other_district.pk]}
    assert last_event().after == {"divisions": [world.district.pk]}


def test_the_history_of_words_is_for_those_who_may_read_them(page, world):
    user = make_user(division=world.district, perms={"accounts.use_admin"})
    term = Term.objects.first()
    assert page.get(f"{TERMS}{term.pk}/history/").status_code == 200
    assert signed_in(user).get(f"{TERMS}{term.pk}/history/").status_code == 403
    assert page.get(f"{TERMS}0/history/").status_code == 404
