"""What comes after a notice went out: its end moves with the calendar, whoever objected reads the answer by a code."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from casework import deadlines, workdays
from casework.models import AuditEvent, CalendarDay, Objection
from casework.services import calendar, publicity
from casework.short_codes import new_code, spelled
from casework.workflow import perform
from tests import cases, worlds

pytestmark = pytest.mark.django_db
# Thursday: five working days run to the 7th of January while the next year is not announced.
POSTED = "2026-12-31 10:00+08:00"
TOLD, MOVED = date(2027, 1, 7), date(2027, 1, 8)


def noticed():
    people = worlds.with_people()
    cases.make_policy("filing.community_notice", True)
    return people


made_world, world = worlds.shared(noticed)


@pytest.fixture
def posted(world):
    case = cases.make_filing(world, "committee_check").case
    return perform(case, "agree", by=world.clerk, note="同意")


# --- the end of a notice in a year nobody has announced --------------------------------------------------------------


@pytest.fixture
def over_new_year(world):
    """A notice that runs into 2027, whose calendar is not known yet."""
    CalendarDay.objects.all().delete()
    calendar.load_years([2026], by="test")
    workdays.forget()
    case = cases.make_filing(world, "committee_check").case
    with time_machine.travel(POSTED, tick=False):
        yield perform(case, "agree", by=world.clerk, note="同意")


def announce_2027(*holidays):
    CalendarDay.objects.bulk_create(
        CalendarDay(date=day, working=day.weekday() < 5 and day not in holidays) for day in calendar.days_of(2027)
    )
    workdays.forget()


def test_an_end_in_an_unknown_year_is_provisional_and_everybody_sees_it(over_new_year, client):
    row = publicity.current(over_new_year)
    assert (row.ends, row.provisional) == (TOLD, True)
    assert (over_new_year.due, over_new_year.due_provisional) == (TOLD, True)
    page = client.get(reverse("casework:public_notice", args=[row.uid])).content.decode()
    assert "<strong>" in row.html
    assert row.html in page
    assert deadlines.recompute() == 0


def test_it_moves_when_the_calendar_is_there(over_new_year):
    before = publicity.current(over_new_year)
    announce_2027(date(2027, 1, 1))
    assert deadlines.recompute() == 1
    row = publicity.current(over_new_year)
    assert (row.ends, row.provisional) == (MOVED, False)
    over_new_year.refresh_from_db()
    assert (over_new_year.due, over_new_year.due_provisional) == (MOVED, False)
    assert "<strong>" not in row.html
    assert row.sha256 != before.sha256
    event = AuditEvent.objects.about(row).get(action="publicity.move")
    assert event.after == {"starts": "2026-12-31", "ends": "2027-01-08", "sha256": row.sha256}
    assert publicity.verify(row)
    row.html += " "
    assert not publicity.verify(row)
    assert deadlines.recompute() == 0


def test_the_next_step_waits_for_the_day_it_moved_to(over_new_year):
    announce_2027(date(2027, 1, 1))
    deadlines.recompute()
    with time_machine.travel("2027-01-08 10:00+08:00"), pytest.raises(ValidationError):
        perform(over_new_year, "end_notice", by="system")
    with time_machine.travel("2027-01-09 01:00+08:00"):
        perform(over_new_year, "end_notice", by="system")
        row = over_new_year.publicities.get()
        assert publicity.verify(row)


def test_it_stays_open_after_its_provisional_day_until_the_calendar_is_there(over_new_year, client):
    row = publicity.current(over_new_year)
    with time_machine.travel("2027-01-12 10:00+08:00"):
        assert deadlines.run()["moved"] == 0
        with pytest.raises(ValidationError, match="2027"):
            perform(over_new_year, "end_notice", by="system")
        assert row.title in client.get(reverse("casework:public_notices")).content.decode()
        assert "<textarea" in client.get(reverse("casework:public_notice", args=[row.uid])).content.decode()
        objection = publicity.raise_objection(publicity=row, **LETTER)
        announce_2027(date(2027, 1, 1))
        assert deadlines.recompute() == 1
        publicity.answer_objection(objection=objection, upheld=False, text="已核实", by=clerk_of(over_new_year))
        assert deadlines.run()["moved"] == 1
    over_new_year.refresh_from_db()
    assert over_new_year.state == "street_review"


def clerk_of(case):
    return case.steps.filter(transition="agree").get().actor


def test_nothing_lapses_on_a_provisional_day(world):
    CalendarDay.objects.all().delete()
    calendar.load_years([2026], by="test")
    workdays.forget()
    with time_machine.travel(POSTED, tick=False):
        case = cases.make_filing(world, "returned").case
    assert case.due_provisional
    with time_machine.travel("2027-06-01 10:00+08:00"):
        assert deadlines.run()["moved"] == 0
        announce_2027(date(2027, 1, 1))
        assert deadlines.recompute() == 1
        assert deadlines.run()["moved"] == 1


def test_who_sees_to_the_calendar_is_warned_on_the_list_of_cases(world, client):
    with time_machine.travel("2026-11-20 10:00+08:00"):
        for person, years in ((world.bureau, [2027]), (world.officer, [])):
            CalendarDay.objects.filter(date__year=2027).delete()
            workdays.forget()
            client.force_login(person)
            assert client.get(reverse("casework:cases")).context["calendar_missing"] == years


def test_nobody_loses_a_day_they_were_told(over_new_year):
    """A Saturday made up for would end it earlier; who reads the notice keeps the day that stands there."""
    announce_2027()
    CalendarDay.objects.filter(date=date(2027, 1, 2)).update(working=True)
    workdays.forget()
    assert deadlines.recompute() == 1
    row = publicity.current(over_new_year)
    assert (row.ends, row.provisional) == (TOLD, False)


def test_with_a_known_calendar_nothing_is_provisional(world):
    calendar.load_years([2026], by="test")
    workdays.forget()
    case = cases.make_filing(world, "committee_check").case
    with time_machine.travel("2026-06-02 10:00+08:00", tick=False):
        row = publicity.current(perform(case, "agree", by=world.clerk, note="同意"))
    assert not row.provisional
    assert "<strong>" not in row.html


# --- the answer for somebody without a mobile number -----------------------------------------------------------------

LETTER = {"name": "赵志刚", "contact": "六联路3号201", "text": "负责人并不住在本社区，请核实。"}


def look_up(client, code):
    return client.get(reverse("casework:public_objection"), {"code": code})


def test_who_objects_gets_a_code_to_print_and_reads_the_answer_by_it(client, posted, world):
    row = publicity.current(posted)
    shown = client.post(reverse("casework:public_notice", args=[row.uid]), LETTER, follow=True)
    objection = Objection.objects.get()
    page = shown.content.decode()
    assert spelled(objection.code) in page
    assert "data-print" in page
    publicity.answer_objection(objection=objection, upheld=False, text="已上门核实，住在本社区", by=world.officer)
    for typed in (objection.code, spelled(objection.code).lower(), f" {objection.code[:3]} {objection.code[3:]}"):
        answer = look_up(client, typed)
        assert "已上门核实，住在本社区" in answer.content.decode()
    for personal in ("赵志刚", "六联路3号", LETTER["text"], world.officer.name or world.officer.username):
        assert personal not in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


def test_a_notice_taken_down_is_said(client, posted, world):
    objection = publicity.raise_objection(publicity=publicity.current(posted), **LETTER)
    before = look_up(client, objection.code).content
    perform(posted, "withdraw", by=world.applicant, note="不办了")
    assert look_up(client, objection.code).content != before


def test_unknown_codes_find_nothing_and_guessing_ends(client, posted):
    known = publicity.raise_objection(publicity=publicity.current(posted), **LETTER)
    Objection.objects.create(publicity=known.publicity, text="以前的异议")  # from before there were codes
    for code in ("", "0", "ABCDE-FGHJK", "' OR 1=1", new_code()):
        answer = look_up(client, code)
        assert answer.status_code == 200
        assert answer.context["objection"] is None
    statuses = [look_up(client, new_code()).status_code for _guess in range(25)]
    assert statuses[-1] == 429
    assert look_up(client, known.code).context["objection"] is None


# --- objections to a notice that was taken down ----------------------------------------------------------------------


def test_who_objected_is_answered_also_after_the_matter_was_withdrawn(client, posted, world):
    objection = publicity.raise_objection(publicity=publicity.current(posted), **LETTER)
    case = perform(posted, "withdraw", by=world.applicant, note="不办了")
    client.force_login(world.officer)
    page, notice = (client.get(reverse(f"casework:{name}", args=[case.uid])) for name in ("case", "publicity"))
    address = reverse("casework:publicity", args=[case.uid])
    assert [check.url for check in page.context["checks"] if check.url] == [address]
    assert [row["one"] for row in notice.context["objections"]] == [objection]
    assert reverse("casework:public_notice", args=[objection.publicity.uid]) not in notice.content.decode()
    answer = reverse("casework:objection_answer", args=[case.uid, objection.uid])
    given = {f"o{objection.pk}-upheld": "no", f"o{objection.pk}-text": "申请人已撤回"}
    assert client.post(answer, given).status_code == 302
    objection.refresh_from_db()
    assert objection.state == "refused"
    assert "申请人已撤回" in look_up(client, objection.code).content.decode()
    assert publicity.to_be_answered(case) == ""


def test_a_case_announced_again_waits_for_the_answer_to_an_earlier_objection(client, world):
    case = cases.make_filing(world, "announced", kind="dormancy").case
    first = publicity.current(case)
    objection = publicity.raise_objection(publicity=first, **LETTER)
    case = perform(case, "still_active", by="system", data={"by_link": True})
    client.force_login(world.officer)
    page = client.get(reverse("casework:publicity", args=[case.uid]))
    assert page.context["draft"]
    assert [row["one"] for row in page.context["objections"]] == [objection]
    case = perform(case, "announce", by=world.officer, note="仍未见活动")
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        with pytest.raises(ValidationError):
            perform(case, "end_notice", by="system")
        publicity.answer_objection(objection=objection, upheld=False, text="已核实", by=world.officer)
        assert perform(case, "end_notice", by="system").state == "street_decision"
