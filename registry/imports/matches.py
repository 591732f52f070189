"""Which line of the file, or which stored organization, a line repeats."""

from registry.duplicates import Candidate, known
from registry.models import Organization
from registry.naming import signature

REGISTERED, CODED, FILED, MARKS = 1, 2, 4, 7
MOST_SHEETS = 10_000


class Firsts:
    """The first line of everything the file names, in few bytes each: a survey has a hundred thousand of them."""

    def __init__(self):
        self.sheets, self.lines = [], {}
        self.codes, self.filings, self.names = {}, {}, {}

    def first(self, key, here, *, good=True):
        """The (sheet, row) of the good line that said `key` before; remembers `here` and answers None without one."""
        mine = self._packed(here)
        first = self.lines.setdefault(key, mine) if good else self.lines.get(key, mine)
        return None if first == mine else self._unpacked(first)

    def organization(self, found, uscc, filing_no, *, registered, here, good=True):
        """((sheet, row), how) of the line with the same code, filing number in the district or name in the division.

        A line with errors is nobody's first: a good one that repeats it is the one to keep.
        As `duplicates.verdict` says it: different codes or numbers tell namesakes apart, and so does the tier.
        """
        names = self.names.setdefault(found["division"], {})
        filing = (found["district"], filing_no)
        if uscc and uscc in self.codes:
            return self._unpacked(self.codes[uscc]), "uscc"
        if filing_no and filing in self.filings:
            return self._unpacked(self.filings[filing]), "filing_no"
        marks = registered * REGISTERED | bool(uscc) * CODED | bool(filing_no) * FILED
        first = names.get(found["key"])
        if first is not None and is_same(first & MARKS, marks):
            return self._unpacked(first >> 3), "name"
        if not good:
            return None
        mine = self._packed(here)
        if uscc:
            self.codes[uscc] = mine
        if filing_no:
            self.filings[filing] = mine
        names.setdefault(found["key"], mine << 3 | marks)
        return None

    def _packed(self, here):
        sheet, row = here
        if sheet not in self.sheets:
            self.sheets.append(sheet)
        return row * MOST_SHEETS + self.sheets.index(sheet)

    def _unpacked(self, packed):
        return self.sheets[packed % MOST_SHEETS], packed // MOST_SHEETS


def is_same(one, other):
    """Whether namesakes with these marks are one: of one tier, and no two codes or numbers that would differ."""
    return not one & other & (CODED | FILED) and not (one ^ other) & REGISTERED


class Register:
    """The stored organizations of the batch's district (or of its whole area), read once."""

    def __init__(self, places):
        district = next((pk for pk in places.root.ancestor_ids if pk in places.districts), None)
        rows = Organization.objects.filter(district=district) if district else Organization.objects.under(places.root)
        self.known = known(rows)
        self.stored = {row[0]: row for row in rows.values_list("id", "name", "division_id", "uid").iterator()}
        self.by_uid = {str(row[3]): row[0] for row in self.stored.values()}

    def matches(self, found, uscc, filing_no):
        """The stored organizations a new line is or may be, the surest first."""
        if not self.known.may_match(uscc, filing_no, found["division"], found["district"]):
            return []
        return self.known.match(
            Candidate(
                -1,
                None,
                found["key"],
                found["division"],
                found["district"],
                uscc,
                filing_no,
                found.get("tier", ""),
                phone_hash=found["phone"],
                bits=signature(found["key"]),
            )
        )
