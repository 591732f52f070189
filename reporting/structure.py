"""What the organizations of a place are and how their number moved: by type, and on days kept or counted again."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import DivisionPeriod
from registry.models import OrganizationType, TypeMapping
from registry.models.organization import COUNTED
from registry.models.scheme import Tier
from reporting.figures import COMPUTED, Figures

YEARS, MONTHS = 10, 24
# Written out: ten of these composed by the ORM cost a page more than the database takes for them.
ON_DAY = """
    SELECT %s::date, p.tier, count(*) FROM accounts_divisionperiod d
    JOIN registry_organizationperiod p USING (division_id)
    WHERE d.path LIKE %s AND d.starts <= %s AND (d.ends IS NULL OR d.ends > %s)
      AND p.starts <= %s AND (p.ends IS NULL OR p.ends > %s) AND p.state = ANY(%s)
    GROUP BY p.tier
"""
COUNTED_LEVELS = {"district", "street", "community"}  # of larger places ten days counted anew take too long


@dataclass(frozen=True)
class Kind:
    """One word for organizations, how many there are, and the types it stands for."""

    name: str
    number: int
    types: tuple

    @property
    def query(self):
        return {"kinds": ".".join(map(str, self.types))}


def kinds(counted, scheme=None):
    """Organizations by type in a scheme's words, most first; those without a counterpart there are one kind."""
    words, found = type_words(counted, scheme), {}
    for pk in counted:
        found.setdefault(words[pk], []).append(pk)
    rows = [Kind(name, sum(counted[pk] for pk in pks), tuple(pks)) for name, pks in found.items()]
    return sorted(rows, key=lambda kind: -kind.number)


def type_words(types, scheme=None):
    """The name of each type: its own, or that of its counterpart in the scheme."""
    own = dict(OrganizationType.objects.filter(pk__in=types).values_list("pk", "name"))
    if scheme is None:
        return own
    inside = dict(OrganizationType.objects.filter(pk__in=types, scheme=scheme).values_list("pk", "name"))
    mapped = TypeMapping.objects.filter(source__in=types, target__scheme=scheme).order_by("exact", "-id")
    other = _("No counterpart")
    return dict.fromkeys(own, other) | dict(mapped.values_list("source", "target__name")) | inside


def told_by_type(figures):
    """Organizations by type for other systems: [{"scheme", "code", "name", "number"}], most first."""
    counted = figures.by_type()
    types = OrganizationType.objects.filter(pk__in=counted).values("pk", "scheme__code", "code", "name")
    rows = [
        {"scheme": row["scheme__code"], "code": row["code"], "name": row["name"], "number": counted[row["pk"]]}
        for row in types
    ]
    return sorted(rows, key=lambda row: (-row["number"], row["scheme"], row["code"]))


def trend(points, division):
    """Figures of the months and years that ended before the last of the points, then that one; oldest first.

    Ends of months are those kept in the last 24 months; ends of years that nobody kept are counted from dated records.
    """
    *earlier, last = points
    kept = {row.as_of: row for row in earlier if is_drawn(row.as_of, last.as_of)}
    ends = [dt.date(last.as_of.year - back, 12, 31) for back in range(YEARS, 0, -1)]
    found = kept | counted_on(division, [day for day in ends if day not in kept])
    drawn = [found[day] for day in sorted(found)]
    while drawn and not drawn[0]["orgs"]:
        drawn.pop(0)
    return [*drawn, last]


def is_drawn(day, on):
    if (day.month, day.day) == (12, 31):
        return True
    months = (on.year - day.year) * 12 + on.month - day.month
    return months <= MONTHS and (day + dt.timedelta(days=1)).day == 1


def counted_on(division, days):
    """{day: Figures of the tiers alone}, in two queries; none of days when the division was not there."""
    periods = DivisionPeriod.objects.filter(division=division) if division.level in COUNTED_LEVELS and days else ()
    paths = {day: period.path for period in periods for day in days if holds(period, day)}
    counts = {day: dict.fromkeys(Tier.values, 0) for day in paths}
    for day, tier, number in standing(paths):
        counts[day][tier] = number
    return {day: tiers_alone(division, day, found) for day, found in counts.items()}


def holds(period, day):
    return period.starts <= day and (period.ends is None or period.ends > day)


def standing(paths):
    """(day, tier, number) of the organizations in force on each day under its path: what `drill("orgs")` lists."""
    if not paths:
        return []
    params = [[day, f"{path}%", day, day, day, day, list(COUNTED)] for day, path in paths.items()]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([ON_DAY] * len(paths)), [each for group in params for each in group])
        return cursor.fetchall()


def tiers_alone(division, day, found):
    values = {f"orgs_{tier}": number for tier, number in found.items()}
    return Figures(division, day, COMPUTED, values | {"orgs": sum(found.values())})
