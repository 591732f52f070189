from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from casework.flows import flow_of
from casework.models import Case, CorrectionItem
from casework.services import corrections
from casework.services.handling import claim
from casework.workflow import perform
from registry.models import Organization
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


def page(client, case):
    return client.get(reverse("casework:case", args=[case.uid]))


def post(client, case, step, **data):
    case.refresh_from_db()
    data = {"version": case.version, "step": step, **data}
    return client.post(reverse("casework:step", args=[case.uid]), data)


def test_a_clean_case_is_decided_from_its_page(client, world):
    case = cases.make_filing(world, "street_decision").case
    client.force_login(world.leader)
    text = page(client, case).content.decode()
    assert "六联社区晨光合唱队" in text
    assert "13812345678" not in text
    response = post(client, case, "approve")
    assert response.url == reverse("casework:cases")
    case.refresh_from_db()
    assert case.state == "filed"


def test_a_return_names_its_items(client, world):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.officer)
    assert post(client, case, "return").status_code == 422
    assert (
        post(client, case, "return", item_place="on", reason_place="请写明门牌号", basis_place="第六条").status_code
        == 302
    )
    [item] = CorrectionItem.objects.all()
    assert (item.anchor, item.reason, item.basis) == ("place", "请写明门牌号", "第六条")


def test_a_refused_return_keeps_the_list_that_was_typed(client, world):
    twin = builders.make_organization(world.community, world.types["culture"], name="晨光合唱团")
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.officer)
    assert "checked" not in page(client, case).content.decode()
    typed = {"item_place": "on", "reason_place": "请写明“门牌号”", "basis_place": "第六条", "item_name": "on"}
    response = post(client, case, "return", **typed, **{f"distinct_{twin.pk}": "负责人不同"})
    assert response.status_code == 422
    text = response.content.decode()
    for words in ('name="item_place" checked', 'value="请写明“门牌号”"', 'value="第六条"', 'name="item_name" checked'):
        assert words in text
    assert f'name="distinct_{twin.pk}" value="负责人不同"' in text
    assert "data-return-item hidden" not in text


def test_a_stale_page_says_what_happened_and_keeps_the_note(client, world):
    case = cases.make_filing(world, "street_review").case
    old = case.version
    perform(case, "propose", by=builders.make_user("street_officer", world.street))
    client.force_login(world.officer)
    url = reverse("casework:step", args=[case.uid])
    response = client.post(url, {"version": old, "step": "propose", "note": "我的长意见"})
    assert response.status_code == 409
    assert "我的长意见" in response.content.decode()
    case.refresh_from_db()
    assert case.state == "street_decision"


@pytest.mark.parametrize("text", ["", "-1", "9" * 40, "１", "abc"])
def test_a_page_without_a_readable_version_is_stale(client, world, text):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.officer)
    response = client.post(reverse("casework:step", args=[case.uid]), {"version": text, "step": "propose"})
    assert response.status_code == 409


def test_an_address_that_names_no_case_is_missing(client, world):
    client.force_login(world.officer)
    assert client.post(f"/cases/{'-' * 36}/claim/").status_code == 404


def test_an_unknown_step_is_refused(client, world):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.officer)
    assert post(client, case, "make_coffee").status_code == 403


def test_a_refusal_without_a_reason_stays_on_the_page(client, world):
    case = cases.make_filing(world, "street_decision").case
    client.force_login(world.leader)
    assert post(client, case, "refuse").status_code == 422
    assert post(client, case, "refuse", note="不属于社区社会组织").status_code == 302


def test_a_look_alike_is_told_apart_with_a_reason(client, world):
    twin = builders.make_organization(world.community, world.types["culture"], name="晨光合唱团")
    case = cases.make_filing(world, "street_decision").case
    client.force_login(world.leader)
    assert f"distinct_{twin.pk}" in page(client, case).content.decode()
    assert post(client, case, "approve").status_code == 422
    assert post(client, case, "approve", **{f"distinct_{twin.pk}": "成员和负责人都不同"}).status_code == 302
    assert Organization.objects.filter(name="六联社区晨光合唱队").exists()


