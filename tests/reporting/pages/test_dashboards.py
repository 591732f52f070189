"""Dashboards: scope, figures, links, queries, workbooks."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from openpyxl import load_workbook

from accounts.context import address
from casework.models import AuditEvent
from registry.models import ImportBatch
from reporting import rollups
from reporting.figures import figures
from reporting.measures import MEASURES
from reporting.models import Target, TargetSet
from tests.builders import (
    make_division,
    make_division_year,
    make_organization,
    make_user,
    make_world,
)
from tests.reporting.pages.reading import page, text_of

pytestmark = pytest.mark.django_db


def test_a_user_with_one_place_lands_on_its_dashboard(client, world, officer):
    assert client.get("/").url == reverse("reporting:dashboard", args=[world.district.pk])


def test_a_user_with_two_places_sees_the_sentence_of_each(client, world, targets):
    user = make_user("street_officer", world.street)
    make_user_assignment(user, world.other_street)
    client.force_login(user)
    said = text_of(client.get("/"))
    assert str(world.street) in said
    assert str(world.other_street) in said


def make_user_assignment(user, division):
    role = user.assignments.get().role
    user.assignments.create(role=role, division=division, starts=date(2020, 1, 1))


def test_a_user_without_a_place_gets_a_clear_page(client):
    client.force_login(make_user())
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.context["boards"] == []


def test_a_workbook_that_waits_for_a_decision_is_todays_work(client, world, officer):
    batch = ImportBatch.objects.create(
        owner=officer,
        division=world.district,
        year=2024,
        filename="摸底表.xlsx",
        sha256="0",
        size=1,
        content=b"",
        state="checked",
    )
    answer = client.get("/")
    assert answer.status_code == 200
    assert "摸底表.xlsx" in text_of(answer)
    assert address("registry:import", batch.uid) in answer.content.decode()


@pytest.mark.parametrize("name", ["dashboard", "screen", "export"])
def test_a_division_outside_the_own_places_is_not_there(client, world, targets, name):
    client.force_login(make_user("street_officer", world.street))
    missing = client.get(reverse(f"reporting:{name}", args=[10**9]))
    for place in (world.other_street, world.district, world.other_community, world.far_street):
        answer = client.get(reverse(f"reporting:{name}", args=[place.pk]))
        assert answer.status_code == missing.status_code == 404
        assert answer.content == missing.content


@pytest.mark.parametrize(("name", "argument"), [("measure", "orgs"), ("indicator", "volunteer_rate"), ("target", None)])
def test_a_number_outside_the_own_places_is_not_there(client, world, targets, name, argument):
    client.force_login(make_user("street_officer", world.street))
    last = argument or targets["average"].pk
    assert client.get(reverse(f"reporting:{name}", args=[world.street.pk, last])).status_code == 200
    assert client.get(reverse(f"reporting:{name}", args=[world.other_street.pk, last])).status_code == 404


def test_the_path_leads_only_to_places_the_user_may_open(client, world):
    client.force_login(make_user("street_officer", world.street))
    links = [url for _label, url in page(client, "dashboard", world.community.pk).context["crumbs"]]
    assert links == ["/", reverse("reporting:dashboard", args=[world.street.pk]), ""]


def test_a_role_without_the_right_sees_no_dashboard(client, world):
    client.force_login(make_user("x", world.district, perms=["registry.view_organization"]))
    assert client.get(reverse("reporting:dashboard", args=[world.district.pk])).status_code == 404


def test_the_dashboard_says_what_the_figures_say(client, world, targets, officer):
    answer = page(client, "dashboard", world.district.pk)
    board = answer.context["board"]
    assert board.row["orgs"] == 8
    states = {row["code"]: row["state"] for group in board.groups for row in group["rows"]}
    assert states == {"T-1": "behind", "T-2": "met", "T-3": "behind", "T-4": "no_data"}
    said = text_of(answer)
    for target in targets.values():
        assert target.name in said
    assert str(world.street) in said
    assert {place["name"] for place in board.places_at_a_glance} == {str(world.street), str(world.other_street)}


def test_targets_still_running_come_before_those_decided(client, world, targets, officer):
    old = TargetSet.objects.create(code="o", name="旧指标", state="in_force", valid_from="2018-01-01")
    old.divisions.set([world.district])
    Target.objects.create(
        set=old, code="O-1", name="旧总数", level="district", kind="total", unit="家", numerator=["orgs"], value=100,
        deadline=date(2019, 12, 31),
    )  # fmt: skip
    board = page(client, "dashboard", world.district.pk).context["board"]
    assert [(group["set"].code, group["closed"]) for group in board.groups] == [("t", False), ("o", True)]
    assert [result.target.code for result in board.over] == ["O-1"]
    assert sum(count["number"] for count in board.counts) == 4
    assert "O-1" not in {result.target.code for result in board.results_below}
    targets["total"].set.delete()
    alone = page(client, "dashboard", world.district.pk).context["board"]
    assert [result.target.code for result in alone.running] == ["O-1"]
    assert alone.lead_over == ""


def test_a_street_and_a_community_have_dashboards_too(client, world, targets, officer):
    street = page(client, "dashboard", world.street.pk).context["board"]
    assert [row.division for row in street.below] == [world.community, world.second_community]
    community = page(client, "dashboard", world.community.pk).context["board"]
    assert community.below == []
    assert community.row["orgs"] == 4


def test_places_below_the_line_come_with_what_they_lack(client, world, targets, officer):
    groups = page(client, "dashboard", world.district.pk).context["board"].below_line
    average = next(group for group in groups if group["name"] == targets["average"].name)
    assert {row["name"] for row in average["rows"]} == {str(world.second_community), str(world.other_community)}
    everywhere = next(group for group in groups if group["name"] == targets["coverage"].name)
    assert everywhere["total"] == 3


def test_unreported_base_figures_are_named(client, world, officer):
    missing = page(client, "dashboard", world.district.pk).context["board"].missing
    assert {one["total"] for one in missing if one["label"] == str(MEASURES["population"].label)} == {2}
    assert str(world.second_community) in missing[0]["names"]


@pytest.mark.parametrize(
    ("rank", "order"),
    [
        ("orgs", "asc"),
        ("orgs_per_community", "desc"),
        ("volunteer_rate", "sideways"),
        ("nonsense", ""),
        ("x" * 90, "asc"),
    ],
)
def test_places_can_be_compared_by_any_figure(client, world, officer, rank, order):
    ranking = page(client, "dashboard", world.district.pk, rank=rank, order=order).context["ranking"]
    values = [row["value"] for row in ranking["rows"] if row["value"] is not None]
    assert values == sorted(values, reverse=ranking["order"] != "asc")
    assert len(ranking["rows"]) == 2


def test_equal_values_share_a_rank_and_no_data_has_none(client, world, officer):
    rows = page(client, "dashboard", world.street.pk, rank="population").context["ranking"]["rows"]
    assert [(row["name"], row.get("rank")) for row in rows] == [
        (str(world.community), 1),
        (str(world.second_community), None),
    ]
    rows = page(client, "dashboard", world.street.pk, rank="needs_open").context["ranking"]["rows"]
    assert [row["rank"] for row in rows] == [1, 1]


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "9999-99-99"},
        {"as_of": "2999-01-01"},
        {"as_of": "1800-01-01"},
        {"basis": "x"},
        {"scheme": "9" * 30},
        {"scheme": "x"},
    ],
)
def test_unreadable_wishes_show_todays_figures(client, world, officer, query):
    answer = page(client, "dashboard", world.district.pk, **query)
    assert answer.context["on"] == timezone.localdate()


def test_a_past_day_shows_that_day_and_links_keep_it(client, world, targets, officer):
    answer = page(client, "dashboard", world.district.pk, as_of="2019-12-31")
    board = answer.context["board"]
    assert board.row["orgs"] == 4
    assert "as_of=2019-12-31" in board.tiles[0]["url"]
    assert all("as_of=2019-12-31" in place["url"] for place in board.places_at_a_glance)


def test_nothing_recorded_yet_says_what_to_do(client):
    world = make_world()
    rollups.rebuild(on=timezone.localdate())
    client.force_login(make_user("bureau_officer", world.district))
    answer = page(client, "dashboard", world.district.pk)
    assert answer.context["board"].empty
    assert answer.context["upload_url"] == address("registry:imports")
    client.force_login(make_user("viewer", world.district))
    assert page(client, "dashboard", world.district.pk).context["upload_url"] == ""


def test_before_the_first_computation_the_page_is_empty_not_broken(client):
    world = make_world()
    client.force_login(make_user("bureau_officer", world.district))
    assert page(client, "dashboard", world.district.pk).context["board"].empty


def queries_of(client, address):
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_a_dashboard_takes_the_same_queries_for_one_street_and_for_three(client, world, targets, officer):
    addresses = [
        reverse("reporting:dashboard", args=[world.district.pk]),
        reverse("reporting:measure", args=[world.district.pk, "orgs"]),
        reverse("reporting:target", args=[world.district.pk, targets["average"].pk]),
        reverse("reporting:export", args=[world.district.pk]),
    ]
    client.get("/")
    before = [queries_of(client, address) for address in addresses]
    assert before[0] <= 21
    for number in range(3):
        street = make_division("street", f"新设{number}街道", world.district)
        community = make_division("community", f"新设{number}社区", street, kind="urban")
        make_organization(community, world.types["culture"])
        make_division_year(community, population=100)
    rollups.rebuild(on=timezone.localdate())
    assert [queries_of(client, address) for address in addresses] == before


def test_the_workbook_holds_what_is_on_screen(client, world, targets, officer):
    answer = client.get(reverse("reporting:export", args=[world.district.pk]), {"rank": "orgs", "order": "asc"})
    book = load_workbook(BytesIO(answer.content))
    board = page(client, "dashboard", world.district.pk).context["board"]
    assert len(book.sheetnames) == 8
    assert board.lead in [row[0].value for row in book.worksheets[0].iter_rows(max_row=4)]
    for at, data in ((4, board.tiers), (5, board.types()), (6, board.trend)):
        rows = [[cell.value for cell in row] for row in book.worksheets[at].iter_rows(min_row=4)]
        assert rows == [
            [label, *(one["values"][at] for one in data["series"])] for at, label in enumerate(data["labels"])
        ]
    silent = [[cell.value for cell in row][:2] for row in book.worksheets[7].iter_rows(min_row=4)]
    assert silent == [[one["label"], one["total"]] for one in board.missing]
    cells = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=5)]
    assert [row[1] for row in cells] == ["T-1", "T-2", "T-3", "T-4"]
    assert cells[1][3] == 8
    ranked = [[cell.value for cell in row] for row in book.worksheets[2].iter_rows(min_row=4)]
    assert [row[1] for row in ranked] == [str(world.other_street), str(world.street)]
    assert AuditEvent.objects.filter(action="reporting.export", actor=officer.username).exists()


def test_a_snapshot_of_a_past_year_draws_the_trend(client, world, targets, officer):
    call_command("load_roles", verbosity=0)
    rollups.snapshot(world.district, on=date(2019, 12, 31), reason="period", by="system")
    board = page(client, "dashboard", world.district.pk).context["board"]
    assert [board.trend["labels"][0], board.trend["labels"][-1]] == ["2019-12-31", timezone.localdate().isoformat()]
    assert [board.trend["series"][0]["values"][0], board.trend["series"][0]["values"][-1]] == [4, 8]


def test_months_kept_in_two_years_and_ends_of_years_draw_the_trend_kept_or_not(client, world, officer):
    today = timezone.localdate()
    month = today.replace(day=1) - timedelta(days=1)
    for day in (month, month - timedelta(days=800), today - timedelta(days=3 if today.day > 3 else 40)):
        rollups.snapshot(world.district, on=day, reason="period", by="system")
    board = page(client, "dashboard", world.district.pk).context["board"]
    years = [date(year, 12, 31) for year in range(2019, today.year)]
    assert board.trend["labels"] == [day.isoformat() for day in sorted({*years, month, today})]
    for label, number in zip(board.trend["labels"], board.trend["series"][1]["values"], strict=True):
        assert number == figures(world.district, date.fromisoformat(label))["orgs_registered"], label


def test_every_number_of_structure_and_trend_opens_as_many_rows(client, world, officer):
    answer = page(client, "dashboard", world.district.pk)
    board, types = answer.context["board"], answer.context["types"]
    for data in (board.tiers, types, board.trend):
        for series in data["series"]:
            for number, link in list(zip(series["values"], series["links"], strict=True))[-3:]:
                assert client.get(link).context["rows"].total == number, link
                assert escape(link) in answer.content.decode()


def test_a_light_opens_the_targets_it_counts(client, world, targets, officer):
    for light in page(client, "dashboard", world.district.pk).context["board"].counts:
        groups = client.get(light["url"]).context["groups"]
        assert [row["state"] for group in groups for row in group["rows"]] == [light["state"]] * light["number"]
