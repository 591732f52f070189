"""What follows a division that ends or splits: organizations, cases, assignments, needs and base figures."""

from django.db import connection
from django.db.models import Count, F, Q

from accounts.models import Assignment, DivisionLink
from casework.models import Case
from registry.models import DivisionYear, Filing, Need, Organization, Project
from registry.services.marks import mark

DERIVED = "derived"  # the source of figures added up in a merger
# Where each organization with a period in the division after the day goes: named targets, and `rest` for the others.
# Who goes to the division above waits there to be placed, and goes on waiting when that one is merged into another.
TARGETS = """
    DROP TABLE IF EXISTS moving;
    CREATE TEMP TABLE moving ON COMMIT DROP AS
    SELECT p.id AS period_id, p.organization_id, p.starts, p.ends, coalesce(t.target, %(rest)s) AS target,
        CASE WHEN t.target IS NULL AND (%(rest)s = %(above)s OR EXISTS (
            SELECT 1 FROM registry_organizationperiod w
            WHERE w.organization_id = p.organization_id AND w.division_id = %(old)s AND w.cause = 'to_place'
        )) THEN 'to_place' ELSE 'division_change' END AS cause
    FROM registry_organizationperiod p
    LEFT JOIN unnest(%(ids)s::bigint[], %(targets)s::bigint[]) AS t (organization, target)
        ON t.organization = p.organization_id
    WHERE p.division_id = %(old)s AND (p.ends IS NULL OR p.ends > %(on)s) AND coalesce(t.target, %(rest)s) <> %(old)s
"""
CLOSE_PERIODS = """
    UPDATE registry_organizationperiod p SET ends = %(on)s FROM moving m WHERE m.period_id = p.id AND m.starts < %(on)s
"""
OPEN_PERIODS = """
    INSERT INTO registry_organizationperiod
        (organization_id, tier, state, division_id, division_now_id, type_id, starts, ends, cause)
    SELECT p.organization_id, p.tier, p.state, m.target, m.target, p.type_id, %(on)s, m.ends, m.cause
    FROM moving m JOIN registry_organizationperiod p ON p.id = m.period_id
    WHERE m.starts < %(on)s
"""
CORRECT_PERIODS = """
    UPDATE registry_organizationperiod p SET division_id = m.target, cause = m.cause
    FROM moving m WHERE m.period_id = p.id AND m.starts >= %(on)s
"""
MOVE_ORGANIZATIONS = """
    UPDATE registry_organization o SET division_id = m.target, version = o.version + 1, updated_at = now()
    FROM (
        SELECT DISTINCT ON (organization_id) organization_id, target FROM moving ORDER BY organization_id, starts DESC
    ) m
    WHERE o.id = m.organization_id AND o.division_id = %(old)s
    RETURNING o.uid, m.target
"""
PLACE_TODAY = """
    UPDATE registry_organizationperiod p SET division_now_id = coalesce(t.target, %(rest)s)
    FROM registry_organizationperiod q
    LEFT JOIN unnest(%(ids)s::bigint[], %(targets)s::bigint[]) AS t (organization, target)
        ON t.organization = q.organization_id
    WHERE q.id = p.id AND p.division_now_id = %(old)s
"""


def move_organizations(old, on, targets, *, rest):
    """Home the organizations of `old` elsewhere from a day on; [(uid, place before, place after)].

    `targets` maps organization ids to divisions, the others go to `rest`. Periods before the day stay; one that the
    day falls into is closed and continued at the new place.
    """
    values = {"old": old.pk, "above": old.parent_id, "on": on, **named(targets, rest)}
    with connection.cursor() as cursor:
        for statement in (TARGETS, CLOSE_PERIODS, OPEN_PERIODS, CORRECT_PERIODS):
            cursor.execute(statement, values)
        cursor.execute(MOVE_ORGANIZATIONS, values)
        names = {place.pk: place.full_name for place in [rest, *targets.values()]}
        return [(uid, old.full_name, names[target]) for uid, target in cursor.fetchall()]


def place_today(old, targets, rest):
    """Say where the older periods, the needs, the projects and the open cases of a place lie today."""
    with connection.cursor() as cursor:
        cursor.execute(PLACE_TODAY, {"old": old.pk, **named(targets, rest)})
    if old.valid_to:
        Need.objects.filter(division=old).update(division=rest)
        Project.objects.filter(division=old).update(division=rest)
    move_cases(old, targets, rest)


def move_cases(old, targets, rest):
    """Open cases of a place, and what they name it for, go where their organization goes, else to `rest`.

    When that is the place itself only the cases of these organizations move. A new organization's community is to be
    chosen again when nothing took the place's: at the division above it would count as working for all of it.
    """
    filings = Filing.objects.filter(case__closed_at=None)
    if rest == old:
        filings = filings.filter(organization__in=[pk for pk, heir in targets.items() if heir != old])
    for filing in filings.filter(case__division=old).only("case", "organization"):
        heir = targets.get(filing.organization_id, rest)
        Case.objects.filter(pk=filing.case_id).update(division=heir, version=F("version") + 1)
    for key in ("community", "to"):
        for filing in filings.filter(**{f"data__{key}": str(old.pk)}):
            unknown = filing.organization_id is None and rest.pk == old.parent_id
            filing.data[key] = "" if unknown else str(targets.get(filing.organization_id, rest).pk)
            filing.save(update_fields=["data"])


