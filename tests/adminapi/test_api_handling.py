"""Who has a case, ratings, notices and publicity through the API: the services of the pages, their refusals told."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from casework.models import Objection
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
NOBODY = "00000000-0000-4000-8000-000000000000"
OBJECTION = {"name": "王芳", "contact": "13800138000", "text": "该队伍长期不在本社区活动"}


def make():
    """A case in the street's review, with a notice about it; another one decided."""
    world = worlds.with_people()
    world.colleague = builders.make_user("street_officer", world.street)
    world.case = cases.make_filing(world, "street_review").case
    today = timezone.localdate()
    window = {"starts": today, "ends": today + timedelta(days=7), "days": 5}
    words = {"title": "备案公示", "body": "负责人：林*", "html": "<article>负责人：林*</article>", "sha256": "0" * 64}
    world.posted = world.case.publicities.create(
        division_path=world.case.division_path, state="open", **window, **words
    )
    world.decided = cases.make_filing(world, "filed", values={"name": "六联社区乒乓球队"}).case
    return world


made_world, world = worlds.shared(make)


def caller(user):
    client = APIClient(raise_request_exception=False)
    client.force_login(user)
    return client


def send(user, case, verb, key=None, **body):
    headers = {"Idempotency-Key": key} if key else {}
    return caller(user).post(f"/api/v1/cases/{case.uid}/{verb}/", body, format="json", headers=headers)


def test_a_case_is_taken_and_put_back(world):
    first, again = (send(world.officer, world.case, "claim", key="claim-1") for _time in "12")
    assert (first.status_code, first.json()) == (200, again.json())
    assert again["Idempotency-Replayed"] == "true"
    assert first.json()["handler"] == str(world.officer)
    busy = send(world.colleague, world.case, "claim")
    assert (busy.status_code, str(world.officer) in busy.json()["detail"]) == (409, True)
    assert send(world.colleague, world.case, "release").json()["handler"] == str(world.officer)
    assert send(world.officer, world.case, "release").json()["handler"] == ""
    assert send(world.applicant, world.case, "claim").status_code == 403
    assert send(world.outsider, world.case, "claim").status_code == 404
    assert send(world.officer, world.case, "claim", extra=1).status_code == 400


def test_a_case_is_given_to_a_colleague_of_its_office(world):
    leader, address = caller(world.leader), f"/api/v1/cases/{world.case.uid}/reassign/"
    named = {row["id"]: row["name"] for row in leader.get(address).json()["results"]}
    assert named[world.colleague.pk] == str(world.colleague)
    assert world.applicant.pk not in named
    for wrong in ({}, {"to": world.colleague.pk}, {"to": world.clerk.pk, "note": "休假"}):
        assert leader.post(address, wrong, format="json").status_code == 400
    given = send(world.leader, world.case, "reassign", to=world.colleague.pk, note="休假")
    assert (given.status_code, given.json()["handler"]) == (200, str(world.colleague))
    [told] = caller(world.colleague).get("/api/v1/notices/", {"unread": "true"}).json()["results"]
    assert (told["code"], told["case"]) == ("assigned", str(world.case.uid))
    assert caller(world.officer).get(address).status_code == 403
    assert send(world.officer, world.case, "reassign").status_code == 403
    assert leader.get(address.replace(str(world.case.uid), str(world.decided.uid))).json()["results"] == []


def test_parties_urge_once_a_day_and_never_read_a_remark(world):
    urged = send(world.applicant, world.case, "urge", note="请尽快办理")
    assert urged.status_code == 200, urged.content
    assert send(world.applicant, world.case, "urge").status_code == 400
    assert send(world.officer, world.case, "urge").status_code == 403
    remarked = send(world.officer, world.case, "remark", note="已电话核实场地")
    assert "已电话核实场地" in str(remarked.json()["steps"])
    assert "已电话核实场地" not in caller(world.applicant).get(f"/api/v1/cases/{world.case.uid}/").content.decode()
    assert send(world.applicant, world.case, "remark", note="已电话核实").status_code == 403


def test_a_decided_case_is_rated_once_by_whom_it_served(world):
    client, address = caller(world.applicant), f"/api/v1/cases/{world.decided.uid}/rating/"
    before = client.get(address).json()
    assert (before["may_rate"], before["rating"]) == (True, None)
    assert client.patch(address, {"words": "补充一句"}, format="json").status_code == 400
    for wrong in ({}, {"grade": 6}, {"grade": 5, "tags": ["nothing"]}, {"grade": 1, "word": "慢"}):
        assert client.post(address, wrong, format="json").status_code == 400
    body = {"grade": 2, "tags": [before["tags"][0]["code"]], "words": "等得太久"}
    first, again = (client.post(address, body, format="json", headers={"Idempotency-Key": "rate"}) for _time in "12")
    assert (first.status_code, first.json()) == (201, again.json())
    assert client.post(address, body, format="json").status_code == 400
    more = client.patch(address, {"words": "后来回访了"}, format="json").json()
    assert (more["may_rate"], more["rating"]["grade"], more["rating"]["follow_up"]) == (False, 2, "后来回访了")
    assert caller(world.leader).get(address).status_code == 403
    assert caller(world.outsider).get(address).status_code == 404
    assert send(world.applicant, world.case, "rating", grade=5).status_code == 400


