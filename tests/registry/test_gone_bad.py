"""What was fine when it was handed in and is no more when it is decided: refused in words, never an error."""

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from casework.models import CaseParty
from casework.workflow import perform
from registry.models import Organization
from registry.services.filings import save_draft
from tests import builders, cases
from tests.worlds import shared, with_people

pytestmark = pytest.mark.django_db
made_world, world = shared(with_people)


@pytest.mark.parametrize("fields", [{"filing_no": ""}, {"tier": "registered"}, {"state": "cancelled"}])
def test_only_a_filed_one_of_the_street_and_tier_can_join(world, fields):
    other = cases.filed_organization(world, "六联社区太极队", **fields)
    filing = cases.make_draft(world, "merge", values={"other": str(other.uid)})
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "submit", by=world.applicant)
    assert "other" in refused.value.error_dict


def test_an_organization_of_another_street_cannot_join(world):
    far = builders.make_organization(world.other_community, world.types["culture"], filing_no="440310002-T-2025-0001")
    filing = cases.make_draft(world, "merge", values={"other": str(far.uid)})
    with pytest.raises(ValidationError):
        perform(filing.case, "submit", by=world.applicant)


def test_whoever_holds_the_account_of_the_one_that_ends_is_a_party(world):
    other, third = (cases.filed_organization(world, name) for name in ("六联社区太极队", "六联社区书画队"))
    holder = builders.make_user("organization", world.community)
    other.accounts.update(user=holder)
    filing = cases.make_draft(world, "merge", values={"other": str(other.uid)})
    case = perform(filing.case, "submit", by=world.applicant)
    assert case.parties.get(user=holder).role == CaseParty.Role.OTHER
    assert holder.notices.filter(case=case, code="submitted").exists()
    items = [{"anchor": "other", "reason": "请核对"}]
    case = perform(case, "return", by=world.clerk, data={"items": items})
    save_draft(filing=filing, version=case.version, by=world.applicant, values={"other": str(third.uid)})
    case.items.update(answered_at=case.entered_at)
    perform(case, "submit", by=world.applicant)
    assert not case.parties.filter(user=holder).exists()


def test_a_merger_whose_other_ended_meanwhile_can_be_read_and_refused(client, world):
    other = cases.filed_organization(world, "六联社区太极队")
    case = cases.make_filing(world, "street_decision", kind="merge", values={"other": str(other.uid)}).case
    Organization.objects.filter(pk=other.pk).update(state="cancelled")
    client.force_login(world.leader)
    assert client.get(reverse("casework:case", args=[case.uid])).status_code == 200
    with pytest.raises(ValidationError):
        perform(case, "approve", by=world.leader)
    assert perform(case, "refuse", by=world.leader, note="对方组织已注销").state == "refused"


def test_a_year_that_could_be_handed_in_can_be_decided_after_new_year(world):
    with time_machine.travel("2026-12-28 10:00+08:00"):
        case = cases.make_filing(world, "street_review", kind="annual", values={"year": "2024"}).case
    with time_machine.travel("2027-01-04 10:00+08:00"):
        assert perform(case, "approve", by=world.officer).state == "confirmed"


def test_a_type_taken_off_the_list_is_refused_in_words(world):
    case = cases.make_filing(world, "street_decision").case
    world.types["culture"].delete()
    with pytest.raises(ValidationError):
        perform(case, "approve", by=world.leader)
