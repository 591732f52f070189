"""The yearly survey as a round: which street has handed in its workbook, and whoever has not is reminded."""

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Division
from casework import audit, notices
from casework.services.handling import holders_of
from registry.models import ImportBatch
from registry.services.guards import require_right
from registry.services.imports import PERMISSION

State = ImportBatch.State
LEVELS = (Division.Level.DISTRICT, Division.Level.STREET)
NOT_IN = (State.REFUSED, State.CANCELLED, State.UNDONE)
MOST_TOLD = 20


def streets_of(place):
    """The streets of a district, or the street itself; none of a place above: each district has its own round."""
    if place.level not in LEVELS:
        return Division.objects.none()
    return Division.objects.under(place).in_force().filter(level=Division.Level.STREET, virtual=False).order_by("code")


def standing(place, year):
    """[{street, batch, communities, reported}] of a year's round: the newest workbook still standing of each street,
    and how many of its communities have base figures for the year, by whatever workbook.
    """
    batches, counts = newest(place, year), reported(place, year)
    return [
        {"street": row, "batch": batches.get(row.pk), **counts.get(row.pk, {"communities": 0, "reported": 0})}
        for row in streets_of(place)
    ]


def missing(place, year):
    """The streets nothing has come in from: neither a workbook of their own nor base figures by another."""
    return [row["street"] for row in standing(place, year) if not row["batch"] and not row["reported"]]


def newest(place, year):
    rows = ImportBatch.objects.filter(division__path__startswith=place.path, year=year).exclude(state__in=NOT_IN)
    rows = rows.select_related("owner").defer("content", "columns", "notices").order_by("id")
    return {batch.division_id: batch for batch in rows}


def reported(place, year):
    """{street: how many communities it has, and for how many of them base figures of the year are there}."""
    rows = Division.objects.under(place).communities().order_by().values("parent")
    counted = rows.annotate(communities=Count("id", distinct=True), reported=Count("years", filter=Q(years__year=year)))
    return {row.pop("parent"): row for row in counted}


@transaction.atomic
def remind(*, streets, year, by):
    """A notice to whoever may upload at each of these streets, at most once a day; returns how many people were told.

    The actor needs the right to import at every one of them.
    """
    day, told = timezone.localdate().isoformat(), 0
    for street in streets:
        require_right(by, PERMISSION, street)
        for user in people_at(street):
            params = {"name": street.short_name, "period": str(year)}
            notices.tell(user.pk, "survey_due", params=params, key=f"survey:{year}:{street.pk}:{day}")
            told += 1
        audit.record("survey.remind", street, by=by, after={"year": year})
    return told


def people_at(street):
    """Who uploads for the street: those with the right at the street itself, not above it."""
    return [user for user in holders_of(PERMISSION, street.path)[:MOST_TOLD] if street.path in user.paths(PERMISSION)]