def test_a_look_alike_in_another_place_goes_unnamed_to_who_may_not_see_it(client, world):
    twin = builders.make_organization(world.other_community, world.types["culture"], name="夕阳红合唱队")
    case = cases.make_filing(world, "street_review", values={"name": "夕阳红合唱队"}).case
    for user, named in ((world.officer, False), (world.bureau, True)):
        client.force_login(user)
        checks = page(client, case).context["checks"]
        [line] = [check for check in checks if check.ok is not True and (check.look_alike or twin.name in check.label)]
        assert (twin.name in line.label, bool(line.url), bool(line.detail)) == (named, named, named)


def test_outside_and_missing_are_the_same_404(client, world):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.outsider)
    missing = client.get(reverse("casework:case", args=["00000000-0000-4000-8000-000000000001"]))
    assert page(client, case).status_code == missing.status_code == 404


def test_several_cases_at_once(client, world):
    first = cases.make_filing(world, "committee_check").case
    second = cases.make_filing(world, "committee_check", values={"name": "六联社区书法班"}).case
    other = cases.make_filing(world, "street_review", values={"name": "六联社区摄影社"}).case
    client.force_login(world.clerk)
    chosen = [f"{case.uid}:{case.version}" for case in (first, second, other)]
    chosen[0] = f"{str(first.uid).upper()}:{first.version}"
    chosen += ["nonsense", ":", "x:y", f"{'z' * 36}:1", f"{other.uid}:²"]
    response = client.post(reverse("casework:batch"), {"step": "agree", "note": "情况属实", "case": chosen})
    assert response.status_code == 200
    assert sorted(Case.objects.values_list("state", flat=True)) == ["street_review"] * 3
    assert {step.note for step in first.steps.filter(transition="agree")} == {"情况属实"}


def test_only_steps_meant_for_it_are_taken_at_once(client, world):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.officer)
    response = client.post(
        reverse("casework:batch"), {"step": "not_accept", "note": "试", "case": [f"{case.uid}:{case.version}"]}
    )
    assert response.status_code == 200
    assert [len(row["errors"]) for row in response.context["results"]] == [1]
    case.refresh_from_db()
    assert case.state == "street_review"


@pytest.mark.parametrize("name", ["", "done/", "mine/", "copies/", "drafts/", "places/"])
def test_lists_take_the_same_queries_for_one_and_three(client, world, name):
    """At most one more: what a policy says is held for a second only."""
    officers = {"": world.clerk, "done/": world.clerk, "copies/": world.leader, "places/": world.leader}
    user = officers.get(name, world.applicant)
    state = "draft" if name == "drafts/" else "committee_check" if name != "done/" else "street_review"
    client.force_login(user)

    def ask():
        with CaptureQueriesContext(connection) as asked:
            response = client.get(f"/cases/{name}")
        return len(response.context["rows"]), len(asked)

    def make(subject):
        case = cases.make_filing(world, state, values={"name": f"六联社区舞蹈{subject}"}).case
        case.copies.create(user=world.leader)

    make("一队")
    ask()
    rows, one = ask()
    assert rows == 1
    for subject in ("二队", "三队"):
        make(subject)
    rows, three = ask()
    assert rows == 3
    assert three <= one + 1


def test_a_copy_goes_with_a_step_to_who_may_see_the_case(client, world):
    """Unread until it is looked at; never to somebody who may not see it."""
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.officer)
    assert post(client, case, "refuse", copy=[world.leader.pk]).status_code == 403
    copied = [world.leader.pk, world.outsider.pk, world.applicant.pk, "x"]
    assert post(client, case, "propose", copy=copied).status_code == 302
    assert [copy.user for copy in case.copies.all()] == [world.leader]
    assert world.leader.notices.filter(code="copied").exists()
    client.force_login(world.leader)
    listed = client.get("/cases/copies/").context
    assert [row["unread"] for row in listed["rows"]] == [True]
    assert {tab["name"]: tab["count"] for tab in listed["tabs"]}["copies"] == 1
    assert [copy.user for copy in page(client, case).context["copies"]] == [world.leader]
    listed = client.get("/cases/copies/").context
    assert [row["unread"] for row in listed["rows"]] == [False]
    assert {tab["name"]: tab["count"] for tab in listed["tabs"]}["copies"] == 0


def test_enter_in_a_text_box_takes_no_step(client, world):
    case = cases.make_filing(world, "committee_check").case
    client.force_login(world.clerk)
    for address, target in (
        (reverse("casework:case", args=[case.uid]), reverse("casework:step", args=[case.uid])),
        (reverse("casework:cases"), reverse("casework:batch")),
    ):
        text = client.get(address).content.decode()
        form = text[text.index(f'action="{target}"') :]
        assert form[form.index("<button") :].startswith('<button type="submit" disabled hidden>')


