"""What the office does of its own motion: what it corrects, who signs the papers, who is told before."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from casework.models import Case, Delivery
from casework.notices import sealed_message
from casework.workflow import perform
from registry.services.people import person_for
from tests import builders, cases
from tests.worlds import shared, with_people

pytestmark = pytest.mark.django_db
made_world, world = shared(with_people)


@pytest.fixture
def team(world):
    return cases.filed_organization(world)


def test_a_correction_is_opened_without_a_community_and_names_only_what_it_corrects(client, world, team):
    client.force_login(world.officer)
    client.post(f"{reverse('apply:new')}?kind=correction&organization={team.uid}")
    draft = Case.objects.get(kind="correction")
    assert "community" not in draft.filing.data
    perform(draft, "withdraw", by=world.officer)
    values = {"community": str(team.division_id)}
    case = cases.make_filing(world, "corrected", kind="correction", organization=team, values=values).case
    assert [row["field"] for row in case.issued.get(code="own_motion_change").data["changes"]] == ["活动场所"]


def test_the_present_community_alone_corrects_nothing(world, team):
    values = {"place": "", "community": str(team.division_id)}
    filing = cases.make_draft(world, "correction", organization=team, values=values)
    with pytest.raises(ValidationError):
        perform(filing.case, "submit", by=world.officer)


def test_the_new_street_signs_after_a_transfer(world, team):
    assert builders.make_certificate(team).issued_by == world.street
    clerk = builders.make_user("clerk", world.other_community)
    values = {"to": str(world.other_community.pk)}
    case = cases.make_filing(world, "acceptance", kind="transfer", organization=team, values=values).case
    case = perform(case, "take_in", by=clerk)
    perform(case, "approve", by=world.outsider)
    assert team.certificates.valid().get().issued_by == world.other_street


def test_the_bureau_goes_on_signing_what_it_signed(world, team):
    builders.make_certificate(team, issued_by=world.district)
    cases.make_filing(world, "changed", kind="change", organization=team)
    assert team.certificates.valid().get().issued_by == world.district


def test_a_leader_without_an_account_is_told_of_a_revocation_by_message(world, team):
    team.accounts.update(ends="2026-01-01")
    team.leader = person_for(name="林秀英", phone="13812345678")
    team.save()
    case = cases.make_filing(world, "hearing", kind="revoke", organization=team).case
    assert not case.parties.filter(role="other").exists()
    assert sealed_message(Delivery.objects.get(notice=None))[0] == "13812345678"
