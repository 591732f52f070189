"""Read files of divisions: check each line, spell its sort key, hand it on as text for COPY."""

import csv
from functools import cache

from django.utils.translation import gettext as _
from pypinyin import lazy_pinyin
from pypinyin.pinyin_dict import pinyin_dict

COLUMNS = ["code", "name", "level", "parent_code", "kind", "short_name", "full_name", "street_type", "virtual"]
LEVELS = {"province": "province", "city": "city", "county": "district", "street": "street", "village": "community"}
WIDTHS = {"province": 2, "city": 4, "district": 6, "street": 9, "community": 12}
KINDS = {"", "urban", "rural"}
MOST_ERRORS = 50
TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")


class DivisionFileError(Exception):
    """The file of divisions cannot be used; `errors` has one sentence for each fault, with file and line."""

    def __init__(self, errors):
        self.errors = list(errors)
        super().__init__("\n".join(self.errors))


def read_lines(paths):
    """[line, code, name, level, parent, kind, short name, full name, street type, virtual, sort key] of every file.

    The same line in two files (a shared province) counts once. Raises DivisionFileError with every fault found.
    """
    seen, errors = {}, []
    for path in paths:
        for place, row in rows_of(path):
            faults = list(faults_of(row)) or repetition(seen, path, row)
            errors += [f"{place}: {fault}" for fault in faults]
            if len(errors) >= MOST_ERRORS:
                raise DivisionFileError(errors)
            if not faults and row[0] not in seen:
                seen[row[0]] = (path, row)
                yield [place, *fields(row)]
    if errors:
        raise DivisionFileError(errors)


def rows_of(path):
    """(file and line, the nine cells) of each line below the header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        try:
            if next(reader, None) != COLUMNS:
                raise DivisionFileError([_("%(file)s: the first line must be %(columns)s.") % named(path)])
            yield from ((f"{path.name}:{reader.line_num}", row) for row in reader if row)
        except (UnicodeDecodeError, csv.Error) as error:
            raise DivisionFileError([_("%(file)s is not a CSV file in UTF-8.") % named(path)]) from error


def named(path):
    return {"file": path.name, "columns": ",".join(COLUMNS)}


def faults_of(row):
    """What is wrong with one line taken by itself."""
    if len(row) != len(COLUMNS):
        yield _("has %(found)d cells instead of %(expected)d.") % {"found": len(row), "expected": len(COLUMNS)}
        return
    code, name, level, _parent, kind, short_name, full_name, _street, virtual = row
    if level not in LEVELS:
        yield _("does not know the level “%(level)s”.") % {"level": level}
    elif not (code.isascii() and code.isdigit() and len(code) == WIDTHS[LEVELS[level]]):
        yield _("the code “%(code)s” is not right for this level.") % {"code": code}
    if not name.strip() or max(len(name), len(short_name)) > 100 or len(full_name) > 300 or "\0" in "".join(row):
        yield _("the name is missing, too long or broken.")
    if kind not in KINDS or (kind and level != "village") or virtual not in {"0", "1"}:
        yield _("the kind or the placeholder mark is not one we know.")


def repetition(seen, path, row):
    """A code may come twice only as the same line in another file."""
    earlier = seen.get(row[0])
    if earlier is None or (earlier[0] != path and earlier[1] == row):
        return []
    return [_("the code %(code)s came before.") % {"code": row[0]}]


def fields(row):
    code, name, level, parent, kind, short_name, full_name, street_type, virtual = row
    level, short_name = LEVELS[level], short_name or name
    key = sort_key(short_name, careful=level not in {"street", "community"})
    return [code, name, level, parent, kind, short_name, full_name or name, street_type, virtual, key]


def sort_key(name, *, careful=True):
    """The pinyin of a name, syllable by syllable, so that lists sort as a dictionary does.

    The careful way knows words (重庆: chong qing); the other takes each character's first reading and is ten times
    faster.
    """
    syllables = lazy_pinyin(name) if careful else map(syllable, name)
    return " ".join(syllables).lower()[:200]


@cache
def syllable(character):
    return pinyin_dict.get(ord(character), character).split(",")[0].translate(TONES)
