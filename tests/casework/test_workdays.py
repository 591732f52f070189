"""Counting working days: make-up weekends, festivals, leap days, years nobody has announced yet."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command

from casework import workdays
from casework.models import AuditEvent, CalendarDay
from casework.services import calendar
from casework.workdays import Due, add, between, is_working, known, missing_years, recompute
from tests.builders import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        calendar.load_years([2024, 2025, 2026], by="test")


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 2, 14), True),  # Saturday, made up for the Spring Festival
        (date(2026, 2, 17), False),  # Tuesday, the first day of the year of the horse
        (date(2026, 2, 28), True),
        (date(2024, 2, 29), True),
        (date(2024, 10, 12), True),  # Saturday, made up for the National Day
        (date(2026, 1, 1), False),
    ],
)
def test_days_are_as_announced(loaded, day, working):
    assert is_working(day) == working


@pytest.mark.parametrize(
    ("day", "n", "due"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # Friday
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # Saturday: the day itself never counts
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # into a make-up Saturday
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # over the festival
        (date(2026, 2, 13), 6, date(2026, 2, 28)),  # and into the make-up Saturday after it
        (date(2024, 2, 28), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 1, date(2024, 3, 1)),
        (date(2025, 2, 28), 1, date(2025, 3, 3)),
        (date(2025, 12, 31), 1, date(2026, 1, 4)),  # Sunday, made up for New Year
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
    ],
)
def test_the_nth_working_day_after(loaded, day, n, due):
    assert add(day, n) == Due(due, provisional=False)


def test_a_term_never_runs_backward(loaded):
    with pytest.raises(ValueError, match="forward"):
        add(date(2026, 11, 20), -1)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), 0),
        (date(2026, 11, 20), date(2026, 11, 22), 0),
        (date(2026, 11, 20), date(2026, 11, 24), 2),
        (date(2026, 11, 24), date(2026, 11, 20), -2),
        (date(2026, 2, 14), date(2026, 2, 24), 1),
        (date(2025, 12, 31), date(2026, 1, 5), 2),
    ],
)
def test_days_left(loaded, start, end, days):
    assert between(start, end) == days


def test_adding_and_counting_agree(loaded):
    for offset in range(0, 730, 7):
        day = date(2024, 1, 1) + timedelta(offset)
        for n in (1, 5, 15, 30):
            assert between(day, add(day, n).date) == n, (day, n)


def test_moments_count_by_their_day_in_shanghai(loaded):
    evening = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)  # Friday 00:30 in Shanghai
    assert add(evening, 1).date == date(2026, 11, 23)
    assert between(evening, date(2026, 11, 23)) == 1
    assert is_working(datetime(2026, 11, 20, 16, 30, tzinfo=UTC)) is False


def test_a_year_not_announced_counts_monday_to_friday_and_is_provisional(loaded):
    assert not known(2027)
    assert add(date(2026, 12, 31), 1) == Due(date(2027, 1, 1), provisional=True)
    assert add(date(2026, 12, 30), 1) == Due(date(2026, 12, 31), provisional=False)
    assert between(date(2026, 12, 31), date(2027, 1, 8)) == 6


def test_a_year_half_entered_is_used_and_stays_provisional(loaded):
    CalendarDay.objects.create(date=date(2027, 1, 1), working=False)
    workdays.forget()
    assert add(date(2026, 12, 31), 1) == Due(date(2027, 1, 4), provisional=True)


def test_pages_can_warn_of_missing_years(loaded):
    with time_machine.travel("2026-12-31T15:59:00+00:00", tick=False):
        assert missing_years(date(2026, 12, 31)) == []
        assert missing_years(date(2028, 1, 5)) == [2027, 2028]
    with time_machine.travel("2026-12-31T16:01:00+00:00", tick=False):
        assert missing_years(date(2027, 1, 1)) == [2027]
    assert missing_years(date(2026, 1, 1), since=date(2023, 1, 1)) == [2023]


def test_when_the_year_arrives_due_dates_are_computed_again(loaded, django_capture_on_commit_callbacks):
    starts = {"a": (date(2026, 12, 30), 3), "b": (date(2026, 11, 20), 3)}
    stored = {key: add(*term) for key, term in starts.items()}
    rows = [(key, *starts[key], stored[key]) for key in starts]
    assert list(recompute(rows)) == []
    with django_capture_on_commit_callbacks(execute=True):
        calendar.set_days(first=date(2027, 1, 1), last=date(2027, 1, 3), working=False, note="元旦", by="test")
        calendar.complete_year(year=2027, by="test")
    assert list(recompute(rows)) == [("a", Due(date(2027, 1, 5), provisional=False))]


def test_a_page_of_due_dates_takes_one_query_at_most(loaded, django_assert_num_queries):
    with django_assert_num_queries(1):
        for offset in range(50):
            between(date(2026, 1, 1), add(date(2026, 1, 1) + timedelta(offset), 20).date)
    with django_assert_num_queries(0):
        add(date(2026, 1, 1), 20)


def test_what_another_process_changed_is_seen_after_a_minute(loaded, monkeypatch):
    assert is_working(date(2026, 11, 20))
    CalendarDay.objects.filter(date=date(2026, 11, 20)).update(working=False)
    assert is_working(date(2026, 11, 20))
    now = workdays.time.monotonic() + workdays.HELD_SECONDS
    monkeypatch.setattr(workdays.time, "monotonic", lambda: now)
    assert not is_working(date(2026, 11, 20))


# Loading and editing


def test_loading_again_adds_nothing_and_keeps_what_was_edited(loaded):
    CalendarDay.objects.filter(date=date(2026, 11, 20)).update(working=False)
    events = AuditEvent.objects.count()
    assert calendar.load_years([2026], by="test") == 0
    assert not CalendarDay.objects.get(date=date(2026, 11, 20)).working
    assert AuditEvent.objects.count() == events


def test_the_days_carry_their_festivals(loaded):
    notes = dict(CalendarDay.objects.filter(date__year=2026).exclude(note="").values_list("date", "note"))
    assert notes[date(2026, 2, 17)] == "春节"
    assert notes[date(2026, 2, 14)] == "春节调休上班"
    assert date(2026, 11, 21) not in notes


def test_the_command_loads_every_published_year(capsys):
    call_command("load_calendar")
    assert "Calendar of 2004 to" in capsys.readouterr().out
    assert CalendarDay.objects.filter(date__year=2004).count() == 366
    assert AuditEvent.objects.get().action == "load_calendar"


def test_a_year_nobody_published_is_refused():
    with pytest.raises(CommandError, match="2099"):
        call_command("load_calendar", 2099)


@pytest.fixture
def today():
    with time_machine.travel("2026-11-22T02:00:00+00:00", tick=False):
        yield date(2026, 11, 22)


def test_the_bureau_corrects_days(loaded, today):
    row = calendar.set_days(first=today, last=today + timedelta(2), working=False, note="台风停工", by="test")
    assert row.date == today
    assert CalendarDay.objects.filter(note="台风停工", working=False).count() == 3
    event = AuditEvent.objects.first()
    assert event.before == {"2026-11-22": False, "2026-11-23": True, "2026-11-24": True}
    assert event.after == {"2026-11-22": False, "2026-11-23": False, "2026-11-24": False}
    assert event.note == "台风停工"


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (3, 2), (0, 31)])
def test_what_is_over_backward_or_too_long_is_refused(loaded, today, first, last):
    with pytest.raises(ValidationError):
        calendar.set_days(first=today + timedelta(first), last=today + timedelta(last), working=False, by="test")


def test_a_year_is_completed_once_its_holidays_are_entered(loaded, today):
    with pytest.raises(ValidationError, match="2027"):
        calendar.complete_year(year=2027, by="test")
    calendar.set_days(first=date(2027, 1, 1), last=date(2027, 1, 1), working=False, by="test")
    assert calendar.complete_year(year=2027, by="test") == 364
    with pytest.raises(ValidationError, match="2027"):
        calendar.complete_year(year=2027, by="test")


def test_only_who_holds_the_right_changes_the_calendar(loaded, today):
    officer = make_user()
    with pytest.raises(PermissionDenied):
        calendar.set_days(first=today, last=today, working=False, by=officer)
    with pytest.raises(PermissionDenied):
        calendar.complete_year(year=2027, by=officer)
