"""Cases through the API: the same road, the same rules and the same silence about what the caller may not see."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from casework import attachments
from casework.models import AuditEvent, Case, IdempotencyKey
from casework.tasks import sweep_keys
from registry.matters import MATTERS
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%%EOF\n"
NOBODY = "00000000-0000-4000-8000-000000000000"


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def case(world):
    return cases.make_filing(world, "street_review").case


def caller(user):
    client = APIClient(raise_request_exception=False)
    client.force_login(user)
    return client


def take(user, case, step, key=None, **body):
    headers = {"Idempotency-Key": key} if key else {}
    body = {"step": step, "version": case.version, **body}
    return caller(user).post(f"/api/v1/cases/{case.uid}/steps/", body, format="json", headers=headers)


def uids(answer):
    return [row["uid"] for row in answer.json()["results"]]


def test_each_list_holds_its_cases(world, case):
    draft = cases.make_draft(world, values={"name": "六联社区乒乓球队"}).case
    lists = {
        (world.officer, "todo"): case,
        (world.clerk, "done"): case,
        (world.applicant, "mine"): case,
        (world.applicant, "drafts"): draft,
        (world.leader, "places"): case,
    }
    for (user, queue), found in lists.items():
        assert uids(caller(user).get("/api/v1/cases/", {"queue": queue})) == [str(found.uid)], queue
    assert uids(caller(world.outsider).get("/api/v1/cases/", {"queue": "places"})) == []


def test_lists_are_narrowed_and_walked(world, case):
    second = cases.make_filing(world, "street_review", values={"name": "六联社区乒乓球队"}).case
    client = caller(world.officer)
    first = client.get("/api/v1/cases/", {"limit": "1"}).json()
    assert [row["uid"] for row in first["results"]] == [str(second.uid)]
    assert uids(client.get(first["next"])) == [str(case.uid)]
    assert uids(client.get("/api/v1/cases/", {"q": "乒乓"})) == [str(second.uid)]
    assert uids(client.get("/api/v1/cases/", {"q": case.number})) == [str(case.uid)]
    assert uids(client.get("/api/v1/cases/", {"kind": "cancel"})) == []
    assert len(uids(client.get("/api/v1/cases/", {"state": "street_review"}))) == 2
    Case.objects.filter(pk=case.pk).update(due=timezone.localdate() - timedelta(days=1))
    Case.objects.filter(pk=second.pk).update(due=timezone.localdate())
    assert uids(client.get("/api/v1/cases/", {"light": "red"})) == [str(case.uid)]
    assert uids(client.get("/api/v1/cases/", {"light": "yellow"})) == [str(second.uid)]


def test_a_list_asks_as_often_for_three_as_for_one(world, case, django_assert_max_num_queries):
    client = caller(world.officer)
    client.get("/api/v1/cases/")
    for name in ("六联社区乒乓球队", "六联社区书法班队"):
        cases.make_filing(world, "street_review", values={"name": name})
    with django_assert_max_num_queries(20):
        assert len(uids(client.get("/api/v1/cases/"))) == 3


def test_one_case_tells_what_the_page_tells(world, case):
    told = caller(world.officer).get(f"/api/v1/cases/{case.uid}/").json()
    facts = {row["anchor"]: row["value"] for row in told["facts"]}
    assert facts["name"] == "六联社区晨光合唱队"
    assert "13812345678" not in str(told)
    assert "11010519491231002X" not in str(told)
    assert [row["step"] for row in told["steps"]] == ["submit", "agree"]
    assert [row["slot"] for row in told["papers"]] == ["charter"]
    offered = {row["step"]: row["needs"] for row in told["available"]}
    assert offered["propose"] == []
    assert offered["return"] == ["items"]
    assert offered["not_accept"] == ["note"]
    assert told["state_label"]
    assert told["light"] == "green"
    assert told["checks"]


def test_outside_and_missing_answer_alike(world, case):
    client = caller(world.outsider)
    for path in ("cases/{}/", "filings/{}/"):
        outside, missing = (client.get(f"/api/v1/{path.format(uid)}") for uid in (case.uid, NOBODY))
        assert (outside.status_code, outside.content) == (404, missing.content)
    body = {"step": "approve", "version": case.version}
    for address, sent in (("cases/{}/steps/", body), ("filings/{}/", {"version": 1, "values": {}})):
        send = client.post if "steps" in address else client.patch
        outside, missing = (send(f"/api/v1/{address.format(uid)}", sent, format="json") for uid in (case.uid, NOBODY))
        assert (outside.status_code, outside.content) == (404, missing.content)


def test_an_officer_who_sees_a_case_is_no_party_of_its_draft(world, case):
    assert caller(world.officer).get(f"/api/v1/filings/{case.uid}/").status_code == 404
    draft = cases.make_draft(world, values={"name": "六联社区乒乓球队"}).case
    assert caller(world.officer).get(f"/api/v1/cases/{draft.uid}/").status_code == 404


def test_a_team_is_filed_by_the_api_alone(world):
    client = caller(world.applicant)
    values = {key: value for key, value in cases.VALUES.items() if key != "purpose"}
    body = {"kind": "filing", "division": world.community.code, "values": values}
    opened = client.post("/api/v1/filings/", body, format="json")
    assert opened.status_code == 201, opened.content
    draft = opened.json()
    assert draft["missing_papers"] == ["charter"]
    assert set(draft["errors"]) >= {"purpose", "community"}
    assert draft["values"]["leader"][0]["phone"] == "138****5678"
    asks = {ask["key"]: ask for ask in draft["asks"]}
    assert ["culture", "文化体育类"] in asks["type"]["choices"]

    address = f"/api/v1/filings/{draft['uid']}/"
    more = {"purpose": "组织居民排练合唱。", "community": str(world.community.pk)}
    saved = client.patch(address, {"version": draft["version"], "values": more}, format="json").json()
    assert saved["errors"] == {}
    assert saved["version"] == draft["version"] + 1
    paper = {"slot": "charter", "file": SimpleUploadedFile("章程.pdf", PDF)}
    handed = client.post(f"/api/v1/cases/{draft['uid']}/files/", paper, format="multipart")
    assert handed.status_code == 201, handed.content
    assert handed.json()["name"] == "章程.pdf"

    case = Case.objects.get(uid=draft["uid"])
    for user, step in ((world.applicant, "submit"), (world.clerk, "agree"), (world.officer, "propose")):
        answer = take(user, case, step)
        assert answer.status_code == 200, answer.content
        case.refresh_from_db()
    done = take(world.leader, case, "approve").json()
    assert (done["state"], done["outcome"]) == ("filed", "approved")


def test_a_clerk_files_for_a_leader_and_only_where_the_right_is_held(world):
    body = {"kind": "filing", "division": world.community.code, "applicant": "林秀英"}
    opened = caller(world.clerk).post("/api/v1/filings/", body, format="json")
    assert opened.status_code == 201
    roles = dict(Case.objects.get(uid=opened.json()["uid"]).parties.values_list("role", "name"))
    assert roles == {"agent": str(world.clerk), "applicant": "林秀英"}
    far = {**body, "division": world.other_community.code}
    assert caller(world.clerk).post("/api/v1/filings/", far, format="json").status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "nothing"}, "kind"),
        ({"kind": "filing"}, "division"),
        ({"kind": "filing", "division": "999999"}, "division"),
        ({"kind": "cancel"}, "organization"),
        ({"kind": "cancel", "organization": NOBODY}, "organization"),
        ({"kind": "filing", "division": "440310001001", "values": {"nothing": "1"}}, "values"),
        ({"kind": "filing", "division": "440310001001", "values": {"leader": "林秀英"}}, "values"),
        ({"kind": "filing", "division": "440310001001", "values": {"name": ["林"]}}, "values"),
        ({"kind": "filing", "division": "440310001001", "values": {"founders": [{"nme": "林"}]}}, "values"),
        ({"kind": "filing", "division": "440310001001", "extra": 1}, "extra"),
    ],
)
def test_a_draft_that_cannot_be_opened_names_the_field(world, body, field):
    answer = caller(world.applicant).post("/api/v1/filings/", body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert not Case.objects.exists()


def test_matters_about_an_organization(world):
    own = cases.filed_organization(world)
    registered = cases.filed_organization(world, "六联社区棋友协会", tier="registered", filing_no="")
    other = builders.make_organization(world.community, world.types["culture"], name="六联社区舞蹈队")
    client = caller(world.applicant)
    opened = client.post("/api/v1/filings/", {"kind": "cancel", "organization": str(own.uid)}, format="json")
    assert opened.status_code == 201, opened.content
    assert opened.json()["organization"] == str(own.uid)
    again = client.post("/api/v1/filings/", {"kind": "cancel", "organization": str(own.uid)}, format="json")
    assert again.status_code == 400
    wrong = client.post("/api/v1/filings/", {"kind": "upgrade", "organization": str(registered.uid)}, format="json")
    assert (wrong.status_code, list(wrong.json())) == (400, ["kind"])
    foreign = client.post("/api/v1/filings/", {"kind": "cancel", "organization": str(other.uid)}, format="json")
    missing = client.post("/api/v1/filings/", {"kind": "cancel", "organization": NOBODY}, format="json")
    assert (foreign.status_code, foreign.content) == (400, missing.content)


def test_matters_say_what_they_ask(world):
    told = caller(world.applicant).get("/api/v1/matters/").json()["results"]
    assert {row["kind"] for row in told} == set(MATTERS)
    filing = next(row for row in told if row["kind"] == "filing")
    assert [ask["key"] for ask in filing["asks"]] == [ask.key for ask in MATTERS["filing"].asks]
    assert {"code": "charter", "required": True}.items() <= filing["papers"][0].items()


def test_two_writers_of_a_draft(world):
    draft = cases.make_draft(world).case
    client, address = caller(world.applicant), f"/api/v1/filings/{draft.uid}/"
    body = {"version": draft.version, "values": {"members": "20"}}
    assert client.patch(address, body, format="json").status_code == 200
    late = client.patch(address, body, format="json")
    assert late.status_code == 409
    assert late.json()["detail"]


def test_refused_steps_say_why(world, case):
    stale = caller(world.officer).post(
        f"/api/v1/cases/{case.uid}/steps/", {"step": "propose", "version": case.version - 1}, format="json"
    )
    assert stale.status_code == 409
    assert [row["step"] for row in stale.json()["steps"]] == ["agree"]
    assert take(world.leader, case, "propose").status_code == 403
    assert take(world.leader, case, "approve").status_code == 409
    assert take(world.officer, case, "nothing").status_code == 400
    assert "note" in take(world.officer, case, "not_accept").json()
    assert "items" in take(world.officer, case, "return").json()
    assert take(world.officer, case, "propose", extra=1).status_code == 400


def test_a_claimed_case_is_a_conflict(world, case):
    colleague = builders.make_user("street_officer", world.street)
    Case.objects.filter(pk=case.pk).update(handler=colleague, handler_until=timezone.now() + timedelta(minutes=5))
    answer = take(world.officer, case, "propose")
    assert answer.status_code == 409
    assert str(colleague) in answer.json()["detail"]
    told = caller(world.officer).get(f"/api/v1/cases/{case.uid}/").json()
    assert told["handler"] == str(colleague)


def test_a_returned_case_is_corrected_where_it_was_named(world, case):
    items = [{"anchor": "place", "reason": "请写明门牌号", "basis": "第五条"}]
    answer = take(world.officer, case, "return", items=items)
    assert answer.status_code == 200, answer.content
    assert answer.json()["items"][0]["anchor"] == "place"
    case.refresh_from_db()
    client, address = caller(world.applicant), f"/api/v1/filings/{case.uid}/"
    locked = {ask["key"]: ask["locked"] for ask in client.get(address).json()["asks"]}
    assert not locked["place"]
    assert locked["name"]
    sent = {"version": case.version, "values": {"name": "新名字队"}}
    assert client.patch(address, sent, format="json").status_code == 400
    sent["values"] = {"place": "六联路8号"}
    assert client.patch(address, sent, format="json").status_code == 200
    paper = {"slot": "charter", "file": SimpleUploadedFile("a.pdf", PDF)}
    assert client.post(f"/api/v1/cases/{case.uid}/files/", paper, format="multipart").status_code == 400
    case.refresh_from_db()
    assert take(world.applicant, case, "submit").status_code == 400
    [item] = client.get(f"/api/v1/cases/{case.uid}/").json()["items"]
    for wrong in ({"0": "已改"}, {str(item["id"]): ""}):
        assert client.patch(address, {"version": case.version, "answers": wrong}, format="json").status_code == 400
    said = {"version": case.version, "answers": {str(item["id"]): "已写明门牌号"}}
    assert client.patch(address, said, format="json").status_code == 200
    case.refresh_from_db()
    again = take(world.applicant, case, "submit")
    assert again.status_code == 200, again.content
    assert (again.json()["state"], again.json()["items"][0]["answer"]) == ("street_review", "已写明门牌号")


@pytest.mark.parametrize(
    ("slot", "data"),
    [("charter", b""), ("charter", b"MZ\x90"), ("nothing", PDF), ("name", PDF), ("", PDF), ("charter", None)],
)
def test_papers_that_are_none(world, slot, data):
    draft = cases.make_draft(world).case
    body = {"slot": slot} if data is None else {"slot": slot, "file": SimpleUploadedFile("章程.pdf", data)}
    answer = caller(world.applicant).post(f"/api/v1/cases/{draft.uid}/files/", body, format="multipart")
    assert answer.status_code == 400
    assert answer.json()


def test_a_cut_line_makes_no_second_case(world):
    """The answer of a submission never arrives; the client sends the same again."""
    body = {"kind": "filing", "division": world.community.code, "values": {"name": "六联社区晨光合唱队"}}
    client = caller(world.applicant)
    first, again = (
        client.post("/api/v1/filings/", body, format="json", headers={"Idempotency-Key": "open-1"}) for _time in "12"
    )
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Case.objects.count() == 1
    draft = cases.make_draft(world, values={"name": "六联社区乒乓球队"}).case
    steps = [take(world.applicant, draft, "submit", key="submit-1") for _time in "12"]
    assert [answer.status_code for answer in steps] == [200, 200]
    assert steps[0].json() == steps[1].json()
    assert draft.steps.filter(transition="submit").count() == 1


def test_a_key_stands_for_one_request_of_one_caller(world):
    def open_(user, name, key):
        body = {"kind": "filing", "division": world.community.code, "values": {"name": name}}
        return caller(user).post("/api/v1/filings/", body, format="json", headers={"Idempotency-Key": key})

    assert open_(world.applicant, "六联社区晨光合唱队", "one").status_code == 201
    other = open_(world.applicant, "六联社区乒乓球队", "one")
    assert other.status_code == 422
    assert other.json()["detail"]
    colleague = builders.make_user("organization", world.community)
    assert open_(colleague, "六联社区晨光合唱队", "one").status_code == 201
    assert Case.objects.count() == 2
    for key in ("", "a b", "x" * 101, "键"):
        assert open_(world.applicant, "六联社区书法班队", key).status_code == 400


def test_a_request_that_failed_may_be_sent_again_with_its_key(world, case):
    assert take(world.officer, case, "not_accept", key="step-1").status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert take(world.officer, case, "not_accept", key="step-1", note="不属于备案范围").status_code == 200


def test_a_paper_sent_again_is_the_same_paper(world):
    draft = cases.make_draft(world).case

    def hand_in(data):
        body = {"slot": "venue", "file": SimpleUploadedFile("场地.pdf", data)}
        headers = {"Idempotency-Key": "paper-1"}
        address = f"/api/v1/cases/{draft.uid}/files/"
        return caller(world.applicant).post(address, body, format="multipart", headers=headers)

    first, again = hand_in(PDF), hand_in(PDF)
    assert (first.status_code, first.json()) == (201, again.json())
    assert hand_in(PDF + b"\n").status_code == 422
    assert draft.attachments.filter(slot="venue").count() == 1


def take_out(user, case, paper, key=None):
    headers = {"Idempotency-Key": key} if key else {}
    return caller(user).delete(f"/api/v1/cases/{case.uid}/files/{paper.uid}/", headers=headers)


def test_a_paper_is_taken_out_once_and_kept_in_the_history(world):
    draft = cases.make_draft(world).case
    paper = draft.attachments.get(slot="charter")
    first, again = (take_out(world.applicant, draft, paper, key="out-1") for _time in "12")
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["missing_papers"] == ["charter"]
    assert again["Idempotency-Replayed"] == "true"
    paper.refresh_from_db()
    assert paper.removed_at is not None
    assert AuditEvent.objects.about(draft).filter(action="remove_paper").count() == 1
    assert take_out(world.applicant, draft, paper).status_code == 404
    assert take_out(world.applicant, draft, paper, key="a b").status_code == 400


def test_a_paper_stays_where_it_may_not_be_taken_out(world, case):
    """Of a case with an office, of a correction that does not name it, of another case; for all but who filed it."""
    paper = case.attachments.get(slot="charter")
    other = cases.make_draft(world, values={"name": "六联社区乒乓球队"}).case
    assert take_out(world.applicant, case, paper).status_code == 400
    assert take_out(world.applicant, other, paper).status_code == 404
    assert take_out(world.officer, case, paper).status_code == 404
    items = [{"anchor": "place", "reason": "请写明门牌号"}]
    assert take(world.officer, case, "return", items=items).status_code == 200
    assert take_out(world.applicant, case, paper).status_code == 400
    case.items.update(anchor="charter")
    heard = builders.make_user("organization", world.community)
    case.parties.create(user=heard, name="太极队", role="other")
    assert take_out(heard, case, paper).status_code == 403
    assert take_out(world.applicant, case, paper).status_code == 200


def test_papers_are_fetched_as_on_the_pages(world, case):
    """Handed in or issued, under headers that run nothing; what is personal opens on record, for who may."""
    draft = cases.make_draft(world, values={"name": "六联社区乒乓球队"})
    handed = attachments.store(
        case=draft.case, slot="venue", upload=SimpleUploadedFile("证.pdf", PDF), by=world.applicant, personal=True
    )
    for row in cases.road(draft.case, "street_review"):
        cases.walk(draft, row, world)
    address = f"/api/v1/cases/{draft.case.uid}/files/{handed.uid}/"
    answer = caller(world.officer).get(address, headers={"Accept": "application/pdf"})
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert AuditEvent.objects.get(action="open_paper").actor == world.officer.username
    assert caller(world.applicant).get(address).status_code == 200
    assert AuditEvent.objects.filter(action="open_paper").count() == 1
    viewer = builders.make_user("viewer", world.street, perms=["casework.view_case"])
    assert caller(viewer).get(address).status_code == 403
    assert caller(world.outsider).get(address).status_code == 404
    assert caller(world.officer).get(address.replace(str(draft.case.uid), str(case.uid))).status_code == 404

    [letter] = caller(world.applicant).get(f"/api/v1/cases/{draft.case.uid}/").json()["issued"]
    address = f"/api/v1/cases/{draft.case.uid}/papers/{letter['uid']}/"
    answer = caller(world.applicant).get(address)
    assert (letter["code"], answer.content[:5], answer["Content-Type"]) == ("receipt", b"%PDF-", "application/pdf")
    assert caller(world.outsider).get(address).status_code == 404


def test_keys_are_kept_for_a_day(world):
    body = {"kind": "filing", "division": world.community.code}
    client = caller(world.applicant)
    for _time in range(2):
        answer = client.post("/api/v1/filings/", body, format="json", headers={"Idempotency-Key": "day"})
        assert answer.status_code == 201
        IdempotencyKey.objects.update(at=timezone.now() - timedelta(hours=25))
    assert Case.objects.count() == 2
    sweep_keys()
    assert IdempotencyKey.objects.count() == 0


def test_registering_an_organization_twice_with_a_key(world):
    client = caller(builders.make_user("bureau_officer", world.district))
    body = {"name": "六联夕阳红舞蹈队", "tier": "team", "division": world.community.code, "type": "culture"}
    first, again = (
        client.post("/api/v1/organizations/", body, format="json", headers={"Idempotency-Key": "org"}) for _t in "12"
    )
    assert (first.status_code, first.json()) == (201, again.json())
