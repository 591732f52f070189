"""Working days (工作日): which they are, and counting with them. Dates are Shanghai's."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import timezone

from casework.models import CalendarDay

# Another process may have edited the calendar: what this one holds is read again after a minute.
HELD_SECONDS = 60
DAY = timedelta(days=1)
# The State Council announces a year's holidays in the November before it.
LOOK_AHEAD = timedelta(days=45)
SATURDAY = 5


@dataclass(frozen=True)
class Due:
    """The day something is due; `provisional` while the calendar of a year on the way there is not known."""

    date: date
    provisional: bool


@dataclass(frozen=True)
class Calendar:
    """Every day the calendar has, and the years it has completely."""

    working: dict
    years: frozenset


def is_working(day):
    """Whether offices work that day; Monday to Friday where the calendar does not know the day."""
    day = local(day)
    return calendar().working.get(day, day.weekday() < SATURDAY)


def known(year):
    """Whether the calendar has every day of the year."""
    return year in calendar().years


def add(day, n):
    """The n-th working day after `day`, which does not count itself (Civil Code art. 201, Licensing Law art. 82).

    With 0 days it is the day itself or, when offices rest, the next working day.
    """
    if n < 0:
        raise ValueError("a term runs forward")
    first = end = local(day)
    while n > 0 or not is_working(end):
        end += DAY
        n -= is_working(end)
    return Due(end, bool(unknown(first, end)))


def between(start, end):
    """Working days after `start` up to and including `end`: what is left until a due date; negative when it is past."""
    start, end = local(start), local(end)
    if end < start:
        return -between(end, start)
    return sum(is_working(start + DAY * step) for step in range(1, (end - start).days + 1))


def missing_years(until, since=None):
    """Years from today's (or `since`) to that of `until` whose calendar is not known: a warning on pages."""
    return unknown(since or timezone.localdate(), until)


def unknown(start, end):
    return [year for year in range(local(start).year, local(end).year + 1) if not known(year)]


def recompute(rows: Iterable[tuple[object, date, int, Due]]):
    """What a changed calendar means for stored due dates.

    `rows` are (key, start, days, stored due); yields (key, new due) for those that differ. Whoever owns the rows writes
    them.
    """
    for key, start, days, stored in rows:
        due = add(start, days)
        if due != stored:
            yield key, due


def local(day):
    """The Shanghai date of a moment; a date stays what it is."""
    return timezone.localdate(day) if isinstance(day, datetime) else day


def calendar():
    """The calendar as this process holds it, at most a minute old."""
    return held(int(time.monotonic() // HELD_SECONDS))


@lru_cache(maxsize=1)
def held(_minute):
    working = dict(CalendarDay.objects.values_list("date", "working"))
    days = Counter(day.year for day in working)
    whole = frozenset(year for year, count in days.items() if count == (date(year + 1, 1, 1) - date(year, 1, 1)).days)
    return Calendar(working, whole)


def forget():
    """Read the calendar anew; called by whoever changed it."""
    held.cache_clear()
