"""Formulas over measures: ratios of sums, no data, and what makes a figure partial."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from reporting.figures import figures
from reporting.indicators import INDICATORS, NO_DATA, OK, PARTIAL
from reporting.rollups import rebuild
from tests.builders import make_division_year, make_world

pytestmark = pytest.mark.django_db
TODAY = date(2024, 12, 31)


@pytest.fixture
def today():
    with time_machine.travel(TODAY, tick=False):
        yield TODAY


def test_unknown_is_no_data_and_0_is_0(today):
    world = make_world()
    make_division_year(world.community, population=None, households=0, facility_area=0, staff=0, certified_staff=0)
    rebuild(TODAY)
    found = figures(world.community)
    assert (found["population"], found["households"], found["staff"]) == (None, 0, 0)
    for name in ("volunteer_rate", "facility_area_per_100_households", "certified_staff_rate"):
        reading = INDICATORS[name].reading(found)
        assert (reading.value, reading.state) == (None, NO_DATA)
    assert INDICATORS["orgs_per_rural_community"].reading(found).state == NO_DATA
    assert INDICATORS["orgs_per_urban_community"].reading(found).value == 0
    assert found["communities_facility_ge_30"] == found["communities_volunteer_rate_ge_10pct"] == 0


def test_a_ratio_of_sums_is_partial_until_every_community_reported(today):
    world = make_world()
    places = [world.community, world.second_community, world.other_community]
    for place, (volunteers, people) in zip(places, [(10, 100), (90, 300), (100, 1000)], strict=True):
        make_division_year(place, reg_volunteers=volunteers, population=people)
    rebuild(TODAY)
    reading = INDICATORS["volunteer_rate"].reading(figures(world.district))
    assert (reading.numerator, reading.denominator, reading.state) == (200, 1400, PARTIAL)
    assert reading.value == Decimal(200) / 1400
    assert (reading.reported, reading.due) == (3, 4)
    make_division_year(world.village, reg_volunteers=0, population=10)
    rebuild(TODAY)
    assert INDICATORS["volunteer_rate"].reading(figures(world.district)).state == OK
