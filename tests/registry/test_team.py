"""One's own organization on the phone: the certificate to show, what is due, who belongs to it; the leader's only."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from casework.models import AuditEvent
from registry.services import confirmations, leaders
from registry.services.people import person_for
from tests import cases
from tests.worlds import shared, with_people

pytestmark = pytest.mark.django_db
made_world, world = shared(with_people)


@pytest.fixture
def team(world):
    return cases.make_filing(world, "filed").organization


def page(client, user, team, name="team"):
    client.force_login(user)
    return client.get(reverse(f"apply:{name}", args=[team.uid]))


def test_the_leader_of_the_day_shows_the_certificate_and_the_former_no_more(client, world, team):
    leader = team.accounts.filter(ends=None).first().user
    shown = page(client, leader, team)
    text = shown.content.decode()
    assert team.filing_no in text
    assert "<svg" in text
    assert {str(role): names for role, names in shown.context["members"]}["负责人"] == ["林秀英"]
    assert reverse("apply:team", args=[team.uid]) in client.get(reverse("apply:my")).content.decode()
    pdf = page(client, leader, team, "team_certificate")
    assert pdf.content.startswith(b"%PDF")
    assert AuditEvent.objects.about(team).filter(action="print_certificate", actor=leader.username).exists()
    leaders.set_leader(team, person_for(name="陈国强", phone="13900001111"), "system")
    team.accounts.exclude(user__name="陈国强").update(ends=date.today())
    after = team.accounts.get(ends=None).user
    assert page(client, leader, team).status_code == page(client, leader, team, "team_certificate").status_code == 404
    assert page(client, after, team).status_code == 200
    assert page(client, world.officer, team).status_code == 404


def test_what_is_due_stands_there_until_it_is_handed_in(client, world, team):
    team.founded = date(2024, 1, 8)
    team.save()
    with time_machine.travel("2027-02-01 10:00+08:00"):
        due = confirmations.owed(team, date(2027, 2, 1))
        assert [(kind, period) for kind, period, _first, _last in due] == [("half_year", "2026H2"), ("annual", "2026")]
        assert confirmations.next_window(team, date(2027, 2, 1))[:2] == ("half_year", "2027H1")
        text = page(client, world.applicant, team).content.decode()
        assert f"kind=annual&amp;organization={team.uid}" in text
        cases.make_filing(world, "committee_check", kind="annual", organization=team, values={"year": "2026"})
        text = page(client, world.applicant, team).content.decode()
    assert f"kind=annual&amp;organization={team.uid}" not in text.partition('id="file"')[0]


def test_the_parties_of_what_was_begun_are_read_at_once(client, world, team, django_assert_num_queries):
    cases.make_draft(world, "change", organization=team)
    begun = page(client, world.applicant, team).context["waiting"]
    with django_assert_num_queries(0):
        assert [len(row["case"].parties.all()) for row in begun] == [1]
