import json
import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from casework import attachments, channels, deadlines, workdays
from casework.models import AuditEvent, Notice, Objection, OutboxMessage, Publicity
from casework.services import publicity
from casework.workflow import perform
from tests import builders, cases, worlds
from tests.casework.uploads import word

pytestmark = pytest.mark.django_db
State = Publicity.State
SHANGHAI = ZoneInfo("Asia/Shanghai")
PHONE, ID = "13812345678", "11010519491231002X"
OBJECTION = {"name": "赵志刚", "contact": "13900001111", "text": "负责人并不住在本社区，请核实。"}


def noticed():
    """Where a committee publishes what is filed, and a filing before that step."""
    people = worlds.with_people()
    cases.make_policy("filing.community_notice", True)
    people.case = cases.make_filing(people, "committee_check").case
    return people


made_world, world = worlds.shared(noticed)


@pytest.fixture
def checked(world):
    return world.case


@pytest.fixture
def posted(world):
    return agree(world.case, world)


def agree(case, world):
    return perform(case, "agree", by=world.clerk, note="同意")


def given(case, **changes):
    row = publicity.draft_of(case)
    fields = {"title": row.title, "body": row.body, "contact": "", "papers": [], "looked": [], "version": row.version}
    return {**fields, **changes}


def after(row, days=1):
    """One in the morning, so many days after the notice's last day."""
    return time_machine.travel(datetime.combine(row.ends, time(1), tzinfo=SHANGHAI) + timedelta(days=days))


def handed(case, name, data, slot="charter"):
    """A paper handed in before the case was: tests skip the applicant's page."""
    case.office, office = "party", case.office
    case.save(update_fields=["office"])
    paper = attachments.store(case=case, slot=slot, upload=SimpleUploadedFile(name, data), by="system")
    case.office = office
    case.save(update_fields=["office"])
    return paper


# --- drafted from the case -------------------------------------------------------------------------------------------


def test_a_draft_says_the_public_facts_and_no_number(checked):
    row = publicity.draft_of(checked)
    assert "六联社区晨光合唱队" in row.title
    assert "林*" in row.body
    assert "林秀英" not in row.body
    assert not re.search(r"\d{7}|\*", row.body.replace("林*", ""))
    assert row.pk is None


def test_what_an_officer_writes_is_kept_until_it_is_published(checked, world):
    publicity.edit_draft(
        case=checked, by=world.clerk, **given(checked, title="公示：晨光合唱队备案", contact="居委会二楼")
    )
    assert not publicity.verify(publicity.draft_of(checked)), "nobody was shown it yet"
    case = agree(checked, world)
    row = publicity.current(case)
    assert (row.title, row.contact, row.state) == ("公示：晨光合唱队备案", "居委会二楼", State.OPEN)


def test_only_the_office_edits_and_nobody_over_anothers_words(checked, world):
    for outsider in (world.officer, world.applicant, world.outsider):
        with pytest.raises(PermissionDenied):
            publicity.edit_draft(case=checked, by=outsider, **given(checked))
    stale = given(checked)
    publicity.edit_draft(case=checked, by=world.clerk, **stale)
    with pytest.raises(ValidationError) as refused:
        publicity.edit_draft(case=checked, by=world.clerk, **stale)
    assert refused.value.code == "stale"


def test_papers_are_the_cases_own_and_not_personal(checked, world):
    paper = handed(checked, "章程.docx", word("本队章程"))
    row = publicity.edit_draft(case=checked, by=world.clerk, **given(checked, papers=[str(paper.uid)]))
    assert list(row.papers.all()) == [paper]
    paper.personal = True
    paper.save()
    with pytest.raises(ValidationError):
        publicity.edit_draft(case=checked, by=world.clerk, **given(checked, papers=[str(paper.uid)]))


# --- nothing personal goes out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [PHONE, ID, "6222021234567890128", "１３８ 1234 5678", "一三八一二三四五六七八"])
@pytest.mark.parametrize("field", ["title", "body", "contact"])
def test_no_personal_number_is_published(checked, world, field, number):
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked, **{field: f"联系 {number} 。"}))
    with pytest.raises(ValidationError) as refused:
        agree(checked, world)
    assert number not in " ".join(refused.value.messages)
    checked.refresh_from_db()
    assert checked.state == "committee_check"
    assert not Publicity.objects.shown().exists()


def test_the_offices_own_line_may_stand(checked, world):
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked, contact="居委会，电话 0755-84123456"))
    assert publicity.current(agree(checked, world)).state == State.OPEN


