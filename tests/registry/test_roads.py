"""Matters find a way where no committee acts, and say what stands in their way while somebody can answer it."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from casework import checking
from casework.workflow import NotNowError, available, perform
from registry.naming import name_key
from registry.services.filings import open_filing, save_draft
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


def test_the_street_takes_over_from_nobody_or_from_the_late_only(world):
    case = cases.make_filing(world, "committee_check").case
    with pytest.raises(ValidationError) as refused:
        perform(case, "take_over", by=world.officer, note="代为初审")
    assert refused.value.code == "held"
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        assert perform(case, "take_over", by=world.officer, note="代为初审").state == "street_review"


def test_a_listing_without_a_committee_is_decided_by_the_street(world):
    world.clerk.assignments.all().delete()
    case = cases.make_filing(world, "committee_check", kind="listing").case
    case = perform(case, "take_over", by=world.officer, note="社区暂无人")
    assert perform(case, "approve", by=world.leader).state == "listed"


def test_a_group_of_the_street_itself_is_listed_by_the_street(world):
    filing = cases.make_draft(world, "listing", values={"community": str(world.street.pk)})
    case = perform(filing.case, "submit", by=world.applicant)
    assert case.state == "street_decision"
    assert list(checking.problems()) == []
    assert perform(case, "approve", by=world.leader).state == "listed"


def test_a_transfer_passes_a_committee_that_is_not_there(world):
    world.clerk.assignments.all().delete()
    filing = cases.make_filing(world, "release", kind="transfer")
    case = perform(filing.case, "take_over", by=world.officer, note="社区暂无人")
    case = perform(case, "release", by=world.officer)
    assert (case.state, case.division) == ("acceptance", world.second_community)


def test_a_team_of_the_street_moves_from_it_and_to_it(world):
    team = builders.make_organization(
        world.street, world.types["culture"], name="坪山街道合唱队", filing_no="440310001-T-2025-0999"
    )
    team.accounts.create(user=world.applicant, starts="2025-01-06")
    filing = open_filing(kind="transfer", by=world.applicant, division=world.street, organization=team)
    values = {"to": str(world.community.pk), "place": "文化室", "reason": "场地搬迁"}
    case = save_draft(filing=filing, version=filing.case.version, by=world.applicant, values=values)
    case = perform(case, "submit", by=world.applicant)
    assert case.state == "street_release"
    assert perform(case, "release", by=world.officer).state == "acceptance"
    back = cases.make_draft(world, "transfer", values={"to": str(world.street.pk)})
    case = perform(back.case, "submit", by=world.applicant)
    case = perform(case, "release", by=world.clerk)
    assert (case.state, case.division) == ("street_decision", world.street)
    assert list(checking.problems()) == []


@pytest.mark.parametrize("kind", ["transfer", "revoke", "correction", "division_batch", "dormancy"])
def test_where_the_bureau_files_it_decides_these_too(world, kind):
    case = cases.make_filing(world, "district_decision", kind=kind).case
    granting = {row.name for row in available(case, world.head)} & {"approve", "set_dormant"}
    assert len(granting) == 1
    assert available(case, world.leader) == []
    case = perform(case, granting.pop(), by=world.head, note="经研究同意")
    assert case.outcome == "approved"
    paper = case.issued.exclude(code="certificate").last()
    assert paper.data["office"] == "坪山区民政局"


def test_nothing_goes_back_to_a_committee_there_is_not(world):
    filing = cases.make_draft(world, values={"community": str(world.street.pk)})
    case = perform(filing.case, "submit", by=world.applicant)
    assert case.state == "street_review"
    assert "send_back" not in {row.name for row in available(case, world.officer)}
    with pytest.raises(NotNowError):
        perform(case, "send_back", by=world.officer, note="请再看")


def test_a_new_name_like_another_one_is_explained_on_the_page(client, world):
    fields = {"name": "六联老年合唱团", "name_key": name_key("六联老年合唱团", division=world.community)}
    other = builders.make_organization(world.community, world.types["culture"], **fields)
    values = {"what": ["name"], "name": "六联老年合唱队"}
    filing = cases.make_filing(world, "street_decision", kind="change", values=values)
    with pytest.raises(ValidationError):
        perform(filing.case, "approve", by=world.leader)
    client.force_login(world.leader)
    page = client.get(reverse("casework:case", args=[filing.case.uid])).content.decode()
    assert f"distinct_{other.pk}" in page
    case = perform(filing.case, "approve", by=world.leader, data={"distinct": {other.pk: "两支不同的队伍"}})
    assert case.state == "changed"


@pytest.mark.parametrize("kind", ["cancel", "transfer", "annual", "change", "revoke"])
def test_what_was_never_filed_is_filed_first(world, kind):
    team = builders.make_organization(world.community, world.types["culture"], name="六联社区太极队")
    team.accounts.create(user=world.applicant, starts="2025-01-06")
    by = world.officer if kind == "revoke" else world.applicant
    with pytest.raises(ValidationError) as refused:
        open_filing(kind=kind, by=by, division=world.community, organization=team)
    assert refused.value.code == "unfiled"


@pytest.mark.parametrize("kind", ["revoke", "cancel", "transfer", "upgrade", "change"])
def test_the_bureaus_own_organization_is_not_the_streets_to_end(client, world, kind):
    body = builders.make_organization(world.community, world.types["culture"], tier="registered", name="坪山合唱协会")
    by = world.officer if kind == "revoke" else world.clerk
    client.force_login(by)
    address = f"{reverse('apply:new')}?kind={kind}&organization={body.uid}&for=1"
    given = {"applicant": "林秀英"}
    assert client.post(address, given).status_code == 422
    answer = client.post(
        "/api/v1/filings/",
        {"kind": kind, "organization": str(body.uid), "applicant": "林秀英"},
        content_type="application/json",
    )
    assert answer.status_code == 400
    with pytest.raises((ValidationError, PermissionDenied)):
        open_filing(kind=kind, by=by, division=world.community, organization=body, applicant="林秀英")
