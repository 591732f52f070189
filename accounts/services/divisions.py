"""Load the official tree of divisions set-wise, keep its dated periods in step, and spell former names."""

import tempfile
from contextlib import nullcontext
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Division
from accounts.services import division_sql as sql
from accounts.services.bulk import rebuilt_indexes
from accounts.services.division_file import DivisionFileError, read_lines

EXAMPLES = 20
TABLES = ["accounts_division", "accounts_divisionperiod"]


@dataclass
class LoadReport:
    """What a load did, in numbers, with up to 20 examples each of what an officer should look at."""

    read: int = 0
    spliced: int = 0
    created: int = 0
    changed: int = 0
    changes: list = field(default_factory=list)
    kinds_kept: list = field(default_factory=list)
    left_out: list = field(default_factory=list)
    touched: list = field(default_factory=list)
    moved: bool = False


@transaction.atomic
def load_divisions(paths, *, effective=None, take_kinds=False):
    """Bring the tree up to the files: all of it or, on any fault, nothing (DivisionFileError names file and line).

    A division is recognised by its code; failing that, under the same parent, by level and name (a new code for a
    known place). With `effective` a changed name, code, kind or parent closes the open period on that day; without it
    the open period is corrected. The bureau's own kind of a community wins over the file's unless `take_kinds`.
    Divisions that the files do not name stay as they are and are reported.
    """
    report = LoadReport()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE accounts_division IN SHARE ROW EXCLUSIVE MODE")
        report.read = stage(cursor, paths)
        cursor.execute(sql.SPLICE)
        report.spliced = cursor.fetchone()[0]
        place(cursor)
        compare(cursor, report, take_kinds=take_kinds)
        store(cursor, report, effective)
    return report


def stage(cursor, paths):
    """COPY the checked lines into a temporary table; the number of lines."""
    cursor.execute(sql.STAGE)
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
        file.writelines(read_lines(paths))
        file.seek(0)
        cursor.copy_expert("COPY staged FROM STDIN", file)
    count = cursor.rowcount
    cursor.execute("ANALYZE staged (code, parent, level)")
    if len(paths) > 1:
        cursor.execute(sql.SAME_IN_TWO_FILES)
    cursor.execute(sql.REPEATED)
    refuse(cursor, _("%(line)s: the code %(parent)s of %(name)s comes more than once."))
    return count


def place(cursor):
    """Give every staged line its id, parent and path, level by level from the province down."""
    cursor.execute(sql.ORPHANS)
    refuse(cursor, _("%(line)s: the parent %(parent)s of %(name)s is not known, or not above it."))
    for level in Division.Level.values:
        cursor.execute(sql.ADD_PLACES, {"level": level})
        cursor.execute("ANALYZE placed")


def compare(cursor, report, *, take_kinds):
    cursor.execute(sql.CHANGES, {"take_kinds": take_kinds})
    cursor.execute("ANALYZE changed")
    cursor.execute("SELECT id, moved, old_code, old_name, code, name FROM changed ORDER BY code")
    rows = cursor.fetchall()
    report.changed, report.touched = len(rows), [row[0] for row in rows]
    report.moved = any(row[1] for row in rows)
    report.changes = [f"{old_code} {old} → {code} {new}" for _id, _m, old_code, old, code, new in rows[:EXAMPLES]]
    cursor.execute(sql.KINDS_KEPT)
    report.kinds_kept = [f"{code} {name}" for code, name in cursor.fetchall()]
    cursor.execute(sql.LEFT_OUT)
    report.left_out = [f"{code} {name}" for code, name in cursor.fetchall()]


def store(cursor, report, effective):
    """Write what is new and what changed, then bring paths, former names and periods in step."""
    cursor.execute(sql.ALIASES)
    cursor.execute(sql.CHANGE_DIVISIONS)
    cursor.execute("SELECT id FROM placed WHERE fresh")
    report.created = cursor.rowcount
    report.touched += [row[0] for row in cursor.fetchall()]
    with rebuilt_indexes(TABLES) if many_times_more(cursor, report.created) else nullcontext():
        cursor.execute(sql.ADD_DIVISIONS, {"valid_from": effective})
        if report.moved:
            repair_paths(cursor)
        keep_periods(cursor, effective)
    if report.created > 1000:
        cursor.execute("ANALYZE accounts_division, accounts_divisionperiod")


def many_times_more(cursor, created):
    """A first load: building the indexes anew then costs less than keeping them, and nobody is reading yet."""
    cursor.execute("SELECT count(*) FROM (SELECT FROM accounts_division LIMIT %s) known", [created])
    return created > 10 * cursor.fetchone()[0]


def repair_paths(cursor):
    """Rewrite the path of everything below a division that moved; one statement for each level below it."""
    cursor.execute(sql.REPAIR_PATHS)
    while cursor.rowcount:
        cursor.execute(sql.REPAIR_PATHS)


def keep_periods(cursor, effective=None):
    """Make open periods agree with today's divisions: closed and opened on `effective`, or corrected without it."""
    cursor.execute(sql.STRAYING)
    if effective:
        cursor.execute(sql.LATER_PERIODS, {"on": effective})
        refuse(cursor, _("%(line)s %(parent)s: already has a period from %(name)s; choose a later date."))
        cursor.execute(sql.CLOSE_PERIODS, {"on": effective})
    cursor.execute(sql.CHANGE_PERIODS)
    cursor.execute(sql.ADD_PERIODS, {"starts": effective})


def refuse(cursor, sentence):
    rows = cursor.fetchall()
    if rows:
        raise DivisionFileError(
            sentence % {"line": line, "parent": parent, "name": name} for line, parent, name in rows
        )