def test_papers_are_searched_too(checked, world):
    paper = handed(checked, "成员名单.docx", word(f"林秀英 {ID}"))
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked, papers=[str(paper.uid)]))
    with pytest.raises(ValidationError, match="成员名单"):
        agree(checked, world)


def test_a_paper_removed_after_it_was_chosen_is_not_published(checked, world):
    paper = handed(checked, "章程.docx", word("章程"))
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked, papers=[str(paper.uid)]))
    paper.removed_at = timezone.now()
    paper.save()
    with pytest.raises(ValidationError, match="章程"):
        agree(checked, world)


def test_a_paper_is_read_once_however_often_it_is_looked_at(checked, world):
    paper = handed(checked, "章程.docx", word("章程"))
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked, papers=[str(paper.uid)]))
    before = publicity.scan_of.cache_info().misses
    for _look in range(3):
        assert publicity.exposed(publicity.draft_of(checked)) == []
    assert publicity.scan_of.cache_info().misses == before + 1


@pytest.mark.parametrize(("name", "start"), [("活动照片.png", b"\x89PNG\r\n\x1a\n"), ("活动照片.pdf", b"%PDF-1.4")])
def test_what_cannot_be_read_is_published_once_somebody_looked_through_it(checked, world, name, start):
    paper = handed(checked, name, start + b"0" * 64)
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked, papers=[str(paper.uid)]))
    with pytest.raises(ValidationError, match="活动照片"):
        agree(checked, world)
    uid = str(paper.uid)
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked, papers=[uid], looked=[uid]))
    assert paper.name in publicity.current(agree(checked, world)).html


# --- its window ------------------------------------------------------------------------------------------------------


def test_it_is_open_for_working_days_from_policy_and_the_case_is_due_then(checked, world):
    cases.make_policy("publicity.workdays", 7)
    case = agree(checked, world)
    row = publicity.current(case)
    assert row.days == 7
    assert (row.starts, row.ends) == (timezone.localdate(), workdays.add(timezone.localdate(), 7).date)
    assert case.due == row.ends
    assert Notice.objects.filter(
        user=world.applicant, code="publicity_started", params__due=row.ends.isoformat()
    ).exists()


def test_the_next_step_waits_for_the_end_of_the_last_day(posted):
    row = publicity.current(posted)
    for days in (-row.days, 0):
        with after(row, days), pytest.raises(ValidationError):
            perform(posted, "end_notice", by="system")
    with after(row):
        assert deadlines.run()["moved"] == 1
    posted.refresh_from_db()
    row.refresh_from_db()
    assert (posted.state, row.state) == ("street_review", State.CLOSED)


def test_nobody_ends_it_by_hand(posted, world):
    for person in (world.clerk, world.officer, world.head, world.applicant):
        with after(publicity.current(posted)), pytest.raises(PermissionDenied):
            perform(posted, "end_notice", by=person)


def test_what_was_shown_is_kept_and_any_change_is_found(posted):
    row = publicity.current(posted)
    assert publicity.verify(row)
    with after(row):
        perform(posted, "end_notice", by="system")
    row.refresh_from_db()
    assert publicity.verify(row)
    event = AuditEvent.objects.about(row).get(action="publicity.close")
    assert event.after == {"sha256": row.sha256, "upheld": 0, "refused": 0}
    row.html = row.html.replace("合唱队", "舞蹈队")
    assert not publicity.verify(row)
    row.sha256 = publicity.hash_of(row.html)
    assert not publicity.verify(row)


def test_withdrawing_takes_it_down(posted, world, client):
    row = publicity.current(posted)
    perform(posted, "withdraw", by=world.applicant, note="不办了")
    row.refresh_from_db()
    assert row.state == State.STOPPED
    assert client.get(reverse("casework:public_notice", args=[row.uid])).status_code == 404


def test_withdrawing_throws_a_draft_away(checked, world):
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked))
    perform(checked, "withdraw", by=world.applicant, note="不办了")
    assert not Publicity.objects.exists()


def test_a_second_notice_follows_a_case_sent_back(posted, world):
    with after(publicity.current(posted)):
        case = perform(posted, "end_notice", by="system")
        case = perform(case, "send_back", by=world.officer, note="请再核实场地")
        agree(case, world)
    assert sorted(case.publicities.values_list("state", flat=True)) == ["closed", "open"]


