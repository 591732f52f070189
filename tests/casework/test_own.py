from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Assignment, User
from casework.models import AuditEvent, Notice
from casework.services import handling, inbox, saved
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def officer(client, world):
    client.force_login(world.officer)
    client.cookies["django_language"] = "en"
    return world.officer


def post(client, name, data=None, *args):
    return client.post(reverse(f"casework:{name}", args=args), data or {})


def test_the_menu_counts_what_waits(client, world, officer):
    for name in ("一队", "二队"):
        cases.make_filing(world, "street_review", values={"name": f"六联社区舞蹈{name}"})
    cases.make_filing(world, "committee_check", values={"name": "六联社区舞蹈三队"})
    [entry] = [row for row in client.get("/cases/").context["menu"] if row["url"] == "/cases/"]
    assert entry["count"] == 2
    assert "2 cases wait for you" in client.get("/").content.decode()


def test_who_holds_no_office_is_counted_nothing_without_a_query(client, world, django_assert_num_queries):
    reader = builders.make_user("viewer", world.street)
    reader.paths()
    with django_assert_num_queries(0):
        assert inbox.waiting(reader) == 0


def test_a_filter_is_kept_opened_and_removed(client, world, officer):
    cases.make_filing(world, "street_review")
    kept = post(client, "filter_save", {"name": "合唱", "queue": "todo", "q": "晨光", "kind": "filing", "light": "x"})
    assert kept.status_code == 302
    row = officer.saved_filters.get()
    assert (row.name, row.query) == ("合唱", "q=%E6%99%A8%E5%85%89&kind=filing")
    assert "合唱" in client.get("/cases/").content.decode()
    assert "晨光合唱队" in client.get(f"/cases/?{row.query}").content.decode()
    post(client, "filter_save", {"name": " 合唱 ", "queue": "todo", "q": "书画"})
    assert officer.saved_filters.get().query == "q=%E4%B9%A6%E7%94%BB"
    assert post(client, "filter_save", {"name": "x", "queue": "nonsense"}).status_code == 404
    post(client, "filter_save", {"name": "空", "queue": "todo"})
    client.force_login(world.leader)
    assert post(client, "filter_remove", None, row.pk).status_code == 404
    client.force_login(officer)
    assert post(client, "filter_remove", None, row.pk).status_code == 302
    assert not officer.saved_filters.exists()


def test_phrases_of_ones_own(client, world, officer):
    case = cases.make_filing(world, "street_review").case
    for text in ("经核，材料齐全。", "经核，材料齐全。", "   "):
        post(client, "phrases", {"text": text})
    phrase = officer.phrases.get()
    assert phrase.text in client.get(reverse("casework:case", args=[case.uid])).content.decode()
    assert phrase.text in client.get(reverse("casework:phrases")).content.decode()
    client.force_login(world.leader)
    assert post(client, "phrase_remove", None, phrase.pk).status_code == 404
    client.force_login(officer)
    post(client, "phrase_remove", None, phrase.pk)
    assert not officer.phrases.exists()


def test_nobody_keeps_more_than_the_limit(client, world, officer):
    for number in range(saved.MOST):
        saved.add_phrase(text=f"第{number}句", by=officer)
        saved.save_filter(name=f"第{number}个", queue="todo", query="q=1", by=officer)
    post(client, "phrases", {"text": "再来一句"})
    post(client, "filter_save", {"name": "再来一个", "queue": "todo", "q": "2"})
    assert (officer.phrases.count(), officer.saved_filters.count()) == (saved.MOST, saved.MOST)
    saved.add_phrase(text="第0句", by=officer)


def absence(world, **more):
    today = timezone.localdate()
    given = {"substitute": world.leader.pk, "starts": today, "ends": today + timedelta(days=5), "note": "休假"}
    return given | more


def test_a_substitute_is_entered_listed_and_ended_early(client, world, officer):
    assert post(client, "absence", absence(world)).status_code == 302
    [lent] = officer.substitutes.all()
    assert (lent.user, lent.role.name) == (world.leader, "street_officer")
    assert [line["row"] for line in client.get("/absence/").context["lent"]] == [lent]
    client.force_login(world.leader)
    assert Notice.objects.get(user=world.leader).params["note"] == str(officer)
    assert str(officer) in client.get("/notices/").content.decode()
    assert [line["row"] for line in client.get("/absence/").context["held"]] == [lent]
    assert post(client, "absence_end", None, lent.pk).status_code == 404
    client.force_login(officer)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        client.force_login(officer)
        assert post(client, "absence_end", None, lent.pk).status_code == 302
        assert not User.objects.get(pk=world.leader.pk).has_perm("registry.review_filing", world.street)
    assert AuditEvent.objects.filter(action="end_stand_in").count() == 1
    lent.refresh_from_db()
    assert lent.ends == timezone.localdate() + timedelta(days=2)


