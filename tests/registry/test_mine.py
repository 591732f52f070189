"""One's own cases as those who file, and those a case is about, see them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from casework.models import Case
from casework.services import handling
from casework.workflow import perform
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


def groups(client, **query):
    """{whose turn it is: cases} of the list of one's own cases."""
    found = client.get(reverse("apply:my"), query).context["groups"]
    return {code: [row["case"] for row in rows] for code, _title, rows in found}


def own(client, case):
    return client.get(reverse("apply:my_case", args=[case.uid]))


def test_whom_a_revocation_is_about_answers_from_the_page_it_is_told_to_open(client, world):
    case = cases.make_filing(world, "hearing", kind="revoke").case
    client.force_login(world.applicant)
    notice = world.applicant.notices.get(case=case)
    response = client.get(reverse("casework:notice", args=[notice.pk]), follow=True)
    assert response.redirect_chain[-1][0] == reverse("apply:my_case", args=[case.uid])
    assert [step.name for step in response.context["steps"]] == ["answer"]
    address = reverse("apply:step", args=[case.uid])
    refused = client.post(address, {"step": "answer", "version": case.version})
    assert refused.status_code == 422
    stale = client.post(address, {"step": "answer", "version": 0, "note": "上月已恢复活动"})
    assert stale.status_code == 422
    assert "上月已恢复活动</textarea>" in stale.content.decode()
    assert client.post(address, {"step": "withdraw", "version": case.version}).status_code == 403
    client.post(address, {"step": "answer", "version": case.version, "note": "上月已恢复活动"})
    case.refresh_from_db()
    assert (case.state, case.steps.last().note) == ("street_decision", "上月已恢复活动")
    assert not own(client, case).context["steps"]


def test_the_officer_who_opened_it_writes_the_answer_down(client, world):
    case = cases.make_filing(world, "hearing", kind="revoke").case
    client.force_login(world.officer)
    assert [step.name for step in own(client, case).context["steps"]] == ["answer"]
    client.force_login(world.leader)
    assert client.post(reverse("apply:step", args=[case.uid]), {"step": "answer"}).status_code == 404


def test_opinions_and_names_stay_among_the_officers(client, world):
    case = cases.make_filing(world, "committee_check").case
    perform(case, "disagree", by=world.clerk, note="负责人有信访记录")
    handling.reassign(case=case, to=world.officer, by=world.leader, note="小李请病假")
    data = {"items": [{"anchor": "place", "reason": "请写明门牌号"}]}
    perform(case, "return", by=world.officer, note="请补正", data=data)
    client.force_login(world.applicant)
    notes = [event["note"] for event in own(client, case).context["events"]]
    assert "请补正" in notes
    told = client.get(f"/api/v1/cases/{case.uid}/").json()
    shown = own(client, case).content.decode() + str(told)
    for secret in ("负责人有信访记录", "小李请病假", world.clerk.name, world.officer.name, world.leader.name):
        assert secret not in shown
    assert told["checks"] == []
    client.force_login(world.leader)
    told = client.get(f"/api/v1/cases/{case.uid}/").json()
    assert "负责人有信访记录" in str(told)
    assert told["checks"]


def test_urging_leads_back_to_ones_own_page(client, world):
    case = cases.make_filing(world, "committee_check").case
    client.force_login(world.applicant)
    response = client.post(reverse("casework:handle", args=[case.uid, "urge"]), follow=True)
    assert response.redirect_chain[-1][0] == reverse("apply:my_case", args=[case.uid])


def test_what_waits_for_oneself_is_never_pushed_out_of_the_list(client, world):
    old = cases.make_filing(world, "returned").case
    ended = [
        Case(kind="filing", division=world.community, division_path=world.community.path, state="withdrawn", title=name)
        for name in map(str, range(60))
    ]
    for case in Case.objects.bulk_create(ended):
        case.parties.create(user=world.applicant, name="林秀英", role="applicant")
    Case.objects.exclude(pk=old.pk).update(closed_at=timezone.now(), saved_at=timezone.now(), outcome="withdrawn")
    client.force_login(world.applicant)
    first, second = groups(client), groups(client, page="2")
    assert [list(found) for found in (first, second)] == [["mine", "ended"]] * 2
    assert first["mine"] == second["mine"] == [old]
    assert (len(first["ended"]), len(second["ended"])) == (50, 10)


def test_a_case_stands_under_whose_turn_it_is(client, world):
    """As who filed it, whom it is about and, for a clerk, the leader it was filed for see it."""
    hearing = cases.make_filing(world, "hearing", kind="revoke").case
    office = cases.make_filing(world, "committee_check").case
    client.force_login(world.officer)
    assert groups(client) == {"others": [hearing]}
    assert own(client, hearing).context["row"]["waits_for"] == str(world.applicant)
    client.force_login(world.applicant)
    assert groups(client) == {"mine": [hearing], "offices": [office]}
    address = reverse("apply:my_case", args=[hearing.uid])
    assert f'class="btn btn-primary" href="{address}"' in client.get(reverse("apply:my")).content.decode()
    perform(hearing, "answer", by=world.applicant, note="上月已恢复活动")
    assert groups(client) == {"offices": [office, hearing]}


def test_a_merger_sent_back_waits_for_who_filed_it_not_for_the_other_organization(client, world):
    case = cases.make_filing(world, "returned", kind="merge").case
    other = builders.make_user("organization", world.community)
    case.parties.exclude(user=world.applicant).delete()
    case.parties.create(user=other, name="太极队", role="other")
    client.force_login(other)
    assert groups(client) == {"others": [case]}
    assert not own(client, case).context["row"]["mine"]
    for name in ("apply:case", "apply:correct"):
        response = client.get(reverse(name, args=[case.uid]), follow=True)
        assert response.redirect_chain[-1][0] == reverse("apply:my_case", args=[case.uid])
    client.force_login(world.applicant)
    assert groups(client) == {"mine": [case]}


def test_the_last_office_waits_for_the_leader_a_clerk_filed_for(client, world):
    agent = builders.make_user("clerk", world.community)
    filing = cases.make_filing(world, "street_review", by=agent, applicant="林秀英")
    client.force_login(agent)
    assert groups(client) == {"offices": [filing.case]}
    case = perform(filing.case, "propose", by=world.officer)
    assert groups(client) == {"others": [case]}
    paper = cases.hand_in(case, "consent", by=agent)
    assert groups(client) == {"offices": [case]}
    paper.delete()
    cases.make_policy("filing.confirm_agent", False)
    assert groups(client) == {"offices": [case]}


def test_the_list_asks_the_same_for_one_case_and_for_many(client, world):
    agent = builders.make_user("clerk", world.community)
    client.force_login(agent)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("apply:my"))
        return len(asked)

    cases.make_filing(world, "street_decision", by=agent, applicant="林秀英")
    cases.make_draft(world, by=agent, applicant="林秀英", values={"name": "六联社区太极队"})
    queries()
    before = queries()
    for name in ("木兰队", "书画社"):
        cases.make_draft(world, by=agent, applicant="陈国强", values={"name": f"六联社区{name}"})
        cases.make_filing(world, "street_decision", by=agent, applicant="陈国强", values={"name": f"坪环{name}"})
    assert queries() == before


def test_the_page_of_a_case_asks_the_same_for_one_step_and_for_many(client, world):
    case = cases.make_filing(world, "committee_check").case
    client.force_login(world.applicant)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            own(client, case)
        return len(asked)

    queries()
    before = queries()
    step = case.steps.last()
    for _time in range(5):
        step.pk = None
        step.save()
    assert queries() <= before + 1
