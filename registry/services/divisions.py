"""What the registry does when the tree of divisions is loaded: organizations follow, figures are redone."""

from django.db import connection, transaction

from accounts.services.aliases import load_aliases
from accounts.services.divisions import load_divisions
from casework import audit
from registry.services.marks import mark

MOST_MARKED = 10_000

# The denormalised path and district of organizations whose division moved.
REALIGN = """
    UPDATE registry_organization o SET division_path = d.path, district_id = coalesce(
        (SELECT a.id FROM accounts_division a
            WHERE a.id = ANY (string_to_array(trim(trailing '.' FROM d.path), '.')::bigint[]) AND a.level = 'district'),
        o.district_id)
    FROM accounts_division d
    WHERE d.id = o.division_id AND o.division_path <> d.path
"""


@transaction.atomic
def load_tree(paths, *, effective=None, take_kinds=False, by):
    """Load files of divisions (see accounts.services.divisions), let organizations follow, leave one audit event.

    Marks what was touched for the rollup; a load of more than 10,000 divisions is left to the full rollup.
    """
    report = load_divisions(paths, effective=effective, take_kinds=take_kinds)
    if report.moved:
        realign_organizations()
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


def realign_organizations():
    """Write the path and district of divisions that moved onto their organizations: one statement; how many."""
    with connection.cursor() as cursor:
        cursor.execute(REALIGN)
        return cursor.rowcount
