from datetime import date

import pytest
import time_machine

from casework import workdays
from casework.models import AuditEvent, CalendarDay
from casework.services.calendar import load_years
from tests.adminapi.conftest import signed_in
from tests.builders import make_user

LIST = "/admin/casework/calendarday/"


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel("2026-11-22T02:00:00+00:00", tick=False):
        yield


@pytest.fixture
def head(world):
    load_years([2026], by="test")
    workdays.forget()
    return signed_in(make_user("bureau_head", world.district))


def test_the_list_by_year_and_festival(head):
    assert head.get(LIST, {"year": "2026"}).context["cl"].result_count == 365
    assert head.get(LIST, {"year": "2020"}).context["cl"].result_count == 365, "a year it does not have filters nothing"
    found = head.get(LIST, {"q": "春节", "working__exact": "1"}).context["cl"].result_list
    assert [row.date for row in found] == [date(2026, 2, 28), date(2026, 2, 14)]


def test_a_missing_year_is_told_from_november(head):
    assert len(head.get(LIST).context["messages"]) == 1
    enter_all_of(2027)
    assert len(head.get(LIST).context["messages"]) == 0
    with time_machine.travel("2026-11-22T02:00:00+00:00", tick=False):
        assert not list(head.get(LIST).context["messages"])


def enter_all_of(year):
    days = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    CalendarDay.objects.bulk_create(CalendarDay(date=date.fromordinal(day), working=True) for day in days)
    workdays.forget()


def test_holidays_are_entered_and_the_year_completed(head):
    given = {"first": "2027-02-05", "last": "2027-02-11", "note": "春节"}
    assert head.post(f"{LIST}add/", given).status_code == 302
    assert CalendarDay.objects.filter(date__year=2027, working=False, note="春节").count() == 7
    given = {"first": "2027-02-14", "working": "on", "note": "春节调休上班", "complete": "on"}
    assert head.post(f"{LIST}add/", given).status_code == 302
    assert CalendarDay.objects.filter(date__year=2027).count() == 365
    assert CalendarDay.objects.get(date=date(2027, 2, 14)).working
    actions = list(AuditEvent.objects.filter(target="casework.calendarday").values_list("action", flat=True))
    assert actions == ["change_calendar", "change_calendar"]
    assert AuditEvent.objects.filter(action="complete_calendar").count() == 1


def test_nothing_is_half_entered(head):
    enter_all_of(2027)
    answer = head.post(f"{LIST}add/", {"first": "2027-02-05", "note": "春节", "complete": "on"})
    assert answer.status_code == 200
    assert "2027" in str(answer.context["errors"])
    assert CalendarDay.objects.get(date=date(2027, 2, 5)).working


def test_one_day_is_corrected(head):
    page = f"{LIST}2026-11-23/change/"
    assert head.get(page).status_code == 200
    assert head.post(page, {"note": "台风停工"}).status_code == 302
    row = CalendarDay.objects.get(date=date(2026, 11, 23))
    assert (row.working, row.note) == (False, "台风停工")
    assert "台风停工" in head.get(f"{LIST}2026-11-23/history/").content.decode()


def test_what_is_over_can_be_looked_at_only(head):
    page = f"{LIST}2026-11-20/change/"
    assert "_save" not in head.get(page).content.decode()
    assert head.post(page, {"note": "x"}).status_code == 403


def test_officers_look_and_others_do_not(head, page, world):
    assert page.get(LIST).status_code == 200
    assert page.get(f"{LIST}add/").status_code == 403
    assert page.post(f"{LIST}2026-11-23/change/", {"note": "x"}).status_code == 403
    assert signed_in(make_user("auditor", world.district)).get(LIST).status_code == 403
