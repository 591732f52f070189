"""The list of organizations as a workbook: the same columns and the same rows as on screen."""

from django.db.models import F, Q

from registry.workbooks.records import Words, lines, ordered, place
from registry.workbooks.stream import Column, Sheet


def known_columns(words):
    """{name of a column of the list: (kind of its cells, width, where its values come from)}."""
    return {
        "tier": ("text", 14, words.tier()),
        "type": ("text", 16, "type__name"),
        "place": ("text", 26, place()),
        "state": ("text", 10, words.state()),
        "founded": ("date", 12, "founded"),
        "ended": ("date", 12, "ended"),
        "uscc": ("text", 22, "uscc"),
        "filing_no": ("text", 28, "filing_no"),
        "leader": ("text", 10, words.person("leader", "division_path")),
        "phone": ("text", 16, words.phone("leader", "division_path")),
        "members": ("number", 10, F("figures__members")),
        "volunteers": ("number", 12, F("figures__volunteers")),
        "party_members": ("number", 10, F("figures__party_members")),
        "flags": ("text", 24, words.flags()),
        "venue": ("text", 28, F("place")),
        "changed": ("moment", 18, "updated_at"),
    }


def list_sheet(rows, columns, *, title, name_label, user, unmasked=False):
    """The sheet of these organizations with their newest figures; `columns` are pairs of a name and its heading."""
    known = known_columns(Words(user, unmasked=unmasked))
    shown = [(label, *known[name]) for name, label in columns if name in known]
    return Sheet(
        title,
        [Column(name_label, width=32), *(Column(label, kind, width) for label, kind, width, _ in shown)],
        lines(ordered(rows, Q(years__next_year=None)), ["name", *(source for *_, source in shown)]),
    )
