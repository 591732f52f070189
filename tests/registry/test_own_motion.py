"""What the office does of its own motion: what it corrects, who signs the papers, who is told before."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from casework.models import Case, Delivery
from casework.notices import sealed_message
from casework.services.handover import hand_over
from casework.workflow import NotNowError, perform
from registry.services.filings import open_filing, save_draft
from registry.services.organizations import edit_organization
from registry.services.people import person_for
from registry.services.standing import change_standing, reopen_organization
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


@pytest.fixture
def registered(world):
    facts = {"tier": "registered", "filing_no": "", "uscc": "51310104MJ4950010A"}
    return cases.filed_organization(world, "坪山合唱协会", **facts)


def test_a_registered_organization_is_corrected_by_two_of_the_bureau(client, world, registered):
    client.force_login(world.bureau)
    edit = client.get(reverse("registry:organization_edit", args=[registered.uid])).content.decode()
    address = f"{reverse('apply:new')}?kind=correction&organization={registered.uid}&fact=name"
    assert address.replace("&", "&amp;") in edit
    assert client.post(address)["Location"].endswith("#field-name")
    case = Case.objects.get(kind="correction")
    assert case.filing.data == {"name": "坪山合唱协会"}
    values = {"name": "坪山区合唱协会", "uscc": "52340104MJA100041K", "reason": "登记录入有误"}
    case = save_draft(filing=case.filing, version=case.version, by=world.bureau, values=values)
    case = perform(case, "submit", by=world.bureau)
    assert case.state == "district_decision"
    assert refused(PermissionDenied, perform, case, "approve", by=world.bureau)
    assert refused(NotNowError, perform, case, "approve", by=world.leader)
    case = perform(case, "approve", by=world.head)
    registered.refresh_from_db()
    assert (registered.name, registered.uscc) == (values["name"], values["uscc"])
    assert registered.aliases.filter(text="51310104MJ4950010A").exists()
    paper = case.issued.get(code="own_motion_change").data
    assert [row["field"] for row in paper["changes"]] == ["名称", "统一社会信用代码"]
    assert "备案" not in paper["title"] + paper["certificate"]


def test_who_hands_a_correction_over_does_not_decide_it_then(world, registered):
    filing = open_filing(kind="correction", by=world.head, division=registered.division, organization=registered)
    values = {"name": "坪山区合唱协会", "reason": "登记录入有误"}
    case = save_draft(filing=filing, version=filing.case.version, by=world.head, values=values)
    case = perform(case, "submit", by=world.head)
    refused(ValidationError, hand_over, leaving=world.head, to=world.bureau, by=world.head, note="调岗")
    second = builders.make_user("bureau_head", world.district)
    assert hand_over(leaving=world.head, to=world.bureau, by=world.head, note="调岗") == 1
    refused(ValidationError, perform, case, "approve", by=world.head)
    assert perform(case, "approve", by=second).outcome == "approved"


def refused(error, service, *args, **given):
    with pytest.raises(error) as refusal:
        service(*args, **given)
    return refusal


def test_a_registered_organization_ends_on_a_day_by_a_case(world, registered):
    values = {"place": "", "ended": "cancelled", "since": "2024-12-31"}
    filing = cases.make_draft(world, "correction", organization=registered, values=values)
    early = refused(ValidationError, perform, filing.case, "submit", by=world.officer)
    assert set(early.value.message_dict) == {"since"}
    filing.case = save_draft(
        filing=filing, version=filing.case.version, by=world.officer, values={"since": "2026-03-02"}
    )
    perform(perform(filing.case, "submit", by=world.officer), "approve", by=world.head)
    registered.refresh_from_db()
    assert (registered.state, registered.ended) == ("cancelled", date(2026, 3, 2))
    again = {"organization": registered, "version": registered.version, "reason": "复议撤销"}
    assert refused(PermissionDenied, reopen_organization, by=world.bureau, **again)
    assert reopen_organization(by=world.head, **again).state == "active"


def test_what_the_survey_left_open_of_a_registered_organization_is_filled_in_directly(world, registered):
    registered.uscc = ""
    registered.save()
    given = {"organization": registered, "by": world.bureau}
    assert edit_organization(version=1, uscc="51310104MJ4950010A", place="文化站", **given).version == 2
    wrong = refused(ValidationError, edit_organization, version=2, uscc="52340104MJA100041K", place="别处", **given)
    assert set(wrong.value.message_dict) == {"uscc", "place"}
    assert refused(ValidationError, change_standing, version=2, effective=date(2026, 1, 1), tier="team", **given)


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