def test_a_claim_that_ran_out_and_a_paper_being_checked_are_shown_as_such(client, world):
    case = cases.make_filing(world, "street_review").case
    claim(case=case, by=world.officer)
    client.force_login(world.leader)
    assert page(client, case).context["row"]["handler"] == world.officer
    Case.objects.update(handler_until=timezone.now() - timedelta(minutes=1))
    case.attachments.update(scan="waiting")
    response = page(client, case)
    assert response.context["row"]["handler"] is None
    assert client.get("/cases/places/").context["rows"][0]["handler"] is None
    assert "<iframe" not in response.content.decode()


def test_parties_are_sent_to_their_own_page(client, world):
    case = cases.make_filing(world, "filed").case
    client.force_login(world.applicant)
    assert page(client, case).url == reverse("apply:case", args=[case.uid])
    notice = world.applicant.notices.filter(code="approved").get()
    assert client.get(reverse("casework:notice", args=[notice.pk])).url == reverse("apply:case", args=[case.uid])


def test_filters(client, world):
    case = cases.make_filing(world, "committee_check").case
    client.force_login(world.clerk)
    found = {"q": "晨光", "kind": "filing"}
    assert "晨光合唱队" in client.get("/cases/", found).content.decode()
    assert "晨光合唱队" in client.get("/cases/", {"q": case.number}).content.decode()
    for nothing in ({"q": "太极"}, {"kind": "cancel"}, {"light": "red"}):
        assert "晨光合唱队" not in client.get("/cases/", nothing).content.decode()
    assert client.get("/cases/", {"kind": "x", "light": "\x01", "page": "-3"}).status_code == 200


def test_a_remark_stands_in_the_history_and_not_on_the_applicants_page(client, world):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.officer)
    address = reverse("casework:handle", args=[case.uid, "remark"])
    told = client.post(address, {"note": "到场看过，活动室属实"}, follow=True)
    assert "到场看过" in told.content.decode()
    client.post(address, {"note": ""})
    assert case.steps.filter(transition="internal_remark").count() == 1
    client.force_login(world.applicant)
    own = reverse("apply:my_case", args=[case.uid])
    assert "到场看过" not in client.get(own).content.decode()
    for stale in ({"step": "withdraw"}, {"step": "submit", "version": case.version}):
        assert client.post(reverse("casework:step", args=[case.uid]), stale)["Location"] == flow_of(case).url(case)


@pytest.mark.parametrize("verb", ["claim", "release", "urge"])
def test_handling_verbs(client, world, verb):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.applicant if verb == "urge" else world.officer)
    response = client.post(reverse("casework:handle", args=[case.uid, verb]))
    assert response.status_code == 302
    case.refresh_from_db()
    assert (case.handler == world.officer) == (verb == "claim")


def test_a_leader_gives_a_case_to_a_colleague(client, world):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.leader)
    url = reverse("casework:handle", args=[case.uid, "reassign"])
    refused = client.post(url, {"to": world.outsider.pk, "note": "专人负责"})
    assert (refused.status_code, refused.context["typed"]["note"]) == (422, "专人负责")
    assert 'value="专人负责"' in refused.content.decode()
    case.refresh_from_db()
    assert case.handler is None
    client.post(url, {"to": world.officer.pk, "note": "专人负责"})
    case.refresh_from_db()
    assert case.handler == world.officer
    client.force_login(world.officer)
    assert client.post(url, {"to": world.officer.pk, "note": "给自己"}).status_code == 403


def test_old_and_new_stand_side_by_side(client, world):
    case = cases.make_filing(world, "street_decision", kind="change").case
    client.force_login(world.leader)
    text = page(client, case).content.decode()
    fact = text[text.index('id="fact-name"') : text.index('id="fact-place"')]
    assert "六联社区木兰拳队</del>" in fact
    assert "六联社区木兰艺术团</ins>" in fact


def test_papers_are_shown_in_place_and_only_these_pages_frame(client, world):
    case = cases.make_filing(world, "street_review").case
    client.force_login(world.officer)
    response = page(client, case)
    address = reverse("casework:file", args=[case.uid, case.attachments.get(slot="charter").uid])
    text = response.content.decode()
    assert f'<iframe loading="lazy" src="{address}"' in text
    assert f"{address}?download=1" in text
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert "frame-src" not in client.get(reverse("casework:cases"))["Content-Security-Policy"]
    client.force_login(world.applicant)
    own = client.get(reverse("apply:my_case", args=[case.uid]))
    assert f'<iframe loading="lazy" src="{address}"' in own.content.decode()
    assert "frame-src 'self'" in own["Content-Security-Policy"]


