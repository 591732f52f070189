"""The working-day calendar: loaded year by year, corrected by the bureau."""

from datetime import date, timedelta

import chinese_calendar
from chinese_calendar.constants import holidays
from chinese_calendar.constants import workdays as make_up_days
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from casework import audit, workdays
from casework.models import CalendarDay

SATURDAY = 5
LONGEST_RANGE = 31
NAMES = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}


def published_years():
    """The years whose holidays the installed calendar package knows."""
    return sorted({day.year for day in holidays})


@transaction.atomic
def load_years(years, *, by):
    """Add every day of the years as announced; days already there stay as they are. Returns how many were added.

    Refuses (ValidationError) a year the package does not know.
    """
    if unknown := sorted(set(years) - set(published_years())):
        raise ValidationError(_("The holidays of %(years)s are not known.") % {"years": ", ".join(map(str, unknown))})
    added = add_days([announced(day) for year in years for day in days_of(year)])
    if added:
        audit.record("load_calendar", by=by, after={"years": sorted(set(years)), "days": added})
    return added


@transaction.atomic
def complete_year(*, year, by):
    """Fill what is still missing of a year with Monday to Friday, once its holidays have been entered.

    Refuses an actor without the right, a year without a single entered day, and one that is complete.
    """
    require_right(by)
    entered = CalendarDay.objects.filter(date__year=year).count()
    if not entered:
        raise ValidationError(_("First enter the holidays and make-up days of %(year)s.") % {"year": year})
    added = add_days([CalendarDay(date=day, working=day.weekday() < SATURDAY) for day in days_of(year)])
    if not added:
        raise ValidationError(_("The calendar of %(year)s is complete already.") % {"year": year})
    audit.record("complete_calendar", by=by, after={"year": year, "days": added})
    return added


@transaction.atomic
def set_days(*, first, last, working, note="", by):
    """Say whether offices work from the first to the last day; returns the row of the first one.

    Refuses an actor without the right, days that are over (what was counted with them stays true), and over 31 days.
    """
    require_right(by)
    if not timezone.localdate() <= first <= last:
        raise ValidationError(_("Only today and later days can be changed, the first before the last."))
    if (last - first).days >= LONGEST_RANGE:
        raise ValidationError(_("At most %(count)s days at once.") % {"count": LONGEST_RANGE})
    span = [first + timedelta(step) for step in range((last - first).days + 1)]
    before = {f"{row.date}": row.working for row in CalendarDay.objects.select_for_update().filter(date__in=span)}
    CalendarDay.objects.bulk_create(
        [CalendarDay(date=day, working=working, note=note) for day in span],
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["working", "note"],
    )
    row = CalendarDay.objects.get(pk=first)
    after = {f"{day}": working for day in span}
    audit.record("change_calendar", row, by=by, before=before, after=after, note=note)
    transaction.on_commit(workdays.forget)
    return row


def require_right(by):
    if isinstance(by, User) and not by.has_perm("casework.change_calendarday"):
        raise PermissionDenied


def add_days(rows):
    count = CalendarDay.objects.count()
    CalendarDay.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(workdays.forget)
    return CalendarDay.objects.count() - count


def days_of(year):
    first = date(year, 1, 1)
    return [first + timedelta(step) for step in range((date(year + 1, 1, 1) - first).days)]


def announced(day):
    """The day as the State Council announced it, with the festival it rests or makes up for."""
    working = chinese_calendar.is_workday(day)
    festival = NAMES.get(make_up_days.get(day) if working else holidays.get(day), "")
    return CalendarDay(date=day, working=working, note=f"{festival}调休上班" if working and festival else festival)