def test_notices_are_read_by_whom_they_are_for(world):
    client = caller(world.applicant)
    world.applicant.notices.create(code="submitted", case=world.case)
    world.applicant.notices.create(code="standing_in", params={"note": "林秀英"})
    told = client.get("/api/v1/notices/").json()["results"]
    assert {row["case"] for row in told} == {str(world.case.uid), str(world.decided.uid), None}
    assert all(row["title"] and row["text"] and row["read_at"] is None for row in told)
    one = told[0]["id"]
    foreign = world.colleague.notices.create(code="urged", case=world.case).pk
    body = {"ids": [one, foreign, 2**40]}
    first, again = (
        client.post("/api/v1/notices/read/", body, format="json", headers={"Idempotency-Key": "read"}) for _time in "12"
    )
    assert first.json() == again.json() == {"read": 1}
    assert world.colleague.notices.get(pk=foreign).read_at is None
    unread = [row["id"] for row in client.get("/api/v1/notices/", {"unread": "1"}).json()["results"]]
    assert unread == [row["id"] for row in told[1:]]
    page = client.get("/api/v1/notices/", {"limit": "1"}).json()
    assert [row["id"] for row in client.get(page["next"]).json()["results"]] == unread[:1]
    assert client.post("/api/v1/notices/read/", {"ids": []}, format="json").status_code == 400


def test_everybody_reads_what_is_published(world):
    stranger = APIClient()
    [row] = stranger.get("/api/v1/public/publicity/").json()["results"]
    assert (row["uid"], row["open"], row["title"]) == (str(world.posted.uid), True, "备案公示")
    told = stranger.get(f"/api/v1/public/publicity/{row['uid']}/").json()
    assert (told["body"], told["html"], told["papers"]) == (world.posted.body, world.posted.html, [])
    charter = world.case.attachments.get(slot="charter")
    world.posted.papers.add(charter)
    [paper] = stranger.get(f"/api/v1/public/publicity/{row['uid']}/").json()["papers"]
    assert paper["address"] == f"{row['page']}files/{charter.uid}/"
    assert stranger.get(row["page"]).status_code == 200
    assert stranger.get("/api/v1/public/publicity/", {"show": "over"}).json()["results"] == []
    world.posted.state = "draft"
    world.posted.save()
    assert stranger.get("/api/v1/public/publicity/").json()["results"] == []
    assert stranger.get(f"/api/v1/public/publicity/{row['uid']}/").status_code == 404


def test_an_objection_needs_a_caller_and_an_open_notice(world):
    address = f"/api/v1/publicity/{world.posted.uid}/objections/"
    assert APIClient().post(address, OBJECTION, format="json").status_code == 401
    client = caller(builders.make_user("organization", world.other_community))
    assert client.post(address, {**OBJECTION, "name": ""}, format="json").status_code == 400
    first, again = (
        client.post(address, OBJECTION, format="json", headers={"Idempotency-Key": "object"}) for _time in "12"
    )
    assert (first.status_code, first.json()) == (201, again.json())
    stored = Objection.objects.get()
    assert first.json()["code"].replace("-", "") == stored.code
    assert client.post(address.replace(str(world.posted.uid), NOBODY), OBJECTION, format="json").status_code == 404
    codes = [client.post(address, OBJECTION, format="json").status_code for _time in range(5)]
    assert codes == [201] * 4 + [429]
    world.posted.ends = timezone.localdate() - timedelta(days=1)
    world.posted.save()
    other = caller(builders.make_user("organization", world.other_community))
    assert other.post(address, OBJECTION, format="json").status_code == 400


def test_strangers_are_counted_by_their_network(world, monkeypatch):
    monkeypatch.setattr("casework.api.CallerThrottle.rate", "2/min")
    monkeypatch.setattr("casework.api.CallerThrottle.scope", str(uuid4()))
    codes = [
        APIClient(REMOTE_ADDR=address, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        .get("/api/v1/public/publicity/")
        .status_code
        for number, address in enumerate(["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"])
    ]
    assert codes == [200, 200, 429, 200]