def named(targets, rest):
    return {"rest": rest.pk, "ids": list(targets), "targets": [place.pk for place in targets.values()]}


def close_assignments(place, on, *, heirs, chosen=None):
    """Assignments at a place that ends go on at each of its heirs, those at a place that goes on stay.

    `chosen` maps ids of assignments to the divisions where each goes on instead.
    """
    heirs, chosen = heirs if place.valid_to else [place], chosen or {}
    rows = list(Assignment.objects.filter(division=place).exclude(ends__lte=on))
    goes = [(row, chosen.get(row.pk, heirs)) for row in rows]
    following = [
        Assignment(
            user_id=row.user_id,
            role_id=row.role_id,
            division=heir,
            starts=max(on, row.starts),
            ends=row.ends,
            absent_id=row.absent_id,
        )
        for row, there in goes
        for heir in there
        if heir != place
    ]
    leaving = Assignment.objects.filter(pk__in=[row.pk for row, there in goes if place not in there])
    leaving.filter(starts__gte=on).delete()
    leaving.update(ends=on)
    Assignment.objects.bulk_create(following, ignore_conflicts=True)


def first_year(on):
    """The first whole year from a day on: figures are yearly, those of a broken year stay with the old places."""
    return on.year if (on.month, on.day) == (1, 1) else on.year + 1


def join_figures(place, heir, on):
    """Add the figures of a merged place to its heir's from the first whole year on, when both are confirmed.

    The sum is flagged as derived; a figure that one of them does not know stays unknown (domain 2.2). Until that year
    the reports place the old figures at the heir; a year the heir has figures of its own for is left as it is.
    """
    year = first_year(on)
    parts = [newest(row, year) for row in (heir, place)]
    confirmed = all(part and part.state == DivisionYear.State.CONFIRMED for part in parts)
    stop_figures(place, on)
    place.years.filter(year=year, source=DERIVED).delete()  # what it would have had is part of its heir's sum
    own = heir.years.filter(year=year).exclude(source=DERIVED)
    if not confirmed or own.exists():
        return
    sums = {name: total([getattr(part, name) for part in parts]) for name in DivisionYear.NUMBERS}
    heir.years.filter(year__lt=year, next_year=None).update(next_year=year)
    later = heir.years.filter(year__gt=year).order_by("year").values_list("year", flat=True).first()
    stations = [part.has_station for part in parts]
    station = any(stations) or (None if None in stations else False)
    fields = {**sums, "has_station": station, "source": DERIVED, "next_year": later}
    DivisionYear.objects.update_or_create(division=heir, year=year, defaults=fields)


def cover(places, years):
    """What heirs state themselves for the year of a merger stands for what they took over, too: that ends with it.

    A place with figures of its own for that year keeps them; figures reported before the merger cover nothing.
    """
    for link, year in mergers(places, years):
        own = link.new.years.filter(year=year).exclude(source=DERIVED).exclude(report_date__lt=link.effective)
        if not own.exists() or link.old.years.filter(year=year).exists():
            continue
        link.old.years.filter(year__lt=year, next_year__gt=year).update(next_year=year)
        apart = DivisionYear.objects.filter(division__successors__new=link.new, year=year)
        for sums in () if apart.exists() else link.new.years.filter(year=year + 1, source=DERIVED):
            sums.delete()
            own.update(next_year=sums.next_year)
        mark([link.old_id])


def uncover(places, years):
    """The opposite of `cover` where the heir's figures were taken away again."""
    for link, year in mergers(places, years):
        if not link.new.years.filter(year=year).exclude(source=DERIVED).exists():
            link.old.years.filter(year__lt=year, next_year=year).update(next_year=year + 1)
            join_figures(link.old, link.new, link.effective)
            mark([link.old_id])


def mergers(places, years):
    """(link, year) of what the places took over last and alone in one of the years, not on its first day."""
    links = DivisionLink.objects.filter(new__in=places, effective__year__in=years).select_related("old", "new")
    for link in links.order_by("effective", "pk"):
        others = link.old.successors.filter(effective__gte=link.effective).exclude(pk=link.pk)
        if first_year(link.effective) != link.effective.year and not others.exists():
            yield link, link.effective.year


def newest(place, year):
    """A place's figures before the year; the sum an earlier merger made for that year tells more."""
    return place.years.filter(Q(year__lt=year) | Q(year=year, source=DERIVED)).order_by("-year").first()


def total(values):
    return None if None in values else sum(values)


def stop_figures(place, on):
    """Figures of a place that ended or shrank hold until the first whole year after the day."""
    year = first_year(on)
    place.years.filter(year__lt=year, next_year=None).update(next_year=year)


def same_names(place):
    """Names that more than one organization in force at the place bears: the bureau decides whether they are one."""
    rows = (
        Organization.objects.filter(division=place)
        .in_force()
        .values("name_key")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
    )
    keys = [row["name_key"] for row in rows]
    found = Organization.objects.filter(division=place, name_key__in=keys).in_force().order_by("name_key", "id")
    return [{"uid": str(row.uid), "name": row.name} for row in found]
