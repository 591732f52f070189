"""Open cases lie where their division lies after a change of divisions."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Division
from casework.models import Case
from casework.workflow import perform
from registry.services.division_changes import apply_change, create_change
from registry.services.placing import place_organizations
from tests import cases
from tests.builders import make_user
from tests.worlds import shared, with_people

DAY = date(2024, 6, 1)
pytestmark = pytest.mark.django_db
made_world, world = shared(with_people)


def change(world, kind, division, lines=(), **fields):
    draft = create_change(kind=kind, division=division, effective=DAY, by=world.head, lines=lines, **fields)
    return apply_change(change=draft, by=world.head)


def test_a_community_takes_its_open_cases_to_the_other_street(world):
    case = cases.make_filing(world, "street_decision").case
    change(world, "transfer", world.community, new_parent=world.other_street)
    case = Case.objects.get(pk=case.pk)
    assert case.division_path.startswith(world.other_street.path)
    assert not Case.objects.visible_to(world.leader).filter(pk=case.pk).exists()
    assert perform(case, "approve", by=world.outsider).state == "filed"


def test_open_cases_of_a_merged_community_go_on_at_its_heir(world):
    filing = cases.make_filing(world, "committee_check", values={"community": str(world.second_community.pk)})
    assert filing.case.division == world.second_community
    change(world, "merge", world.community, [{"division": world.second_community}])
    case = Case.objects.get(pk=filing.case_id)
    assert (case.division, case.division_path) == (world.community, world.community.path)
    for name, by in (("agree", world.clerk), ("propose", world.officer), ("approve", world.leader)):
        case = perform(case, name, by=by)
    filing.refresh_from_db()
    assert filing.organization.division == world.community


def test_closed_cases_stay_where_they_were_decided(world):
    filing = cases.make_filing(world, "withdrawn", values={"community": str(world.second_community.pk)})
    change(world, "merge", world.community, [{"division": world.second_community}])
    assert Case.objects.get(pk=filing.case_id).division == world.second_community


def test_what_a_part_takes_along_is_not_moved_back_by_its_open_case(world):
    team, stays = (cases.filed_organization(world, name, filing_no="") for name in ("晨光舞蹈队", "晚霞舞蹈队"))
    filings = [cases.make_filing(world, "street_decision", organization=row) for row in (team, stays)]
    fresh_one = cases.make_filing(world, "street_decision")
    new = {"code": "440310001012", "name": "六西社区居委会", "organizations": [team]}
    lines = [{"division": world.community, "organizations": [stays]}, new]
    change(world, "split", world.community, lines)
    part = Division.objects.get(code=new["code"])
    found = [Case.objects.get(pk=filing.case_id) for filing in (*filings, fresh_one)]
    assert [case.division for case in found] == [part, world.community, world.community]
    assert found[0].division_path == part.path
    assert found[1].version == filings[1].case.version
    perform(found[0], "approve", by=world.leader)
    team.refresh_from_db()
    assert team.division == part


def test_what_waits_at_the_street_takes_its_open_case_along_and_a_new_one_chooses_again(world):
    team = cases.filed_organization(world, "晨光舞蹈队", filing_no="")
    known, new = (cases.make_filing(world, "street_decision", organization=row) for row in (team, None))
    change(world, "abolish", world.community)
    with pytest.raises(ValidationError):
        perform(Case.objects.get(pk=new.case_id), "approve", by=world.leader)
    place_organizations(organizations=[team], division=world.second_community, reason="归属明确", by=world.head)
    case = Case.objects.get(pk=known.case_id)
    assert (case.division, case.division_path) == (world.second_community, world.second_community.path)
    perform(case, "approve", by=world.leader)
    team.refresh_from_db()
    assert team.division == world.second_community


def test_a_clerk_who_leaves_puts_down_the_cases_of_a_place_that_goes_on(world):
    leaves, stays = world.clerk, make_user("clerk", world.community)
    filings = [cases.make_filing(world, "committee_check", values={"name": f"六联社区{n}队"}) for n in ("晨光", "晚霞")]
    for filing, user in zip(filings, (leaves, stays), strict=True):
        Case.objects.filter(pk=filing.case_id).update(handler=user)
    new = {"code": "440310001012", "name": "六西社区居委会"}
    lines = [{"division": world.community}, new]
    draft = create_change(kind="split", division=world.community, effective=DAY, by=world.head, lines=lines)
    draft.lines.get(division=None).people.set([leaves.assignments.get().pk])
    apply_change(change=draft, by=world.head)
    found = [Case.objects.get(pk=filing.case_id) for filing in filings]
    assert [case.handler for case in found] == [None, stays]
    assert found[0].steps.filter(transition="hand_over", note=str(draft)).exists()
