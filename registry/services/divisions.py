"""What the registry does when the tree of divisions is loaded: organizations follow, figures are redone."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Division
from accounts.services.aliases import load_aliases
from accounts.services.divisions import load_divisions
from casework import audit
from registry.services.guards import require_right, twice
from registry.services.marks import mark

MOST_MARKED = 10_000

RENAME = """
    UPDATE accounts_division SET full_name = %(new)s || substr(full_name, length(%(old)s) + 1)
    WHERE path LIKE %(path)s || '%%' AND starts_with(full_name, %(old)s)
"""

# The denormalised path and district of organizations whose division moved.
REALIGN = """
    UPDATE registry_organization o SET division_path = d.path, district_id = coalesce(
        (SELECT a.id FROM accounts_division a
            WHERE a.id = ANY (string_to_array(trim(trailing '.' FROM d.path), '.')::bigint[]) AND a.level = 'district'),
        o.district_id)
    FROM accounts_division d
    WHERE d.id = o.division_id AND o.division_path <> d.path
"""
# The same of cases, with their publicity notices and ratings.
REALIGN_CASES = """
    WITH moved AS (
        UPDATE casework_case c SET division_path = d.path FROM accounts_division d
        WHERE d.id = c.division_id AND c.division_path <> d.path RETURNING c.id, d.path
    ), notices AS (
        UPDATE casework_publicity p SET division_path = m.path FROM moved m WHERE p.case_id = m.id
    )
    UPDATE casework_rating r SET division_path = m.path FROM moved m WHERE r.case_id = m.id
"""
# Filing numbers that would then stand twice in a district: read only once REALIGN was refused.
TWICE = """
    SELECT o.filing_no, a.id, array_agg(o.id)
    FROM registry_organization o JOIN accounts_division d ON d.id = o.division_id
    JOIN accounts_division a ON a.level = 'district'
        AND a.id = ANY (string_to_array(trim(trailing '.' FROM d.path), '.')::bigint[])
    WHERE o.filing_no <> ''
    GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1 LIMIT 10
"""


@transaction.atomic
def load_tree(paths, *, effective=None, take_kinds=False, by):
    """Load files of divisions (see accounts.services.divisions), let organizations follow, leave one audit event.

    Marks what was touched for the rollup; a load of more than 10,000 divisions is left to the full rollup.
    """
    report = load_divisions(paths, effective=effective, take_kinds=take_kinds)
    if report.moved:
        realign_organizations(by=by)
    if len(report.touched) <= MOST_MARKED:
        mark(report.touched)
    counts = {"read": report.read, "created": report.created, "changed": report.changed}
    audit.record(
        "divisions.load",
        by=by,
        after={**counts, "files": [path.name for path in paths], "effective": effective, "changes": report.changes},
        path="",
    )
    return report


@transaction.atomic
def load_former_names(paths, *, by):
    """Load files of former names and codes and leave one audit event."""
    report = load_aliases(paths)
    counts = {"read": report.read, "created": report.created, "gone": len(report.gone), "unknown": len(report.unknown)}
    audit.record("divisions.load_aliases", by=by, after={**counts, "files": [path.name for path in paths]}, path="")
    return report


def realign_organizations(*, by):
    """Write the path and district of divisions that moved onto their organizations and cases, set-wise.

    Refuses a move that would bring two organizations with the same filing number into one district.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(REALIGN)
            cursor.execute(REALIGN_CASES)
    except IntegrityError as error:
        raise ValidationError(clashes(by)) from error


def clashes(by):
    with connection.cursor() as cursor:
        cursor.execute(TWICE)
        found = cursor.fetchall()
    districts = Division.objects.in_bulk(district for _number, district, _ids in found)
    return [twice(number, districts[district], ids, by) for number, district, ids in found]


def rename_below(place, full_name):
    """Give a division its full name and pass it on to everything below, set-wise."""
    with connection.cursor() as cursor:
        cursor.execute(RENAME, {"old": place.full_name, "new": full_name, "path": place.path})
    place.full_name = full_name


@transaction.atomic
def correct_kind(*, division, kind, by):
    """Set a community's urban or rural kind where it was recorded wrongly: a correction, also of the open period.

    From then on the bureau's answer wins over loaded files. A real change of kind on a day is a change of divisions.
    """
    place = Division.objects.select_for_update().get(pk=division.pk)
    if place.level != Division.Level.COMMUNITY or kind not in Division.Kind.values:
        raise ValidationError({"kind": _("Only a community is urban or rural.")})
    require_right(by, "accounts.change_division", place)
    before, place.kind = place.kind, kind
    place.save(update_fields=["kind"])
    place.periods.filter(ends=None).update(kind=kind)
    mark([place.pk])
    audit.record("correct_kind", place, by=by, before={"kind": before}, after={"kind": kind})
    return place
