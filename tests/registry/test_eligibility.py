from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casework import policy
from registry.models import CreditEvent, PeriodicReport
from registry.periods import last_year_closed
from registry.services.eligibility import PURPOSES, RULES, eligibility, months_between
from registry.services.people import person_for
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 1)


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def team(world):
    team = cases.filed_organization(world, leader=person_for(name="王小明"))
    builders.make_organization_year(team, 2025, members=60, party_form="joint")
    report(team)
    return team


def report(team, period="2025", result="confirmed", on=date(2026, 3, 2)):
    return PeriodicReport.objects.create(organization=team, kind="annual", period=period, result=result, on=on)


def listed(team, kind="watch", starts=date(2026, 5, 1), ends=None):
    return CreditEvent.objects.create(
        organization=team,
        kind=kind,
        state="removed" if ends else "listed",
        grounds="未按时确认",
        proposed_on=starts,
        starts=starts,
        ends=ends,
    )


def against(team, purpose="grant", on=DAY):
    return [rule.code for rule in eligibility(team, purpose, on).against]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_good_team_may_do_everything(team, purpose):
    answer = eligibility(team, purpose, DAY)
    assert answer.ok
    assert answer.against == []
    assert all(rule.evidence for rule in answer.rules)


def test_no_other_purpose_is_known(team):
    with pytest.raises(KeyError):
        eligibility(team, "parking")


def test_standing_is_that_of_the_day(team):
    team.periods.update(ends=date(2026, 3, 1))
    assert "in_force" in against(team)
    assert "in_force" not in against(team, on=date(2026, 2, 28))
    assert {"in_force", "active"} <= set(against(team, on=date(2020, 1, 1)))


def test_a_dormant_team_may_enter_a_base_but_gets_no_grant(team):
    team.periods.update(state="dormant")
    assert against(team) == ["active"]
    assert against(team, "base") == []


def test_tier_is_that_of_the_day(team):
    team.periods.update(tier="group")
    assert against(team) == ["tier"]
    team.periods.update(tier="registered")
    assert against(team) == []
    assert "tier" in against(team, "upgrade")


def test_age_is_a_policy_value(team):
    team.founded = date(2026, 1, 1)
    assert against(team) == []
    cases.make_policy("eligibility.months.grant", 6)
    assert against(team) == ["age"]
    assert against(team, on=date(2026, 7, 1)) == []
    cases.make_policy("eligibility.months.grant", 3, team.district)
    assert against(team) == []
    team.founded = None
    assert "age" in against(team)


@pytest.mark.parametrize(("result", "ok"), [("remarks", True), ("correcting", False), ("not_confirmed", False)])
def test_confirmation_counts_by_its_result(team, result, ok):
    team.reports.update(result=result)
    assert ("confirmed" not in against(team)) == ok


def test_confirmation_is_asked_for_the_last_year_whose_window_closed(team):
    team.reports.all().delete()
    assert "confirmed" in against(team)
    assert "confirmed" not in against(team, on=date(2026, 3, 31))
    assert last_year_closed(date(2026, 3, 31), "03-31") == "2024"
    assert last_year_closed(date(2026, 4, 1), "03-31") == "2025"


def test_entries_count_while_they_stand(team):
    entry = listed(team)
    assert against(team) == ["watch", "clean"]
    assert against(team, on=date(2026, 4, 30)) == []
    entry.ends, entry.state = date(2026, 5, 20), "removed"
    entry.save()
    assert against(team) == ["clean"]
    assert against(team, on=date(2029, 5, 20)) == ["confirmed"]


@pytest.mark.parametrize("kind", ["abnormal", "serious"])
def test_the_ministrys_lists_bar_everything(team, kind):
    listed(team, kind)
    for purpose in PURPOSES:
        assert kind in against(team, purpose)


def test_an_open_revocation_bars(world, team):
    cases.make_filing(world, "hearing", kind="revoke", organization=team)
    today = eligibility(team, "base")
    assert [rule.code for rule in today.against] == ["no_revocation"]
    assert "六联社区木兰拳队" in today.against[0].evidence
    assert against(team, "base") == []


def test_party_form_members_and_leader(team):
    team.years.update(party_form="", members=49)
    team.leader = None
    assert set(against(team, "upgrade")) == {"party", "members", "leader"}
    team.years.all().delete()
    assert set(against(team, "upgrade")) == {"party", "members", "leader"}


def test_rules_are_read_with_one_number_of_queries(world, team):
    poor = cases.filed_organization(world, "六联社区太极队")
    counts = []
    for organization in (team, poor):
        listed(organization)
        fresh = type(organization).objects.select_related("division").get(pk=organization.pk)
        policy.forget()
        with CaptureQueriesContext(
            connection,
        ) as seen:
            eligibility(fresh, "rating", DAY)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 7


def test_every_rule_names_its_purposes():
    assert {code for rule in RULES for code in rule.purposes} == set(PURPOSES)


def test_months_are_whole():
    assert months_between(date(2026, 1, 31), date(2026, 2, 28)) == 0
    assert months_between(date(2025, 6, 1), date(2026, 6, 1)) == 12
