"""The drop-downs of our workbooks: lists on a hidden sheet, referred to by range, which Excel and WPS both take."""

from registry.imports.choices import Choices
from registry.survey.columns import BASE, NEED, ORG, PROJECT, Field
from registry.workbooks.stream import Column, Sheet, letters

SHEET = "_lists"
KINDS = {"int": "number", "decimal": "number", "ignore": "number", "date": "date", "percent": "percent"}
WIDTHS = {
    "seq": 6,
    "name": 32,
    "region": 28,
    "region_code": 15,
    "uscc": 22,
    "filing_no": 28,
    "content": 48,
    "place": 30,
    "remark": 30,
}
# Lists that guide and still let other words in: places may be written in other ways, and so may states of needs.
LOOSE = frozenset(("region", "kind"))


class Lists:
    """Collects the lists of a workbook; `range_of` answers where a list stands."""

    def __init__(self):
        self.lists = {}

    def range_of(self, key, words):
        """ "_lists!$A$1:$A$3" for the words, or nothing for none; the same list is kept once."""
        if not words:
            return ""
        self.lists.setdefault(key, [str(word) for word in words])
        letter, last = letters(list(self.lists).index(key)), len(self.lists[key])
        return f"{SHEET}!${letter}$1:${letter}${last}"

    def sheet(self):
        longest = max(map(len, self.lists.values()), default=0)
        rows = ([words[at] if at < len(words) else None for words in self.lists.values()] for at in range(longest))
        return Sheet(SHEET, [Column(key) for key in self.lists], rows, hidden=True, header=False)


def own_words(division):
    """{(kind of sheet, field): words} of the district; nothing for the whole portal, where districts differ."""
    if division is None:
        return {}
    words = Choices(division)
    return {
        (ORG, "tier"): list(words.tier_names.values()),
        (ORG, "type"): words.type_names() if words.scheme else [],
        (ORG, "status"): list(dict.fromkeys(choice.word for choice in words.states.values())),
    }


class Offered:
    """What may be chosen in the columns of each sheet, in the words of a district."""

    def __init__(self, division, regions=()):
        self.lists = Lists()
        self.words = own_words(division) | {(kind, "region"): list(regions) for kind in (ORG, BASE, NEED, PROJECT)}

    def of(self, kind, field: Field):
        return self.words.get((kind, field.key)) or list(field.choices)

    def column(self, kind, field, *, hidden=False):
        """The column of a field of the survey: required ones marked, codes as text, its choices and its note."""
        offered = self.of(kind, field)
        key = "region" if field.key == "region" else "yesno" if field.type == "yesno" else f"{kind}.{field.key}"
        return Column(
            field.header,
            KINDS.get(field.type, "text"),
            WIDTHS.get(field.key, max(10, min(24, 2 * len(field.header) + 2))),
            required=field.required,
            hidden=hidden,
            choices=self.lists.range_of(key, offered),
            strict=field.key not in LOOSE,
            hint=field.note,
        )