def test_a_paper_with_personal_data_opens_by_a_click_only(client, world):
    case = cases.make_filing(world, "street_review").case
    paper = cases.hand_in(case, "leader_id", by=world.applicant, name="身份证.pdf")
    paper.personal = True
    paper.save()
    address = reverse("casework:file", args=[case.uid, paper.uid])
    client.force_login(world.officer)
    text = page(client, case).content.decode()
    assert f'href="{address}"' in text
    assert f'src="{address}"' not in text


# --- an obvious typo -------------------------------------------------------------------------------------------------


def test_an_officer_puts_a_typo_right_and_the_applicant_reads_it(client, world):
    case = Case.objects.get(pk=cases.make_filing(world, "street_review").case.pk)
    before, address = case.filing.data["purpose"], reverse("apply:put_right", args=[case.uid])

    def send(user, **given):
        client.force_login(user)
        body = {"version": case.version, "key": "purpose", "text": "组织居民排练合唱，每周两次。", "reason": "笔误"}
        status = client.post(address, body | given).status_code
        case.filing.refresh_from_db()
        return status, case.filing.data["purpose"]

    assert send(world.applicant) == (403, before)
    assert send(world.leader) == (403, before)
    wrong = ({"reason": ""}, {"text": ""}, {"text": before}, {"key": "name"}, {"key": "leader"}, {"version": 1})
    for given in wrong:
        assert send(world.officer, **given) == (302, before), given
    page = client.get(reverse("casework:case", args=[case.uid])).content.decode()
    assert f'action="{address}"' in page
    assert send(world.officer) == (302, "组织居民排练合唱，每周两次。")
    step = case.steps.get(transition="put_right")
    assert (step.data["before"], step.data["after"]) == (before, "组织居民排练合唱，每周两次。")
    assert "笔误" in world.applicant.notices.get(code="put_right").params["note"]
    client.force_login(world.applicant)
    assert "笔误" in client.get(reverse("apply:my_case", args=[case.uid])).content.decode()
    assert send(world.officer, text="别的内容") == (302, "组织居民排练合唱，每周两次。")


@pytest.mark.parametrize("kind", ["sample", "revoke", "dormancy"])
def test_what_the_authority_wrote_is_no_application_and_no_typo(world, kind):
    case = cases.make_draft(world, kind).case
    _address, texts = flow_of(case).typos(case)
    assert texts == {}


def test_a_list_is_a_ledger_too_and_counts_the_days_of_the_offices(client, world):
    case = cases.make_filing(world, "returned").case
    with time_machine.travel(timezone.now() + timedelta(days=14)):
        corrections.answer_item(item=case.items.get(), by=world.applicant, answer="已经核对")
        perform(case, "submit", by=world.applicant)
    address = reverse("registry:ledger", args=["todo"])
    with time_machine.travel(timezone.now() + timedelta(days=21)):
        client.force_login(world.clerk)
        claim(case=case, by=world.clerk)
        answers = [client.get(address), client.get(address, {"q": "没有这一件"})]
    _head, row = load_workbook(BytesIO(answers[0].content)).active.iter_rows(values_only=True)
    assert (row[0], row[2], row[8], row[11]) == (case.number, case.title, 5, "六联社区居民委员会")
    assert row[12] == str(world.clerk)
    with time_machine.travel(timezone.now() + timedelta(days=22)):
        client.force_login(world.clerk)
        let_go = client.get(address).content
    assert list(load_workbook(BytesIO(let_go)).active.values)[1][12] is None, "a claim runs out"
    assert load_workbook(BytesIO(answers[1].content)).active.max_row == 1
    assert client.get(reverse("registry:ledger", args=["elsewhere"])).status_code == 404
    draft = cases.make_draft(world).case
    client.force_login(world.applicant)
    sheet = client.get(reverse("registry:ledger", args=["drafts"])).content
    _head, row = load_workbook(BytesIO(sheet)).active.iter_rows(values_only=True)
    assert (row[2], row[8]) == (draft.title, None), "no office has used a day yet"
