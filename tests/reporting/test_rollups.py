"""The stored figures: everything at once, a few after a change, and never two different answers."""

from datetime import date

import pytest

from reporting.figures import drill, figures, table
from reporting.rollups import rebuild, refresh, verify
from tests.builders import make_division_year, make_organization, make_organization_year, make_world

pytestmark = pytest.mark.django_db
TODAY = date(2024, 12, 31)


@pytest.fixture
def world():
    world = make_world()
    make_organization(world.community, world.types["culture"], flags=["hub", "volunteer"])
    team = make_organization(world.village, world.types["charity"], flags=["volunteer"])
    make_organization_year(team, members=30, party_members=3, party_org=True)
    make_organization(world.street, world.types["charity"], tier="registered", flags=["hub", "support"])
    make_division_year(world.community, population=1000, reg_volunteers=120, households=400, facility_area=130)
    return world


def test_everything_adds_up(world, time_machine):
    time_machine.move_to(TODAY)
    rebuild(TODAY)
    district = figures(world.district)
    assert district["orgs"] == 3
    assert district["orgs_urban"] == 1
    assert district["orgs_rural_team"] == 1
    assert district["orgs_wide_registered"] == 1
    assert district["hub_or_support_orgs"] == 2
    assert district["communities_with_hub"] == 1
    assert district["communities_without_hub"] == 3
    assert district["streets_with_hub"] == 1
    assert district["communities_volunteer_rate_ge_10pct"] == 1
    assert district["party_ok_independent"] == 1
    assert district["population"] == 1000
    assert district["population_reported"] == 1
    assert district["staff"] is None
    assert district.by_type() == {world.types["culture"].pk: 1, world.types["charity"].pk: 2}
    assert [row["orgs"] for row in table(world.district, "street")] == [2, 1]
    assert verify() == []
    assert figures(world.district, date(2024, 12, 30)).values == district.values


def test_refresh(world, time_machine):
    time_machine.move_to(TODAY)
    rebuild(TODAY)
    make_organization(world.village, world.types["service"])
    assert verify() != []
    refresh([world.village.pk], TODAY)
    assert verify() == []
