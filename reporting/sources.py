"""Where measures count: one queryset of base rows per source, each as it stood on a date, with the place of every row.

`basis` is "was" (rows lie where they lay on the date) or "now" (rows of that date, placed in today's divisions).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Max,
    OuterRef,
    Q,
    Subquery,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

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


# Places whose rows lie in the divisions at hand: these, and those they took over.
HERE = "SELECT division_id FROM places"
HERE_AND_TAKEN_OVER = f"{HERE} UNION SELECT old_id FROM accounts_divisionlink WHERE new_id IN ({HERE})"  # noqa: S608


@dataclass(frozen=True)
class Source:
    """Base rows in force on a date; `place` gives the division a row lay in on a date, `place_now` where that is today.

    `home` are the columns to search by when only some divisions are wanted, `reach` the query of their values.
    """

    name: str
    rows: Callable
    place: Callable
    place_now: Callable
    home: tuple = ()
    reach: str = ""

    def placed(self, on, basis=WAS, *, within=False, today=None):
        """The rows on the date with their division annotated as `at`; `within`: only those in the query's `places`."""
        rows = self.rows(on)
        if within and self.home:
            here = (Q(**{f"{name}__in": RawSQL(self.reach, [])}) for name in self.home)  # noqa: S611
            rows = rows.filter(reduce(or_, here))
        rows = rows.annotate(at=self.place(on) if basis == WAS else self.place_now(today or timezone.localdate()))
        return rows.filter(at__in=RawSQL(HERE, [])) if within else rows  # noqa: S611


def column(name):
    """The place of rows that say themselves where they lie, on any date."""
    return lambda _on: F(name)


def successor(on):
    """The division itself, or the only one that took it over last by the date; one split keeps its rows."""
    heirs = DivisionLink.objects.filter(old=OuterRef("division"), effective__lte=on).values("effective")
    newest = heirs.order_by("-effective").annotate(n=Count("pk"), heir=Max("new"))
    heir = Subquery(newest.annotate(only=Case(When(n=1, then=F("heir")))).values("only")[:1])
    return Case(When(division__valid_to__lte=on, then=Coalesce(heir, F("division"))), default=F("division"))


def lasting(on):
    """Where a period lay; of a place gone by the date, where its rows lie today: a founding is not lost in a merger."""
    return Case(When(division__valid_to__lte=on, then=F("division_now")), default=F("division"))


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
    """First periods of organizations founded in the twelve months to the date (its calendar year lies within)."""
    earlier = OrganizationPeriod.objects.filter(organization=OuterRef("organization"), starts__lt=OuterRef("starts"))
    since = year_before(on)
    return OrganizationPeriod.objects.filter(
        ~Exists(earlier), organization__founded__gte=since, organization__founded__lte=on
    )


def ended(on):
    """Last periods of organizations that ended in the twelve months to the date (its calendar year lies within).

    Of one whose standing began on the very day it ended, that is the period of this day, with the state it ended in.
    """
    begun = OrganizationPeriod.objects.filter(
        organization=OuterRef("organization"), starts=OuterRef("organization__ended")
    )
    last = Q(organization__ended=F("starts")) | Q(organization__ended=F("ends")) & ~Exists(begun)
    since = year_before(on)
    return OrganizationPeriod.objects.filter(last, organization__ended__gte=since, organization__ended__lte=on)


def base(on):
    """The newest confirmed base figures up to the date's year; those of placeholder divisions are left out.

    A `next_year` without figures is where a merge or split ended them: later years are told by the successors' own.
    """
    confirmed = DivisionYear.objects.filter(state=DivisionYear.State.CONFIRMED, year__lte=on.year)
    newer = confirmed.filter(division=OuterRef("division"), year__gt=OuterRef("year"))
    following = DivisionYear.objects.filter(division=OuterRef("division"), year=OuterRef("next_year"))
    stopped = Q(next_year__lte=on.year) & ~Exists(following)
    return confirmed.filter(~Exists(newer), ~stopped, division__virtual=False)


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


ORGANIZATION = (column("division"), column("division_now"))
LASTING = (lasting, column("division_now"), ("division", "division_now"), HERE)
SUCCEEDED = (successor, successor, ("division",), HERE_AND_TAKEN_OVER)
STANDING = Source("standing", standing, *ORGANIZATION)
FUNCTIONS = Source("functions", functions, column("standing__division"), column("standing__division_now"))
FOUNDED = Source("founded", founded, *LASTING)
ENDED = Source("ended", ended, *LASTING)
BASE = Source("base", base, *SUCCEEDED)
NEEDS = Source("needs", needs, *SUCCEEDED)
PROJECTS = Source("projects", projects, *SUCCEEDED)
SOURCES = [STANDING, FUNCTIONS, FOUNDED, ENDED, BASE, NEEDS, PROJECTS]
