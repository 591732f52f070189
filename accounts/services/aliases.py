"""Former names and codes of divisions, from files that compare two years' lists."""

import csv
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Division, DivisionAlias
from accounts.services.division_file import DivisionFileError

COLUMNS = ["area", "change", "old_code", "old_name", "old_street", "new_code", "new_name"]
CHANGES = {"moved_or_recoded", "same_code_renamed", "suffix_changed", "code_reused_name_elsewhere", "gone"}


@dataclass
class AliasReport:
    """How many former names were read and are new, and the lines that lead nowhere (places gone or not loaded)."""

    read: int = 0
    created: int = 0
    gone: list = field(default_factory=list)
    unknown: list = field(default_factory=list)


@transaction.atomic
def load_aliases(paths):
    """Store each line's former name, code and street with the division it became; safe to run again.

    The successor is the division that holds the new code and goes by the new name (several codes: several successors,
    and the resolver asks): a code that meanwhile belongs to another place leads nowhere, and is reported. Lines that
    say "gone" have no successor and are reported too.
    """
    report, wanted = AliasReport(), []
    for path in paths:
        rows = list(rows_of(path))
        report.read += len(rows)
        codes = {code for row in rows for code in row["new_code"].split()}
        known = {row.code: row for row in Division.objects.in_force().filter(code__in=codes)}
        for row in rows:
            sort_out(row, known, report, wanted)
    before = DivisionAlias.objects.count()
    DivisionAlias.objects.bulk_create(wanted, ignore_conflicts=True)
    report.created = DivisionAlias.objects.count() - before
    return report


def rows_of(path):
    """The lines as dicts; DivisionFileError when the file is not of this shape."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        try:
            columns, rows = reader.fieldnames, list(reader)
        except (UnicodeDecodeError, csv.Error) as error:
            raise DivisionFileError([_("%(file)s is not a CSV file in UTF-8.") % {"file": path.name}]) from error
    if columns != COLUMNS:
        names = {"file": path.name, "columns": ",".join(COLUMNS)}
        raise DivisionFileError([_("%(file)s: the first line must be %(columns)s.") % names])
    faults = [
        _("%(file)s:%(line)d: does not know the change “%(change)s”.")
        % {"file": path.name, "line": line, "change": row["change"]}
        for line, row in enumerate(rows, 2)
        if row["change"] not in CHANGES or None in row.values() or None in row
    ]
    if faults:
        raise DivisionFileError(faults)
    return rows


def sort_out(row, known, report, wanted):
    """Put one line on the list of aliases to store, or in the report."""
    text = f"{row['old_code']} {row['old_name']}"
    # Where a code was re-used, the file's new name is that of the code's present owner; the old name tells the place.
    names = [row["old_name"]] if row["change"] == "code_reused_name_elsewhere" else row["new_name"].split()
    found = [known[code] for code in row["new_code"].split() if code in known and known[code].name in names]
    wanted += [alias(row, division) for division in found]
    if row["change"] == "gone":
        report.gone.append(text)
    elif not found:
        report.unknown.append(f"{text} → {row['new_code']} {row['new_name']}")


def alias(row, division):
    code = row["old_code"] if row["old_code"] != division.code else ""
    return DivisionAlias(division=division, code=code, name=row["old_name"], street_name=row["old_street"])
