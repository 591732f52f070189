"""What was decided is what the register holds afterwards: the place corrected, the type and figures typed."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from casework.models import AuditEvent, Case
from casework.workflow import available, perform
from registry.models import Organization, Person
from registry.services.filings import save_draft
from registry.services.organizations import edit_organization
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


def test_a_leader_nobody_knew_is_entered_without_a_case(world):
    team = cases.filed_organization(world)
    edit_organization(organization=team, version=None, by=world.clerk, leader={"name": "陈国强"})
    assert Organization.objects.get(pk=team.pk).leader.name == "陈国强"


def test_a_listed_group_does_not_move_by_being_filed(world):
    group = cases.filed_organization(world, "六联社区晨光合唱组", tier="group")
    filing = cases.make_draft(world, organization=group, values={"community": str(world.second_community.pk)})
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "submit", by=world.applicant)
    assert "community" in refused.value.error_dict


def test_a_group_filed_under_another_leader_has_one_leader_and_a_new_version(world):
    group = cases.filed_organization(world, "六联社区晨光合唱组", tier="group")
    group.leader = Person.objects.create(name="王小明")
    group.save()
    group.memberships.create(person=group.leader, role="leader", starts="2025-01-06")
    cases.make_filing(world, "filed", organization=group)
    team = Organization.objects.get(pk=group.pk)
    assert [row.person.name for row in team.memberships.filter(role="leader", ends=None)] == ["林秀英"]
    event = AuditEvent.objects.about(team).get(action="change_leader")
    assert (event.before["leader"], event.after["leader"]) == ("王*", "林*")
    assert event.after["version"] <= team.version


def test_papers_after_a_change_of_divisions_go_where_the_corrected_community_lies(world):
    case = cases.make_filing(world, "street_decision", kind="division_batch").case
    items = [{"anchor": "community", "reason": "应为马峦社区"}]
    case = perform(case, "return", by=world.leader, data={"items": items})
    values = {"community": str(world.other_community.pk)}
    case = save_draft(filing=case.filing, version=case.version, by=world.officer, values=values)
    case.items.update(answered_at=timezone.now())
    case = perform(case, "submit", by=world.officer)
    with pytest.raises(PermissionDenied):
        perform(case, "approve", by=world.leader)
    assert perform(case, "approve", by=world.outsider).state == "renewed"


@pytest.fixture
def association(world):
    facts = {"tier": "registered", "filing_no": "", "uscc": "51310104MJ4950010A"}
    return cases.filed_organization(world, "坪山合唱协会", **facts)


def corrected(world, organization, state="corrected", **values):
    values = {"place": "", **values}
    case = cases.make_filing(world, state, kind="correction", organization=organization, values=values).case
    return case, Organization.objects.get(pk=organization.pk)


def test_what_was_registered_by_mistake_stands_filed_and_locked(world, association):
    plaque = builders.make_certificate(association, kind="plaque")
    _case, team = corrected(world, association, tier="team")
    assert (team.tier, team.uscc, team.legal_form) == ("team", "", "")
    assert set(team.aliases.values_list("text", flat=True)) == {association.uscc, association.filing_no}
    assert [(row.kind, row.number) for row in team.certificates.valid()] == [("filing", team.filing_no)]
    assert team.certificates.get(pk=plaque.pk).state == "returned"
    with pytest.raises(ValidationError) as refused:
        edit_organization(organization=team, version=team.version, by=world.clerk, name="别名队")
    assert set(refused.value.error_dict) == {"name"}


def test_what_ends_by_a_correction_gets_no_new_paper_and_keeps_none(world, association):
    for kind in ("filing", "plaque"):
        builders.make_certificate(association, kind=kind)
    _case, ended = corrected(world, association, ended="cancelled", place="新场所")
    assert ended.state == "cancelled"
    assert list(ended.certificates.values_list("state", flat=True)) == ["returned"] * 2


def test_a_correction_keeps_only_what_is_asked_of_its_organization(world):
    filing = cases.make_draft(world, "correction", values={"tier": "group", "ended": "cancelled", "name": "晨光队"})
    filing.refresh_from_db()
    assert (filing.data["name"], {"tier", "ended"} & set(filing.data)) == ("晨光队", set())


def test_a_team_registered_meanwhile_is_corrected_by_the_bureau(world):
    team = cases.filed_organization(world)
    case, team = corrected(world, team, "street_decision", name="六联社区木兰队")
    assert "hand_up" not in {row.name for row in available(case, world.leader)}
    raised = cases.make_filing(world, "registered", kind="upgrade", organization=team).organization
    case = Case.objects.get(pk=case.pk)
    with pytest.raises(ValidationError):
        perform(case, "approve", by=world.leader)
    case = perform(case, "hand_up", by=world.leader)
    assert (case.state, perform(case, "approve", by=world.head).state) == ("district_decision", "corrected")
    raised.refresh_from_db()
    assert (raised.name, raised.tier) == ("六联社区木兰队", "registered")