def test_without_the_policy_nothing_is_posted(world):
    make = cases.make_policy("filing.community_notice", False, world.community)
    case = cases.make_filing(world, "street_review").case
    assert make.value is False
    assert not case.publicities.exists()
    with pytest.raises(ValidationError):
        publicity.require_publicity_over(case, "system", {})
    assert publicity.checks(case) == []


# --- objections ------------------------------------------------------------------------------------------------------


@pytest.fixture
def objection(posted):
    return publicity.raise_objection(publicity=publicity.current(posted), **OBJECTION)


def test_an_objection_is_sealed_told_and_holds_the_case(posted, objection, world):
    assert "赵志刚" not in objection.name_sealed + objection.contact_sealed
    assert publicity.person_of(objection) == ("赵志刚", "13900001111")
    told = set(Notice.objects.filter(code="objection").values_list("user__username", flat=True))
    assert {world.clerk.username, world.officer.username} <= told
    assert world.outsider.username not in told
    with after(publicity.current(posted)), pytest.raises(ValidationError):
        perform(posted, "end_notice", by="system")


@pytest.mark.parametrize("upheld", [True, False])
def test_an_answered_objection_lets_it_go_on_and_the_next_office_knows(posted, objection, world, upheld):
    publicity.answer_objection(objection=objection, upheld=upheld, text="已上门核实", by=world.officer)
    assert channels.tick() >= 1
    assert "已上门核实" in OutboxMessage.objects.get(phone="13900001111").text
    with after(publicity.current(posted)):
        case = perform(posted, "end_notice", by="system")
    line = publicity.checks(case)[0]
    assert line.ok is not upheld
    assert ("已上门核实" in line.detail) == upheld
    event = AuditEvent.objects.about(objection.publicity).get(action="publicity.answer")
    assert "13900001111" not in json.dumps([event.after, event.note])


def test_an_answer_comes_once_with_reasons_and_from_those_who_may(objection, world):
    for person in (world.applicant, world.outsider, world.second_clerk):
        with pytest.raises(PermissionDenied):
            publicity.answer_objection(objection=objection, upheld=False, text="已核实", by=person)
        with pytest.raises(PermissionDenied):
            publicity.reveal_contact(objection=objection, by=person)
    with pytest.raises(ValidationError):
        publicity.answer_objection(objection=objection, upheld=False, text=" ", by=world.officer)
    publicity.answer_objection(objection=objection, upheld=False, text="已核实", by=world.officer)
    with pytest.raises(ValidationError):
        publicity.answer_objection(objection=objection, upheld=True, text="又核实", by=world.clerk)


def test_an_address_gets_no_short_message(posted, world):
    row = publicity.current(posted)
    one = publicity.raise_objection(publicity=row, name="赵志刚", contact="六联路3号201", text="请核实负责人情况")
    publicity.answer_objection(objection=one, upheld=False, text="已核实", by=world.clerk)
    channels.tick()
    assert not OutboxMessage.objects.exclude(phone=cases.LEADER["phone"]).exists()


def test_objections_are_taken_until_the_end_of_the_last_day(posted):
    row = publicity.current(posted)
    with after(row, 0):
        publicity.raise_objection(publicity=row, **OBJECTION)
    with after(row), pytest.raises(ValidationError):
        publicity.raise_objection(publicity=row, **OBJECTION)


def test_the_contact_is_shown_on_record_only(objection, world):
    assert publicity.shown_contact(objection) == "139****1111"
    with transaction.atomic():
        assert publicity.reveal_contact(objection=objection, by=world.officer) == "13900001111"
    assert AuditEvent.objects.about(objection.publicity).filter(action="reveal", actor=world.officer.username).exists()


# --- pages -----------------------------------------------------------------------------------------------------------


def test_everybody_reads_it_and_objects_by_name(client, posted):
    row = publicity.current(posted)
    assert row.title in client.get(reverse("casework:public_notices")).content.decode()
    address = reverse("casework:public_notice", args=[row.uid])
    page = client.get(address).content.decode()
    assert row.html in page
    assert not re.search(r"1[3-9]\d{9}|\d{17}[\dXx]", re.sub(r"[0-9a-f]{32,}", "", page))
    assert client.post(address, {**OBJECTION, "name": ""}).status_code == 422
    assert not Objection.objects.exists()
    taken = client.post(address, OBJECTION, follow=True)
    assert taken.context["objection"] == Objection.objects.get()
    assert "赵志刚" not in taken.content.decode()


def test_one_network_may_not_flood_the_office(client, posted):
    address = reverse("casework:public_notice", args=[publicity.current(posted).uid])
    answers = [client.post(address, OBJECTION).status_code for _number in range(6)]
    assert answers == [302] * 5 + [429]


