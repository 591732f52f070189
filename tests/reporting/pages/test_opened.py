"""Numbers opened: how they are counted, their places, the rows behind them."""

from datetime import date
from io import BytesIO
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from reporting import rollups, sheets, views
from reporting.asking import Asked
from reporting.figures import figures
from reporting.indicators import INDICATORS
from reporting.measures import MEASURES
from reporting.opened import OpenedIndicator, OpenedMeasure
from reporting.rows import NAME, Rows
from tests.builders import (
    make_organization,
    make_organization_year,
    make_user,
)
from tests.reporting.pages.reading import page, text_of

pytestmark = pytest.mark.django_db


def test_behind_every_number_stand_as_many_rows_and_its_places_add_up(world):
    viewer = make_user("bureau_officer", world.district)
    for name, place in product(MEASURES, (world.district, world.street)):
        opened = OpenedMeasure(Asked(place, timezone.localdate()), name)
        rows, value = Rows(name, opened.asked, viewer), opened.value
        if getattr(MEASURES[name], "sums", ""):
            assert sum(row.counted for row in rows.objects) == (value or 0), name
        else:
            assert rows.total == value, name
        known = [child["value"] for child in opened.children if child["value"] is not None]
        assert sum(known) == (value or 0), name
        assert len(rows.page) == rows.total, name


@pytest.mark.parametrize(
    "name",
    ["orgs", "members", "hub_or_support_orgs", "founded_12m", "ended_12m", "population", "needs", "project_amount"],
)
def test_the_page_of_a_number_counts_its_rows(client, world, officer, name):
    answer = page(client, "measure", world.district.pk, name)
    assert f"{answer.context['rows'].total} " in text_of(answer)


@pytest.mark.parametrize("name", ["orgs", "members"])
def test_a_kept_figure_says_what_its_records_give_today(client, world, officer, name):
    day = date(2023, 12, 31)
    rollups.snapshot(world.district, day, "period", by="system")
    assert not page(client, "measure", world.district.pk, name, as_of=day).context["differs"]
    team = make_organization(world.community, world.types["culture"], founded=date(2020, 1, 1))
    make_organization_year(team, 2023, members=5)
    answer = page(client, "measure", world.district.pk, name, as_of=day)
    assert answer.context["differs"]
    assert "the records as known today give" in text_of(answer) or "按目前的记录为" in text_of(answer)
    assert not page(client, "measure", world.district.pk, name).context["differs"]


@pytest.mark.parametrize("name", ["communities_ge", "orgs_urban_team", "streets_with_federation"])
def test_lines_and_parts_say_how_they_are_counted(world, name):
    name = "communities_orgs_ge_10" if name == "communities_ge" else name
    assert "{" not in OpenedMeasure(Asked(world.district, timezone.localdate()), name).formula


def test_every_indicator_opens_with_its_parts(world):
    known = figures(world.district)
    for name, entry in INDICATORS.items():
        opened = OpenedIndicator(Asked(world.district, timezone.localdate()), name)
        assert [part["value"] for part in opened.parts] == [
            known[part] for part in [*entry.numerator, *entry.denominator]
        ]
        assert opened.formula
        assert (opened.value is None) == (entry.reading(known).value is None)


def test_the_page_of_an_indicator_leads_to_its_parts(client, world, officer):
    answer = page(client, "indicator", world.district.pk, "volunteer_rate")
    for part in ("reg_volunteers", "population"):
        assert reverse("reporting:measure", args=[world.district.pk, part]) in answer.content.decode()


@pytest.mark.parametrize("name", ["nonsense", "orgs__startswith"])
@pytest.mark.parametrize("kind", ["measure", "indicator"])
def test_an_unknown_number_is_not_there(client, world, officer, kind, name):
    assert client.get(reverse(f"reporting:{kind}", args=[world.district.pk, name])).status_code == 404


@pytest.mark.parametrize("name", ["average", "total", "coverage", "unknown"])
def test_every_target_opens(client, world, targets, officer, name):
    opened = page(client, "target", world.district.pk, targets[name].pk).context["figure"]
    assert opened.label == targets[name].name
    assert bool(opened.missing) == (name == "unknown")


