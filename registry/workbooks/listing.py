"""The list of organizations as a workbook: the same columns and the same rows as on screen."""

from registry.workbooks.records import Words, list_records, place_of
from registry.workbooks.stream import Column, Sheet

# Name of a column of the list -> kind of its cells, width, and its value of a record.
VALUES = {
    "tier": ("text", 14, lambda row, words: words.tier(row)),
    "type": ("text", 16, lambda row, _words: row.type__name),
    "place": ("text", 26, lambda row, _words: place_of(row)),
    "state": ("text", 10, lambda row, words: words.state(row)),
    "founded": ("date", 12, lambda row, _words: row.founded),
    "ended": ("date", 12, lambda row, _words: row.ended),
    "uscc": ("text", 22, lambda row, _words: row.uscc),
    "filing_no": ("text", 28, lambda row, _words: row.filing_no),
    "leader": ("text", 10, lambda row, words: words.leader(row)),
    "phone": ("text", 16, lambda row, words: words.phone(row)),
    "members": ("number", 10, lambda row, _words: row.year_members),
    "volunteers": ("number", 12, lambda row, _words: row.year_volunteers),
    "party_members": ("number", 10, lambda row, _words: row.year_party_members),
    "flags": ("text", 24, lambda row, words: words.flags(row)),
    "venue": ("text", 28, lambda row, _words: row.place),
    "changed": ("moment", 18, lambda row, _words: row.updated_at),
}


def list_sheet(rows, columns, *, title, name_label, user, unmasked=False):
    """The sheet of these organizations; `columns` are pairs of a column's name and its heading."""
    words = Words(user, unmasked=unmasked)
    shown = [(label, *VALUES[name]) for name, label in columns if name in VALUES]
    values = [value for *_, value in shown]
    return Sheet(
        title,
        [Column(name_label, width=32), *(Column(label, kind, width) for label, kind, width, _ in shown)],
        ([row.name, *(value(row, words) for value in values)] for row in list_records(rows)),
    )
