"""One's own cases as those who file, and those a case is about, see them."""

import pytest
from django.urls import reverse

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