def test_a_number_that_waits_for_base_figures_leads_to_where_they_are_entered(client, world, officer):
    names = ("hub_coverage", "elderly_rate")
    shown = [page(client, "indicator", world.district.pk, name).context["figures_url"] for name in names]
    base = reverse("registry:base_figures")
    assert shown == ["", f"{base}?year={timezone.localdate().year}"]


def test_a_target_of_another_place_is_not_there(client, world, targets):
    client.force_login(make_user("bureau_officer", world.other_district))
    assert (
        client.get(reverse("reporting:target", args=[world.other_district.pk, targets["total"].pk])).status_code == 404
    )


def test_organizations_of_a_type_open_in_a_scheme_s_words_and_in_their_own(client, world, officer):
    culture, service = world.types["culture"], world.types["service"]
    opened = page(client, "measure", world.district.pk, "orgs", kinds=f"{culture.pk}.{service.pk}")
    assert (opened.context["figure"].value, opened.context["rows"].total) == (7, 7)
    assert f"{culture.name}、{service.name}" in opened.context["figure"].label
    assert [child["value"] for child in opened.context["figure"].children] == [5, 2]
    assert client.get(opened.context["figure"].children[0]["url"]).context["rows"].total == 5
    named = page(client, "measure", world.district.pk, "orgs", kinds=culture.pk, scheme=culture.scheme_id)
    assert named.context["rows"].total == 6


@pytest.mark.parametrize(("kinds", "status"), [("0", 404), ("9" * 18, 404), ("1..2", 200), ("x", 200), ("１", 200)])
def test_unknown_types_are_not_there_and_unreadable_ones_are_all(client, world, officer, kinds, status):
    assert (
        client.get(reverse("reporting:measure", args=[world.district.pk, "orgs"]), {"kinds": kinds}).status_code
        == status
    )


def test_a_role_for_figures_only_sees_no_rows(client, world):
    client.force_login(make_user("viewer", world.district))
    answer = page(client, "measure", world.district.pk, "orgs")
    assert answer.context["rows"].hidden
    assert answer.context["figure"].value == 8
    assert "舞蹈队" not in text_of(answer)


def test_long_lists_go_on_by_key(client, world, officer):
    for _ in range(60):
        make_organization(world.community, world.types["culture"], flags=["hub", "support"])
    rollups.rebuild(on=timezone.localdate())
    for name, total in (("orgs", 68), ("hub_or_support_orgs", 61)):
        seen, after = [], ""
        while after is not None:
            rows = page(client, "measure", world.district.pk, name, after=after).context["rows"]
            seen += [row.organization_id for row in rows.objects]
            after = rows.next
        assert len(seen) == len(set(seen)) == total


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "１"])
def test_an_unreadable_key_shows_the_first_page(client, world, officer, after):
    assert page(client, "measure", world.district.pk, "orgs", after=after).context["rows"].total == 8


@pytest.mark.parametrize("name", ["measure", "indicator", "target"])
def test_an_opened_number_goes_out_as_a_workbook(client, world, targets, officer, name):
    last = {"measure": "orgs", "indicator": "volunteer_rate", "target": targets["average"].pk}[name]
    answer = client.get(reverse(f"reporting:{name}", args=[world.district.pk, last]), {"format": "xlsx"})
    book = load_workbook(BytesIO(answer.content))
    assert str(world.street) in [row[0].value for row in book.worksheets[0].iter_rows()]


def test_the_workbook_of_a_number_holds_every_row(client, world, officer, monkeypatch):
    monkeypatch.setattr(views, "EXPORT_ROWS", 3)
    address = reverse("reporting:measure", args=[world.district.pk, "orgs"])
    for most, written in ((sheets.MOST, 8), (5, 5)):
        monkeypatch.setattr(sheets, "MOST", most)
        book = load_workbook(BytesIO(client.get(address, {"format": "xlsx"}).content))
        rows = [row[0].value for row in book.worksheets[1].iter_rows()]
        assert len(set(rows[rows.index(str(NAME.label)) + 1 :])) == written


def test_a_role_for_figures_only_gets_no_rows_in_a_workbook(client, world):
    client.force_login(make_user("viewer", world.district))
    answer = client.get(reverse("reporting:measure", args=[world.district.pk, "orgs"]), {"format": "xlsx"})
    assert len(load_workbook(BytesIO(answer.content)).sheetnames) == 1
