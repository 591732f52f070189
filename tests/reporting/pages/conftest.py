"""A small world with figures and targets, for the tests of pages."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from reporting import rollups
from reporting.models import Policy, Target, TargetSet
from tests.builders import make_division_year, make_organization, make_organization_year, make_user, make_world
from tests.worlds import shared


def with_figures():
    """Two streets with organizations of every tier, a hub, a street-wide body; base figures of two communities."""
    world = make_world()
    kind = world.types["culture"]
    for at in range(4):
        flags = ["hub", "volunteer"] if at == 0 else []
        row = make_organization(world.community, kind, tier="team", flags=flags, founded=date(2019, 3, at + 1))
        make_organization_year(row, members=10 + at, volunteers=3, party_members=at)
    make_organization(world.second_community, world.types["charity"], tier="registered")
    make_organization(world.other_community, kind, tier="group", state="dormant")
    make_organization(world.village, world.types["service"], tier="registered")
    make_organization(world.street, kind, tier="registered", name="街道社会组织联合会", flags=["federation"])
    make_organization(world.village, kind, ended=timezone.localdate() - timedelta(days=30))
    make_division_year(world.community, population=5000, households=1500, facility_area=600, reg_volunteers=700)
    make_division_year(world.village, population=2000, households=700, facility_area=100, reg_volunteers=100)
    rollups.rebuild(on=timezone.localdate())
    return world


made_world, world = shared(with_figures)


@pytest.fixture
def targets(world):
    """A set in force for the district: an average, a total, a coverage and one whose data nobody holds."""
    policy = Policy.objects.create(code="t", name="培育发展社区社会组织实施意见")
    binding = TargetSet.objects.create(
        policy=policy, code="t", name="坪山区指标", state="in_force", valid_from="2020-01-01"
    )
    binding.divisions.set([world.district])
    common = {"set": binding, "deadline": timezone.localdate() + timedelta(days=365), "clause": "第三条"}
    return {
        "average": Target.objects.create(
            code="T-1", name="城市社区平均社会组织数", level="community", kind="average", basis="urban", unit="个",
            numerator=["orgs_{urban}"], denominator=["communities_{urban}"], value=3, **common,
        ),
        "total": Target.objects.create(
            code="T-2", name="社区社会组织总数", level="district", kind="total", unit="家", numerator=["orgs"], value=8,
            **common,
        ),
        "coverage": Target.objects.create(
            code="T-3", name="社区枢纽型组织覆盖率", level="community", kind="coverage", unit="%", factor=100,
            numerator=["communities_with_hub"], denominator=["communities"], value=100, **common,
        ),
        "unknown": Target.objects.create(
            code="T-4", name="孵化基地数", level="district", kind="total", unit="个", value=23, needs="基地", **common,
        ),
    }  # fmt: skip


@pytest.fixture
def officer(world, client):
    user = make_user("bureau_officer", world.district)
    client.force_login(user)
    return user