def test_an_absence_that_has_not_begun_is_taken_back(client, world, officer):
    later = timezone.localdate() + timedelta(days=3)
    post(client, "absence", absence(world, starts=later, ends=later + timedelta(days=2)))
    post(client, "absence_end", None, officer.substitutes.get().pk)
    assert not officer.substitutes.exists()


@pytest.mark.parametrize("wrong", ["substitute", "ends", "absent"])
def test_what_cannot_be_arranged_is_said(client, world, officer, wrong):
    today = timezone.localdate()
    given = {
        "substitute": {"substitute": world.outsider.pk},
        "ends": {"ends": today},
        "absent": {"absent": world.outsider.username},
    }[wrong]
    if wrong == "absent":
        client.force_login(world.head)
        given["substitute"] = world.bureau.pk
        given["absent"] = "nobody-of-this-name"
    shown = post(client, "absence", absence(world, **given))
    assert shown.status_code == 422
    assert wrong in shown.context["form"].errors
    assert not Assignment.objects.filter(absent__isnull=False).exists()


def test_whoever_grants_roles_arranges_for_somebody_ill(client, world):
    client.force_login(world.head)
    given = absence(world, substitute=world.bureau.pk, absent=world.officer.username)
    assert post(client, "absence", given).status_code == 302
    assert world.officer.substitutes.get().user == world.bureau
    with pytest.raises(PermissionDenied):
        handling.end_stand_in(absent=world.officer, substitute=world.bureau, by=world.clerk)
    assert handling.end_stand_in(absent=world.officer, substitute=world.bureau, by=world.head) == 1


def test_everything_in_hand_goes_to_a_colleague(client, world, officer):
    case = cases.make_filing(world, "street_review").case
    colleague = builders.make_user("street_officer", world.street)
    handling.claim(case=case, by=officer)
    assert case.title in client.get("/handover/").content.decode()
    sheet = PdfReader(BytesIO(client.get("/handover/", {"format": "pdf"}).content)).pages[0].extract_text()
    assert case.title in "".join(sheet.split())
    assert post(client, "handover", {"to": colleague.pk, "note": ""}).status_code == 422
    assert post(client, "handover", {"to": world.outsider.pk, "note": "调岗"}).status_code == 422
    assert post(client, "handover", {"to": colleague.pk, "note": "调岗"}).status_code == 302
    case.refresh_from_db()
    assert case.handler == colleague


def test_a_supervisor_hands_over_for_somebody_who_left(client, world):
    case = cases.make_filing(world, "street_review").case
    handling.claim(case=case, by=world.officer)
    client.force_login(world.leader)
    data = {"to": "", "note": "已离职", "leaving": world.officer.username}
    assert post(client, "handover", data).status_code == 302
    case.refresh_from_db()
    assert case.handler is None
    client.force_login(world.officer)
    assert "leaving" not in client.get("/handover/").context["form"].fields


def test_what_somebody_gone_still_files_for_others_is_handed_over_too(client, world):
    agent = builders.make_user("clerk", world.community)
    case = cases.make_filing(world, "returned", by=agent, applicant="林秀英").case
    agent.assignments.update(ends=timezone.localdate())
    client.force_login(world.leader)
    data = {"to": "", "note": "已调离", "leaving": agent.username}
    assert post(client, "handover", data).status_code == 422
    assert post(client, "handover", {**data, "to": world.officer.pk}).status_code == 302
    assert case.parties.get(role="agent").user == world.officer


def test_a_picture_is_looked_at_on_the_page_and_personal_papers_are_not(client, world, officer):
    case = cases.make_filing(world, "street_review").case
    for name, kind, personal in (
        ("场地.jpg", "jpeg", False),
        ("活动.webp", "webp", False),
        ("身份证.jpg", "jpeg", True),
    ):
        paper = cases.hand_in(case, name, by=world.applicant, name=name)
        paper.kind, paper.personal = f"image/{kind}", personal
        paper.save()
    text = client.get(reverse("casework:case", args=[case.uid])).content.decode()
    assert text.count("<img loading") == 2
    assert 'alt="场地.jpg"' in text
    assert 'alt="活动.webp"' in text
