"""One filing from the draft to the register."""

import pytest

from casework.models import AuditEvent
from casework.workflow import available
from registry.models import Membership
from tests import builders, cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return cases.make_people(builders.make_world())


def test_a_team_is_filed(world):
    filing = cases.make_filing(world, "filed")
    filing.refresh_from_db()
    organization = filing.organization
    assert organization.name == "六联社区晨光合唱队"
    assert organization.tier == "team"
    assert organization.state == "active"
    assert organization.filing_no.startswith("440310001-T-")
    assert organization.leader.name == "林秀英"
    assert organization.memberships.filter(role=Membership.Role.FOUNDER).count() == 3
    assert filing.case.outcome == "approved"
    assert filing.case.number
    assert [step.transition for step in filing.case.steps.all()] == ["submit", "agree", "propose", "approve"]
    assert AuditEvent.objects.filter(target="casework.case", target_id=str(filing.case.pk)).count() >= 5


def test_what_is_offered_to_whom(world):
    filing = cases.make_filing(world, "committee_check")
    names = {who: [row.name for row in available(filing.case, getattr(world, who))] for who in ("clerk", "applicant")}
    assert names == {"clerk": ["agree", "disagree", "return"], "applicant": ["withdraw"]}
