"""One filing from the draft to the register."""

import pytest
from django.core.exceptions import ValidationError

from casework.flows import FLOWS
from casework.models import AuditEvent, Notice
from casework.services.papers import papers_for
from casework.services.publicity import require_publishable
from casework.services.road import shortest
from casework.workflow import available, perform
from registry.models import Membership
from registry.services.filing_checks import checks
from tests import cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


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


def test_no_road_leads_on_from_an_end(world):
    case = cases.make_filing(world, "committee_check").case
    assert shortest(case, FLOWS["filing"], "withdrawn") == ("withdrawn",)
    assert shortest(case, FLOWS["filing"], "street_decision") == ("street_decision", "filed")


def test_what_is_offered_to_whom(world):
    filing = cases.make_filing(world, "committee_check")
    names = {who: [row.name for row in available(filing.case, getattr(world, who))] for who in ("clerk", "applicant")}
    assert names == {"clerk": ["agree", "disagree", "return"], "applicant": ["withdraw"]}


def test_over_the_committees_objection_nobody_goes_on_without_words_of_their_own(world):
    def propose(case):
        return next(row for row in available(case, world.officer) if row.name == "propose")

    case = perform(cases.make_filing(world, "committee_check").case, "disagree", by=world.clerk, note="场地没有落实")
    assert (propose(case).note, propose(case).batch) == (True, False)
    assert [line.ok for line in checks(case, world.officer) if line.detail == "场地没有落实"] == [False]
    with pytest.raises(ValidationError):
        perform(case, "propose", by=world.officer)
    case = perform(case, "propose", by=world.officer, note="已到现场核实场地")
    with pytest.raises(ValidationError):
        perform(case, "approve", by=world.leader)
    case = perform(case, "send_back", by=world.leader, note="请再与居委会核对")
    case = perform(case, "send_back", by=world.officer, note="请重新核对场地")
    case = perform(case, "agree", by=world.clerk, note="场地已落实")
    assert (propose(case).note, propose(case).batch) == (False, True)


def test_the_office_that_gets_a_case_back_is_told_and_gets_a_slip_the_applicant_does_not(world):
    case = perform(cases.make_filing(world, "street_review").case, "send_back", by=world.officer, note="请重新核对场地")
    assert [row.code for row in Notice.objects.filter(user=world.clerk, case=case)] == ["sent_back"]
    slip = case.issued.get(code="slip")
    assert slip.data["items"] == ["请重新核对场地"]
    assert slip not in papers_for(case, world.applicant)
    assert slip in papers_for(case, world.clerk)


def test_what_a_step_publishes_is_looked_at_case_by_case():
    rows = [row for flow in FLOWS.values() for row in flow.transitions if row.guard is require_publishable]
    assert rows
    assert not [row for row in rows if row.batch]