def test_after_its_end_it_is_read_as_it_was_and_then_gone(client, posted):
    row = publicity.current(posted)
    address = reverse("casework:public_notice", args=[row.uid])
    with after(row):
        perform(posted, "end_notice", by="system")
        page = client.get(address).content.decode()
        assert row.html in page
        assert row.sha256 in page
        assert "<textarea" not in page
        assert client.post(address, OBJECTION).status_code == 422
        assert row.title not in client.get(reverse("casework:public_notices")).content.decode()
        assert row.title in client.get(reverse("casework:public_notices"), {"show": "over"}).content.decode()
    with after(row, 40):
        assert client.get(address).status_code == 404


def test_a_draft_is_nobodys_to_read(client, checked, world):
    row = publicity.edit_draft(case=checked, by=world.clerk, **given(checked))
    assert client.get(reverse("casework:public_notice", args=[row.uid])).status_code == 404


def test_a_published_paper_opens_for_everybody_and_no_other(client, checked, world):
    data = word("本队章程")
    paper, other = handed(checked, "章程.docx", data), handed(checked, "场地.docx", word("场地证明"), "venue")
    publicity.edit_draft(case=checked, by=world.clerk, **given(checked, papers=[str(paper.uid)]))
    row = publicity.current(agree(checked, world))
    response = client.get(reverse("casework:public_notice_file", args=[row.uid, paper.uid]))
    assert b"".join(response.streaming_content) == data
    assert client.get(reverse("casework:public_notice_file", args=[row.uid, other.uid])).status_code == 404


def test_the_clerk_writes_the_draft_and_sees_what_must_not_stand(client, checked, world):
    client.force_login(world.clerk)
    address = reverse("casework:publicity", args=[checked.uid])
    assert address in client.get(reverse("casework:case", args=[checked.uid])).content.decode()
    page = client.get(address)
    form = page.context["form"].initial
    assert page.context["exposed"] == []
    assert not Publicity.objects.exists()
    assert client.post(address, {**form, "papers": [], "looked": [], "body": f"电话 {PHONE}"}).status_code == 302
    assert client.get(address).context["exposed"]
    assert client.post(address, {**form, "papers": [], "looked": [], "title": ""}).status_code == 422
    assert client.post(address, {**form, "papers": [], "looked": [], "version": 1}).status_code == 422


def test_who_may_not_publish_sees_no_draft_and_no_objections(client, posted, objection, world):
    checked = cases.make_filing(world, "committee_check").case
    address = reverse("casework:publicity", args=[checked.uid])
    for person in (world.officer, world.applicant, world.outsider):
        client.force_login(person)
        assert client.get(address).status_code == 404
    client.force_login(world.officer)
    assert client.post(address, given(checked)).status_code == 403
    assert client.get(reverse("casework:publicity", args=[posted.uid])).status_code == 200
    client.force_login(builders.make_user("viewer", world.street, perms=["casework.view_case"]))
    assert client.get(reverse("casework:publicity", args=[posted.uid])).context["objections"] == []


def test_officers_answer_on_the_page_of_the_case(client, posted, objection, world):
    client.force_login(world.officer)
    address = reverse("casework:publicity", args=[posted.uid])
    page = client.get(address).content.decode()
    assert "139****1111" in page
    assert "13900001111" not in page
    shown = client.post(reverse("casework:objection_contact", args=[posted.uid, objection.uid]))
    assert "13900001111" in shown.content.decode()
    answer, prefix = reverse("casework:objection_answer", args=[posted.uid, objection.uid]), f"o{objection.pk}"
    assert client.post(answer, {f"{prefix}-upheld": "no"}).status_code == 422
    sent = {f"{prefix}-upheld": "no", f"{prefix}-text": "已上门核实"}
    assert client.post(answer, sent).url == address
    assert client.post(answer, sent).url == address
    assert "已上门核实" in client.get(address).content.decode()
    objection.refresh_from_db()
    assert (objection.state, objection.answered_by) == (Objection.State.REFUSED, world.officer)


def test_the_applicant_never_learns_who_objected(client, posted, objection, world):
    client.force_login(world.applicant)
    for name, args in (
        ("publicity", []),
        ("objection_answer", [objection.uid]),
        ("objection_contact", [objection.uid]),
    ):
        call = client.get if name == "publicity" else client.post
        assert call(reverse(f"casework:{name}", args=[posted.uid, *args])).status_code == 404
