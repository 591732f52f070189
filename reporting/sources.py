"""Where measures count: one queryset of base rows per source, each as it stood on a date, with the place of every row.

`basis` is "was" (rows lie where they lay on the date) or "now" (rows of that date, placed in today's divisions).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Max,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce

from accounts.models import DivisionLink, DivisionPeriod
from registry.models import DivisionYear, Need, OrganizationFlag, OrganizationPeriod, Project
from registry.models.organization import COUNTED

WAS, NOW = "was", "now"
REAL = Q(division__level="community", division__virtual=False)
PLACES = {
    "community": REAL,
    "urban": REAL & Q(kind="urban"),
    "rural": REAL & Q(kind="rural"),
    "stat_urban": REAL & Q(division__stat_class__startswith="1"),
    "stat_rural": REAL & Q(division__stat_class__startswith="2"),
    "street": Q(division__level="street", division__virtual=False),
    "wide": ~REAL,
}


@dataclass(frozen=True)
class Source:
    """Base rows in force on a date; `place` leads to the division of a row, `place_now` gives where that lies today."""

    name: str
    rows: Callable
    place: str
    place_now: Callable

    def placed(self, on, basis=WAS):
        """The rows on the date with their division annotated as `at`."""
        return self.rows(on).annotate(at=F(self.place) if basis == WAS else self.place_now())


def dated(on, prefix=""):
    """The condition "in force on the date" for rows with `starts` and `ends`."""
    return Q(**{f"{prefix}starts__lte": on}) & (Q(**{f"{prefix}ends": None}) | Q(**{f"{prefix}ends__gt": on}))


def newest_year(on, prefix=""):
    """The condition "newest figures whose year is not after the date's" for rows with `year` and `next_year`."""
    newest = Q(**{f"{prefix}next_year": None}) | Q(**{f"{prefix}next_year__gt": on.year})
    return Q(**{f"{prefix}year__lte": on.year}) & newest


def tree(on):
    """Divisions as they stood on the date: one period each, with a truth value per kind of place."""
    tests = {name: ExpressionWrapper(test, output_field=BooleanField()) for name, test in PLACES.items()}
    return DivisionPeriod.objects.filter(dated(on)).annotate(**{f"is_{name}": test for name, test in tests.items()})


def standing(on):
    """Organizations in force on the date (one period each), beside the yearly figures in force, if any."""
    figures = FilteredRelation("organization__years", condition=newest_year(on, "organization__years__"))
    return OrganizationPeriod.objects.filter(dated(on), state__in=COUNTED).annotate(figures=figures)


def functions(on):
    """Functions (hub, volunteer …) in force on the date of organizations in force on the date."""
    period = FilteredRelation("organization__periods", condition=dated(on, "organization__periods__"))
    rows = OrganizationFlag.objects.filter(dated(on)).annotate(standing=period)
    return rows.filter(standing__state__in=COUNTED)


def founded(on):
    """First periods of organizations founded in the twelve months to the date or in its calendar year."""
    earlier = OrganizationPeriod.objects.filter(organization=OuterRef("organization"), starts__lt=OuterRef("starts"))
    since = min(year_start(on), year_before(on))
    return OrganizationPeriod.objects.filter(
        ~Exists(earlier), organization__founded__gte=since, organization__founded__lte=on
    )


def ended(on):
    """Last periods of organizations that ended in the twelve months to the date or in its calendar year."""
    since = min(year_start(on), year_before(on))
    return OrganizationPeriod.objects.filter(
        organization__ended=F("ends"), organization__ended__gte=since, organization__ended__lte=on
    )


def base(on):
    """Confirmed base figures in force on the date; those of placeholder divisions are left out."""
    return DivisionYear.objects.filter(newest_year(on), state=DivisionYear.State.CONFIRMED, division__virtual=False)


def needs(on):
    """Needs raised up to the date; one without a date counts always. Their state is today's."""
    return Need.objects.filter(Q(raised=None) | Q(raised__lte=on))


def projects(on):
    """Projects begun up to the date; one without a date counts always. Their state is today's."""
    return Project.objects.filter(Q(starts=None) | Q(starts__lte=on))


def year_start(on):
    return dt.date(on.year, 1, 1)


def year_before(on):
    """The first day of the twelve months that end with the date."""
    following = on + dt.timedelta(days=1)
    if (following.month, following.day) == (2, 29):
        return dt.date(following.year - 1, 3, 1)
    return following.replace(year=following.year - 1)


def sole_successor():
    """The division itself, or the one that took it over; a division split into several keeps its rows."""
    heirs = DivisionLink.objects.filter(old=OuterRef("division")).values("old")
    return Coalesce(Subquery(heirs.annotate(n=Count("pk"), heir=Max("new")).filter(n=1).values("heir")), F("division"))


STANDING = Source("standing", standing, "division", partial(F, "division_now"))
FUNCTIONS = Source("functions", functions, "standing__division", partial(F, "standing__division_now"))
FOUNDED = Source("founded", founded, "division", partial(F, "division_now"))
ENDED = Source("ended", ended, "division", partial(F, "division_now"))
BASE = Source("base", base, "division", sole_successor)
NEEDS = Source("needs", needs, "division", sole_successor)
PROJECTS = Source("projects", projects, "division", sole_successor)
SOURCES = [STANDING, FUNCTIONS, FOUNDED, ENDED, BASE, NEEDS, PROJECTS]
