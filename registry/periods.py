"""Years and half-years organizations report for: their names, their last day, and which one is asked for on a day."""

from calendar import monthrange
from datetime import date

from django.utils.translation import gettext as _

ANNUAL, HALF_YEAR = "annual", "half_year"
# The last day to hand in a year where no policy says another.
UNTIL = "03-31"


def label(period):
    """2025 → the year 2025; 2025H2 → its second half."""
    year, _h, half = period.partition("H")
    if not half:
        return _("the year %(year)s") % {"year": year}
    return (_("the first half of %(year)s") if half == "1" else _("the second half of %(year)s")) % {"year": year}


def last_period(kind, on):
    """The newest period of the kind that is over on the day."""
    if kind == ANNUAL:
        return str(on.year - 1)
    return f"{on.year}H1" if on.month > 6 else f"{on.year - 1}H2"


def following(period):
    """The period after it."""
    year, _h, half = period.partition("H")
    return f"{year}H2" if half == "1" else f"{int(year) + 1}{'H1' * bool(half)}"


def ends(period):
    """The last day of the period."""
    year = int(period[:4])
    return date(year, 6, 30) if period.endswith("H1") else date(year, 12, 31)


def since(period):
    """An organization founded after this day is too young to be asked: half a year for a year, the whole half else."""
    year = int(period[:4])
    return {"H1": date(year, 1, 1), "H2": date(year, 7, 1)}.get(period[4:], date(year, 6, 30))


def is_young(organization, period):
    """Founded too late to be asked for the period, or nobody knows when."""
    return organization.founded is None or organization.founded > since(period)


def day_of(year, text):
    """The date a policy value such as 03-31 names in a year; a day the month does not have is its last."""
    month, day = (int(part) for part in text.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def last_year_closed(on, until):
    """The newest year whose window to hand in had closed before the day."""
    return str(on.year - 1 if on > day_of(on.year, until) else on.year - 2)
