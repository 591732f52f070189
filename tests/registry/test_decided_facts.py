"""What was decided is what the register holds afterwards: the place corrected, the type and figures typed."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from casework.workflow import perform
from registry.models import Organization
from registry.services.filings import save_draft
from tests import builders, cases
from tests.worlds import shared, with_people

pytestmark = pytest.mark.django_db
made_world, world = shared(with_people)


def test_a_corrected_community_takes_the_case_to_its_committee(world):
    filing = cases.make_filing(world, "committee_check")
    items = [{"anchor": "community", "reason": "活动地点在坪环社区"}]
    case = perform(filing.case, "return", by=world.clerk, data={"items": items})
    values = {"community": str(world.second_community.pk)}
    case = save_draft(filing=filing, version=case.version, by=world.applicant, values=values)
    case.items.update(answered_at=timezone.now())
    case = perform(case, "submit", by=world.applicant)
    assert (case.division, case.state) == (world.second_community, "committee_check")
    for name, by in (("agree", world.second_clerk), ("propose", world.officer), ("approve", world.leader)):
        case = perform(case, name, by=by)
    filing.refresh_from_db()
    assert filing.organization.division == world.second_community


def test_a_known_team_takes_over_home_type_and_figures(world):
    team = builders.make_organization(world.community, world.types["culture"], name="六联社区晨光合唱队")
    builders.make_organization_year(team, 2025, members=15, volunteers=4)
    team.accounts.create(user=world.applicant, starts="2025-01-06")
    place = {"community": str(world.second_community.pk), "type": "service", "members": "22"}
    filing = cases.make_filing(world, "filed", organization=team, values=place)
    team = Organization.objects.get(pk=team.pk)
    assert (filing.case.division, team.division) == (world.second_community, world.second_community)
    assert team.type == world.types["service"]
    figures = team.years.get(next_year=None)
    assert (figures.year, figures.members, figures.volunteers) == (timezone.localdate().year, 22, 4)


def test_a_listed_group_does_not_move_by_being_filed(world):
    group = cases.filed_organization(world, "六联社区晨光合唱组", tier="group")
    filing = cases.make_draft(world, organization=group, values={"community": str(world.second_community.pk)})
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "submit", by=world.applicant)
    assert "community" in refused.value.error_dict
