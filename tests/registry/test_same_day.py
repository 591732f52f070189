"""What stands since today may end, or change again, today: no day is counted twice, and the end can be taken back."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from registry.models import Organization
from registry.services.division_changes import apply_change, create_change
from registry.services.eligibility import GRANT, eligibility
from registry.services.standing import change_standing, reopen_organization
from reporting.figures import drill, figures
from reporting.rollups import rebuild
from reporting.sources import ended
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
made_world, world = worlds.shared(worlds.with_people)
FLOWS = ("founded_year", "ended_year", "founded_12m", "ended_12m")


@pytest.fixture
def filed(world):
    """A team filed today, with its certificate, its leader's account and its people."""
    return Organization.objects.get(pk=cases.make_filing(world, "filed").organization_id)


def merge(world, team):
    cases.make_filing(world, "merged", kind="merge", values={"other": str(team.uid), "name": ""})


def decide(kind, goal):
    return lambda world, team: cases.make_filing(world, goal, kind=kind, organization=team)


ENDS = {
    "cancelled": decide("cancel", "cancelled"),
    "revoked": decide("revoke", "revoked"),
    "merged": merge,
}


def counted(world, *names):
    """Figures of the district today, each as many as the rows behind it."""
    today = timezone.localdate()
    rebuild(today)
    found = figures(world.district, today)
    assert [drill(name, world.district, today).count() for name in names] == [found[name] for name in names]
    return [found[name] for name in names]


@pytest.mark.parametrize("state", ENDS)
def test_a_team_filed_today_ends_today(world, filed, client, state):
    certificate = filed.certificates.get()
    ENDS[state](world, filed)
    team, today = Organization.objects.get(pk=filed.pk), timezone.localdate()
    assert (team.state, team.ended) == (state, today)
    assert [(row.state, row.starts, row.ends) for row in team.periods.all()] == [(state, today, None)]
    assert not team.accounts.filter(ends=None).exists()
    answer = client.get(reverse("public:scan", args=[certificate.code]))
    assert answer.context["in_force"] is False
    assert answer.context["state"]["word"] == team.get_state_display()
    assert "in_force" in [rule.code for rule in eligibility(team, GRANT).against]
    left = Organization.objects.in_force().count()
    assert counted(world, "orgs", "orgs_team", *FLOWS) == [left, left, 1, 1, 1, 1]


def test_an_upgrade_on_the_day_of_filing_is_one_period_of_the_new_tier(world, filed):
    today = timezone.localdate()
    cases.make_filing(world, "registered", kind="upgrade", organization=filed, values={"registered": today.isoformat()})
    assert [(row.tier, row.starts, row.ends) for row in filed.periods.all()] == [("registered", today, None)]
    assert counted(world, "orgs", "orgs_team", "orgs_registered") == [1, 0, 1]


@pytest.mark.parametrize("state", ENDS)
def test_the_end_is_taken_back_whole(world, filed, state):
    members = set(filed.memberships.values_list("person", "role"))
    ENDS[state](world, filed)
    team = Organization.objects.get(pk=filed.pk)
    again = reopen_organization(organization=team, version=team.version, by="system", reason="误操作")
    assert (again.state, again.ended, again.successor) == ("active", None, None)
    assert [(row.state, row.ends) for row in again.periods.all()] == [("active", None)]
    assert set(again.memberships.filter(ends=None).values_list("person", "role")) == members
    assert again.accounts.filter(user=world.applicant, ends=None).exists()
    assert counted(world, "orgs", "ended_year") == [Organization.objects.in_force().count(), 0]


def raised_today(world):
    """A group of last year that is dormant and has been a team since today."""
    group = cases.filed_organization(world, tier="group")
    change = {"organization": group, "version": 1, "effective": timezone.localdate(), "by": "system"}
    return change_standing(**change, tier="team", state="dormant", case=object())


def test_a_standing_that_began_today_ends_today_and_the_one_before_stays(world):
    team = raised_today(world)
    ENDS["cancelled"](world, team)
    today = timezone.localdate()
    assert [(row.tier, row.state, row.ends) for row in team.periods.all()] == [
        ("group", "active", today),
        ("team", "cancelled", None),
    ]
    assert counted(world, "orgs", "orgs_group", "orgs_team", *FLOWS) == [0, 0, 0, 0, 1, 0, 1]
    team = Organization.objects.get(pk=team.pk)
    again = reopen_organization(organization=team, version=team.version, by="system", reason="误操作")
    assert again.state == "dormant"
    assert [row.state for row in again.periods.all()] == ["active", "dormant"]


def test_an_end_is_counted_once_also_after_its_community_was_merged(world, filed):
    ENDS["cancelled"](world, filed)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        merger = create_change(
            kind="merge",
            division=world.second_community,
            effective=timezone.localdate(),
            by=world.head,
            lines=[{"division": world.community}],
        )
        apply_change(change=merger, by=world.head)
        assert filed.periods.count() == 2
        assert ended(timezone.localdate()).filter(organization=filed).count() == 1


def test_an_officer_ends_on_its_page_what_was_entered_today(world, client):
    team = builders.make_organization(world.community, world.types["culture"], founded=timezone.localdate())
    client.force_login(world.officer)
    today = timezone.localdate().isoformat()
    end = {"version": 1, "state": "cancelled", "on": today, "reason": "录入有误", "typed_name": team.name}
    assert client.post(reverse("registry:organization_end", args=[team.uid]), end).status_code == 302
    assert Organization.objects.get(pk=team.pk).state == "cancelled"
    assert counted(world, "orgs", *FLOWS) == [0, 1, 1, 1, 1]
