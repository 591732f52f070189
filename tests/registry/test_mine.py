"""One's own cases as those who file, and those a case is about, see them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from casework.models import Case
from casework.services import handling
from casework.workflow import perform
from tests import builders, cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return cases.make_people(builders.make_world())


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
    first = client.get(reverse("apply:my")).context
    assert [row["case"] for row in first["todo"]] == [old]
    second = client.get(reverse("apply:my"), {"page": "2"}).context
    assert [row["case"] for row in second["todo"]] == [old]
    assert (len(first["ended"]), len(second["ended"])) == (50, 10)


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
