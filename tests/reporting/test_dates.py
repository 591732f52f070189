"""Figures are those in force on a date: periods, years, flows and divisions as they stood."""

from datetime import date

import pytest
import time_machine

from registry.models import DivisionChange, OrganizationPeriod
from registry.services.division_changes import apply_change, create_change
from reporting.figures import drill, figures, table
from reporting.rollups import rebuild
from reporting.sources import NOW, year_before
from tests.builders import make_division_year, make_organization, make_world

pytestmark = pytest.mark.django_db
TODAY = date(2024, 12, 31)


@pytest.fixture
def today():
    with time_machine.travel(TODAY, tick=False):
        yield TODAY


def test_a_street_counts_its_own_hub_apart_from_its_communities(today):
    world = make_world()
    make_organization(world.community, world.types["culture"], flags=["hub"])
    make_organization(world.other_street, world.types["culture"], flags=["support"])
    rebuild(TODAY)
    found = figures(world.district)
    assert (found["streets"], found["streets_with_hub"], found["streets_with_hub_or_support"]) == (2, 0, 1)
    assert (found["streets_hub_or_support_within"], found["communities_with_hub_or_support"]) == (2, 1)
    assert [row.division for row in table(world.district, "street") if row["streets_with_hub_or_support"]] == [
        world.other_street
    ]


def test_flows_count_the_year_and_twelve_months(today):
    world = make_world()
    kind = world.types["culture"]
    make_organization(world.community, kind, founded=date(2024, 1, 1))
    make_organization(world.community, kind, founded=date(2023, 7, 2), ended=date(2024, 2, 1))
    make_organization(world.community, kind, founded=date(2023, 6, 30), ended=date(2023, 8, 1))
    flows = ("founded_year", "founded_12m", "ended_year", "ended_12m")
    assert [figures(world.district, date(2024, 6, 30))[name] for name in flows] == [1, 2, 1, 2]
    assert [figures(world.district, date(2023, 12, 31))[name] for name in flows] == [2, 2, 1, 1]
    assert figures(world.district, date(2024, 2, 1))["orgs"] == 1
    assert figures(world.district, date(2024, 1, 31))["orgs"] == 2


@pytest.mark.parametrize(
    ("on", "since"),
    [
        (date(2024, 2, 29), date(2023, 3, 1)),
        (date(2024, 2, 28), date(2023, 3, 1)),
        (date(2025, 2, 28), date(2024, 3, 1)),
        (date(2024, 12, 31), date(2024, 1, 1)),
        (date(2024, 6, 15), date(2023, 6, 16)),
    ],
)
def test_twelve_months_over_a_leap_day(on, since):
    assert year_before(on) == since


def test_base_figures_hold_until_newer_ones_and_drafts_wait(today):
    world = make_world()
    make_division_year(world.community, 2022, next_year=2024, population=100)
    make_division_year(world.community, 2024, population=150, state="draft")
    assert [figures(world.street, date(year, 6, 1))["population"] for year in (2021, 2022, 2023, 2024)] == [
        None,
        100,
        100,
        100,
    ]


def test_what_was_and_how_it_lies_today_after_a_merge(today):
    world = make_world()
    kind = world.types["culture"]
    make_organization(world.village, kind, founded=date(2019, 1, 1))
    make_organization(world.other_community, kind, founded=date(2019, 1, 1))
    make_division_year(world.village, 2023, population=40)
    make_division_year(world.other_community, 2023, population=60)
    change = create_change(
        kind=DivisionChange.Kind.MERGE,
        division=world.other_community,
        effective=date(2024, 6, 1),
        lines=[{"division": world.village}],
        by="system",
    )
    apply_change(change=change, by="system")
    before, after = date(2024, 5, 31), date(2024, 6, 1)
    assert OrganizationPeriod.objects.count() == 3
    assert [figures(world.other_community, on)["orgs"] for on in (before, after)] == [1, 2]
    assert [figures(world.other_community, on)["population"] for on in (before, after)] == [60, 100]
    assert [figures(world.other_street, on)["communities_rural"] for on in (before, after)] == [1, 0]
    assert figures(world.village, before)["orgs"] == 1
    assert figures(world.village, after).origin == "absent"
    today_places = figures(world.other_community, before, basis=NOW)
    assert (today_places["orgs"], today_places["population"]) == (2, 100)
    assert figures(world.other_street, before, basis=NOW)["communities_rural"] == 0
    assert [drill("orgs", world.other_community, before, basis).count() for basis in ("was", NOW)] == [1, 2]
    assert drill("population", world.other_community, before, NOW).count() == 2
    rebuild(TODAY)
    assert figures(world.other_community)["orgs"] == 2
