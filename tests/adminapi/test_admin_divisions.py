from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils.html import escape
from openpyxl import load_workbook

from accounts.models import Division
from casework.models import AuditEvent
from registry.models import DivisionYear, RollupMark
from registry.services.division_changes import apply_due_changes, create_change
from tests.adminapi.conftest import signed_in
from tests.builders import make_assignment, make_division_year, make_user

DIVISIONS = "/admin/accounts/division/"
YEARS = "/admin/registry/divisionyear/"
CHANGES = "/admin/registry/divisionchange/"


def empty(*prefixes, **data):
    forms = {f"{prefix}-{name}_FORMS": 0 for prefix in prefixes for name in ("TOTAL", "INITIAL")}
    return forms | data


def test_the_committee_kind_is_corrected_with_its_trail(page, world):
    data = empty("periods", "aliases", kind="rural")
    assert page.post(f"{DIVISIONS}{world.community.pk}/change/", data).status_code == 302
    world.community.refresh_from_db()
    assert world.community.kind == "rural"
    assert world.community.periods.get(ends=None).kind == "rural"
    assert AuditEvent.objects.about(world.community).get().action == "correct_kind"
    assert RollupMark.objects.filter(division=world.community).exists()


def test_nothing_else_of_a_division_is_edited_here(page, world):
    data = empty("periods", "aliases", kind="rural", name="改名")
    page.post(f"{DIVISIONS}{world.street.pk}/change/", data)
    world.street.refresh_from_db()
    assert (world.street.name, world.street.kind) == ("坪山街道", "")
    assert page.post(f"{DIVISIONS}add/").status_code == 403


def test_divisions_by_code_and_name(page, world):
    assert "六联社区" in page.get(DIVISIONS, {"q": "440310001001"}).content.decode()
    assert "六联社区" in page.get(DIVISIONS, {"q": "六联"}).content.decode()
    assert "葵丰" not in page.get(DIVISIONS, {"q": "葵丰社区"}).content.decode().replace('value="葵丰社区"', "")


def figures(**data):
    return {"source": "", "reporter": "", "state": "confirmed", "has_station": "unknown", **data}


def test_base_figures_are_stored_by_the_service(page, world):
    data = figures(division=world.community.pk, year=2023, population=5000)
    assert page.post(f"{YEARS}add/", data).status_code == 302
    row = DivisionYear.objects.get()
    assert (row.population, row.households, row.has_station) == (5000, None, None)
    assert AuditEvent.objects.about(row).exists()


def test_a_second_year_ends_the_first(page, world):
    make_division_year(world.community, 2022, population=4000)
    page.post(f"{YEARS}add/", figures(division=world.community.pk, year=2023, population=5000))
    assert DivisionYear.objects.get(year=2022).next_year == 2023


def test_unlikely_figures_are_stored_with_a_warning(page, world):
    data = figures(division=world.community.pk, year=2023, population=10, households=50)
    text = page.post(f"{YEARS}add/", data, follow=True).content.decode()
    assert "50" in text
    assert DivisionYear.objects.exists()


def test_figures_changed_meanwhile_are_refused(page, world):
    row = make_division_year(world.community, 2023, population=5000)
    page.post(f"{YEARS}{row.pk}/change/", figures(population=5001, seen_version=1))
    answer = page.post(f"{YEARS}{row.pk}/change/", figures(population=9, seen_version=1))
    assert answer.context["adminform"].form.non_field_errors()
    row.refresh_from_db()
    assert row.population == 5001


@pytest.mark.parametrize("year", ["1", "2999", "99999999999999999999", "abc", ""])
def test_impossible_years_are_refused(page, world, year):
    answer = page.post(f"{YEARS}add/", figures(division=world.community.pk, year=year))
    assert "year" in answer.context["adminform"].form.errors


def test_figures_of_another_district_are_refused(page, world):
    answer = page.post(f"{YEARS}add/", figures(division=world.far_community.pk, year=2023))
    assert "division" in answer.context["adminform"].form.errors


@pytest.fixture
def draft(world, officer):
    """A new name, drafted on the portal's page."""
    about = {"division": world.community, "effective": date(2024, 1, 1), "new_name": "六合社区"}
    return create_change(kind="rename", by=officer, **about)


def test_a_change_is_drafted_in_the_portal_and_applied_here_too(page, world, draft):
    assert page.get(f"{CHANGES}add/").url == reverse("registry:division_change_start")
    assert page.post(f"{CHANGES}{draft.pk}/apply/").status_code == 403
    head = signed_in(make_user("bureau_head", world.district))
    assert head.post(f"{CHANGES}{draft.pk}/apply/").status_code == 302
    world.community.refresh_from_db()
    assert world.community.name == "六合社区"
    assert world.community.periods.get(ends=None).starts == date(2024, 1, 1)


def test_a_change_the_night_could_not_apply_says_why(page, world, draft):
    assert page.post(f"{CHANGES}{draft.pk}/check/").status_code == 403
    signed_in(make_user("bureau_head", world.district)).post(f"{CHANGES}{draft.pk}/check/")
    world.community.valid_to = date(2024, 1, 1)
    world.community.save()
    apply_due_changes(date(2024, 1, 2))
    draft.refresh_from_db()
    answer = page.get(f"{CHANGES}{draft.pk}/change/")
    assert escape(draft.refusal) in answer.content.decode()
    assert draft.get_state_display() in page.get(CHANGES).content.decode()


def test_base_figures_leave_as_the_list_on_screen(page, world):
    make_division_year(world.community, 2023, population=5000, source="=1+1")
    make_division_year(world.far_community, 2023, population=7000)
    answer = page.post(f"{YEARS}export/")
    sheet = load_workbook(BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(rows) == 2
    assert rows[1][0] == world.community.code
    assert 5000 in rows[1]
    assert all(cell.data_type != "f" for cell in sheet[2])
    assert AuditEvent.objects.filter(action="export").exists()
    assert page.get(YEARS).context["import_url"] == reverse("registry:imports")
    tree = load_workbook(BytesIO(page.post("/admin/accounts/division/export/").content)).active
    assert {row[0].value for row in tree.iter_rows(min_row=2)} == {
        row.short_name for row in Division.objects.filter(path__startswith=world.district.path)
    }


def test_an_export_goes_no_further_than_its_own_right(world):
    make_division_year(world.community, 2023)
    make_division_year(world.other_community, 2023)
    seen = make_user(None, world.district, perms=["accounts.use_admin", "registry.view_divisionyear"])
    make_assignment(seen, None, world.street, perms=["registry.export_organization"])
    answer = signed_in(seen).post(f"{YEARS}export/")
    codes = [row[0].value for row in load_workbook(BytesIO(answer.content)).active.iter_rows(min_row=2)]
    assert codes == [world.community.code]


def test_export_needs_its_right(world):
    client = signed_in(make_user(None, world.district, perms=["accounts.use_admin", "registry.view_divisionyear"]))
    assert client.post(f"{YEARS}export/").status_code == 403
    assert client.get(YEARS).context["export_url"] == ""
