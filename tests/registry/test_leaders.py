"""Whose account acts for an organization: the leader's from the decision on, others by hand."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from casework.models import AuditEvent, Notice
from casework.sealing import lookup_hash
from registry.models import Applicant, Membership
from registry.services import leaders
from registry.services.applicants import organizations_of
from registry.services.filings import open_filing
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
PHONE = cases.LEADER["phone"]
NEW = {"name": "陈国强", "phone": "13900001111", "id_number": "110105194912310038"}


made_world, world = worlds.shared(worlds.with_people)


def user_of(phone):
    return Applicant.objects.get(phone_hash=lookup_hash(phone, "phone")).user


def holders(organization):
    return {account.user for account in organization.accounts.filter(ends=None)}


@pytest.mark.parametrize("kind", ["filing", "listing"])
def test_the_leader_and_who_filed_act_for_it_from_the_decision_on(world, kind):
    filing = cases.make_filing(world, "filed" if kind == "filing" else "listed", kind=kind)
    leader = user_of(PHONE)
    assert holders(filing.organization) == {leader, world.applicant}
    assert leader.name == "林秀英"
    assert list(organizations_of(leader)) == [filing.organization]
    place = filing.organization.division
    assert open_filing(kind="change", by=leader, division=place, organization=filing.organization)
    events = AuditEvent.objects.filter(action="grant_account")
    assert {event.after["account"] for event in events} == {"林*", "用*"}


def test_a_leader_a_clerk_filed_for_finds_it_when_she_signs_in(world):
    cases.make_policy("filing.confirm_agent", False)
    agent = builders.make_user("clerk", world.community)
    filing = cases.make_filing(world, "filed", by=agent, applicant="林秀英")
    assert holders(filing.organization) == {user_of(PHONE)}


def change_leader(world, organization, by):
    values = {"what": ["leader"], "leader": [NEW]}
    cases.make_filing(world, "changed", kind="change", organization=organization, by=by, values=values)
    organization.refresh_from_db()


def test_a_change_of_leader_hands_the_account_over_and_leaves_the_helpers(world):
    filing = cases.make_filing(world, "filed")
    organization, former = filing.organization, user_of(PHONE)
    by_name = builders.make_user("organization", world.community, username="former", name="林秀英")
    organization.accounts.create(user=by_name, starts=timezone.localdate())
    change_leader(world, organization, former)
    assert organization.leader.name == "陈国强"
    leader = user_of(NEW["phone"])
    assert holders(organization) == {leader, world.applicant}
    told = leader.notices.get(code="leads")
    assert told.params["count"] == 1
    assert reverse("registry:organization", args=[organization.uid]) in told.params["link"]
    assert not world.applicant.notices.filter(code="leads").exists()
    assert not organizations_of(former).exists()
    leading = organization.memberships.filter(role=Membership.Role.LEADER, ends=None)
    assert [row.person for row in leading] == [organization.leader]
    assert AuditEvent.objects.filter(action="end_account").count() == 2
    event = AuditEvent.objects.filter(action="change_leader").order_by("-id").first()
    assert (event.before["leader"], event.after["leader"]) == ("林*", "陈*")


def test_the_leader_ends_a_helper_with_one_click_and_nobody_else_does(client, world):
    team = cases.make_filing(world, "filed").organization
    leader, helper = user_of(PHONE), team.accounts.get(user=world.applicant)
    own = team.accounts.get(user=leader)
    record = reverse("registry:organization", args=[team.uid])
    end = {row: reverse("registry:account_end", args=[team.uid, row.pk]) for row in (helper, own)}
    client.force_login(world.applicant)
    assert client.get(record).context["accounts"] is None
    assert client.post(end[own], {"reason": "不是我队的"}).status_code == 403
    client.force_login(leader)
    page = client.get(record).content.decode()
    assert f'action="{end[helper]}"' in page
    assert end[own] not in page
    assert f'href="{reverse("registry:account_grant", args=[team.uid])}"' not in page
    assert client.post(end[own], {"reason": "退出"}).status_code == 403
    assert client.post(end[helper], {"reason": "不再协助"}).status_code == 302
    assert holders(team) == {leader}
    event = AuditEvent.objects.get(action="end_account")
    assert (event.actor, event.note) == (leader.username, "不再协助")


def test_a_former_leader_ends_nobody(client, world):
    team, former = cases.make_filing(world, "filed").organization, user_of(PHONE)
    change_leader(world, team, former)
    helper = team.accounts.get(user=world.applicant, ends=None)
    with pytest.raises(PermissionDenied):
        leaders.end_account(account=helper, reason="不再协助", by=former)
    leaders.end_account(account=helper, reason="不再协助", by=user_of(NEW["phone"]))
    assert holders(team) == {user_of(NEW["phone"])}


def test_a_group_filed_as_a_team_under_another_leader_has_one_leader(world):
    listed = cases.make_filing(world, "listed", kind="listing")
    filing = cases.make_filing(world, "filed", organization=listed.organization, values={"leader": [NEW]})
    leading = filing.organization.memberships.filter(role=Membership.Role.LEADER, ends=None)
    assert [row.person.name for row in leading] == ["陈国强"]


def test_a_leader_without_a_mobile_number_has_no_account(world):
    new = {"name": "陈国强", "phone": "0755-84622222", "id_number": "110105194912310038"}
    values = {"what": ["leader"], "leader": [new]}
    team = cases.make_filing(world, "changed", kind="change", values=values).organization
    team.refresh_from_db()
    assert team.leader.name == "陈国强"
    assert holders(team) == {world.applicant}, "nobody led it before: nobody's account ends"
    led = cases.make_filing(world, "filed").organization
    cases.make_filing(world, "changed", kind="change", organization=led, by=user_of(PHONE), values=values)
    assert holders(led) == {world.applicant}, "who led it before acts no more, whoever follows"
    led.refresh_from_db()
    leaders.set_leader(led, led.leader, "system")
    assert led.version == type(led).objects.get(pk=led.pk).version, "the same leader is no change"
    assert not Notice.objects.filter(code="leads").exists()


def test_a_cancelled_organization_has_nobody_acting_for_it(world):
    filing = cases.make_filing(world, "filed")
    leader = user_of(PHONE)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        cases.make_filing(world, "cancelled", kind="cancel", organization=filing.organization, by=leader)
    assert holders(filing.organization) == set()


def test_the_street_gives_and_takes_an_account_by_hand(client, world):
    team = cases.filed_organization(world)
    client.force_login(world.officer)
    record = reverse("registry:organization", args=[team.uid])
    address = reverse("registry:account_grant", args=[team.uid])
    assert address in client.get(record).content.decode()
    given = {"who": "13900001111", "name": "陈国强", "reason": "队长委托"}
    assert client.post(address, given | {"who": "no-such-name"}).status_code == 200
    assert client.post(address, given).status_code == 302
    account = team.accounts.get(user=user_of("13900001111"))
    end = reverse("registry:account_end", args=[team.uid, account.pk])
    assert end in client.get(record).content.decode()
    assert client.get(reverse("registry:account_end", args=[team.uid, account.pk + 1000])).status_code == 404
    assert client.post(end, {"reason": "不再委托"}).status_code == 302
    assert holders(team) == {world.applicant}
    notes = AuditEvent.objects.filter(action__in=("grant_account", "end_account")).values_list("note", flat=True)
    assert set(notes) == {"队长委托", "不再委托"}
    with pytest.raises(ValidationError):
        leaders.end_account(account=account, reason="不再委托", by=world.officer)


@pytest.mark.parametrize("who", ["clerk", "outsider", "applicant"])
def test_nobody_else_gives_accounts(client, world, who):
    team = cases.filed_organization(world)
    user = getattr(world, who)
    with pytest.raises(PermissionDenied):
        leaders.grant_account(organization=team, who=user.username, name="", reason="代办", by=user)
    client.force_login(user)
    answer = client.get(reverse("registry:organization", args=[team.uid]))
    assert answer.status_code == (404 if who == "outsider" else 200)
    assert answer.status_code == 404 or answer.context["accounts"] is None


def test_an_account_is_given_by_user_name_to_a_standing_organization_only(world):
    team = cases.filed_organization(world)
    helper = builders.make_user("organization", world.community, username="helper")
    leaders.grant_account(organization=team, who="helper", name="", reason="协助填报", by=world.officer)
    assert helper in holders(team)
    cases.make_filing(world, "cancelled", kind="cancel", organization=team)
    with pytest.raises(ValidationError):
        leaders.grant_account(organization=team, who="helper", name="", reason="协助填报", by=world.officer)
