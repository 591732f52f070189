"""Every measure, on any date: the number and the rows behind it agree, and unknown is never 0."""

from datetime import date

import pytest
import time_machine
from django.db import transaction
from django.db.models import Sum

from reporting.figures import drill, figures, table
from reporting.indicators import OK, divide
from reporting.measures import MEASURES
from reporting.models import Snapshot
from reporting.rollups import rebuild, snapshot
from tests.builders import make_busy_world

pytestmark = pytest.mark.django_db
TODAY, FROZEN, PAST = date(2024, 12, 31), date(2023, 12, 31), date(2022, 6, 30)


@pytest.fixture(scope="module")
def busy(django_db_setup, django_db_blocker):
    """One busy world for all measures: today's figures stored, those of one past date frozen, of another computed."""
    with django_db_blocker.unblock(), time_machine.travel(TODAY, tick=False), transaction.atomic():
        world = make_busy_world(seed=7, organizations=160)
        rebuild(TODAY)
        snapshot(None, FROZEN, Snapshot.Reason.PERIOD, by="test")
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def today():
    with time_machine.travel(TODAY, tick=False):
        yield TODAY


@pytest.mark.parametrize("on", [TODAY, FROZEN, PAST], ids=["current", "snapshot", "computed"])
def test_rows_behind_every_number_are_as_many_as_it_says(busy, today, on):
    for place in [busy.district, busy.street, busy.community] if on == TODAY else [busy.district]:
        found = figures(place, on)
        for name, measure in MEASURES.items():
            rows = drill(name, place, on)
            number = rows.aggregate(total=Sum("counted"))["total"] if measure.nullable else rows.count()
            assert number == found[name], (name, place, on)


def test_every_measure_is_more_than_0_somewhere(busy, today):
    found = [figures(busy.province, on) for on in (TODAY, FROZEN, PAST)]
    empty = {name for name in MEASURES if not any(row[name] for row in found)}
    assert empty == {name for name in MEASURES if "stat_" in name}


def test_origin_says_where_the_figures_come_from(busy, today):
    assert [figures(busy.district, on).origin for on in (TODAY, FROZEN, PAST)] == ["current", "snapshot", "computed"]
    assert figures(busy.district, date(1899, 1, 1)).origin == "absent"
    assert figures(busy.district, date(1899, 1, 1))["orgs"] == 0


def test_a_past_date_is_the_same_frozen_or_computed(busy, today):
    frozen = {row.division.pk: row for row in table(busy.province, "community", FROZEN)}
    Snapshot.objects.filter(as_of=FROZEN)._raw_delete("default")
    computed = {row.division.pk: row for row in table(busy.province, "community", FROZEN)}
    assert len(frozen) == 5
    assert {pk: row.values for pk, row in frozen.items()} == {pk: row.values for pk, row in computed.items()}
    assert [row.types for row in frozen.values()] == [row.types for row in computed.values()]


def test_parents_are_the_sum_of_children_and_their_own(busy, today):
    streets = table(busy.district, "street")
    district = figures(busy.district)
    own = drill("orgs", busy.district).filter(division=busy.district).count()
    assert district["orgs"] == sum(row["orgs"] for row in streets) + own
    assert sum(district.types.values()) == district["orgs"]
    assert sum(district.by_type().values()) == district["orgs"]


def test_tiers_and_places_make_up_the_total(busy, today):
    found = figures(busy.province)
    assert found["orgs"] == sum(found[f"orgs_{tier}"] for tier in ("registered", "team", "group"))
    assert found["orgs"] == sum(found[f"orgs_{place}"] for place in ("urban", "rural", "wide"))
    assert found["orgs"] == sum(
        found[f"orgs_{name}"] for name in ("active", "dormant", "suspended", "under_correction")
    )


def test_placeholder_communities_are_in_no_denominator(busy, today):
    place = figures(busy.placeholder)
    assert place["communities"] == place["orgs_urban"] == place["communities_with_orgs"] == 0
    assert place["population"] is None
    assert place["orgs"] == place["orgs_wide"] > 0
    assert busy.placeholder not in [row.division for row in table(busy.district, "community")]


def test_formulas_without_base_figures_are_never_partial(busy, today):
    reading = divide(figures(busy.district), ["orgs_registered"], ["orgs"], factor=100)
    assert (reading.state, reading.reported, reading.due) == (OK, None, None)


def test_the_number_of_queries_does_not_grow_with_the_rows(busy, today, django_assert_num_queries):
    for place in (busy.community, busy.province):
        with django_assert_num_queries(2):
            figures(place)
        with django_assert_num_queries(2):
            table(place, "community")
