"""Read files of divisions: check each line, spell its sort key, hand it on as text for COPY."""

import csv
import os
from functools import cache
from importlib import import_module

from django.utils.translation import gettext as _

os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # `know_words` reads them: they would take 50 MB of every process

from pypinyin import lazy_pinyin, load_phrases_dict
from pypinyin.pinyin_dict import pinyin_dict

COLUMNS = ["code", "name", "level", "parent_code", "kind", "short_name", "full_name", "street_type", "virtual"]
LEVELS = {"province": "province", "city": "city", "county": "district", "street": "street", "village": "community"}
WIDTHS = {"province": 2, "city": 4, "district": 6, "street": 9, "community": 12}
KINDS = {"", "urban", "rural"}
VIRTUAL = {"0", "1"}
MOST_ERRORS = 50
TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")


class Syllables(dict):
    """For str.translate: a Han character becomes its first reading and a blank; each is looked up once."""

    def __missing__(self, number):
        reading = pinyin_dict.get(number, chr(number)).split(",")[0].translate(TONES)
        self[number] = f"{reading} "
        return self[number]


SYLLABLES = Syllables()


class DivisionFileError(Exception):
    """The file of divisions cannot be used; `errors` has one sentence for each fault, with file and line."""

    def __init__(self, errors):
        self.errors = list(errors)
        super().__init__("\n".join(self.errors))


def read_lines(paths):
    """Lines for COPY: file, line, code, name, level, parent, kind, short and full name, street type, virtual, sort key.

    Looks at each line by itself; raises DivisionFileError with every fault found.
    """
    errors = []
    for path in paths:
        file = "".join(character for character in path.name if character.isprintable() and character != "\\")
        for line, row in rows_of(path):
            if is_sound(row):
                yield copied(file, str(line), row)
                continue
            errors += [f"{path.name}:{line}: {fault}" for fault in faults_of(row)]
            if len(errors) >= MOST_ERRORS:
                raise DivisionFileError(errors)
    if errors:
        raise DivisionFileError(errors)


def rows_of(path):
    """(line number, the nine cells) of each line below the header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        try:
            if next(reader, None) != COLUMNS:
                names = {"file": path.name, "columns": ",".join(COLUMNS)}
                raise DivisionFileError([_("%(file)s: the first line must be %(columns)s.") % names])
            yield from ((reader.line_num, row) for row in reader if row)
        except (UnicodeDecodeError, csv.Error) as error:
            raise DivisionFileError([_("%(file)s is not a CSV file in UTF-8.") % {"file": path.name}]) from error


def is_sound(row):
    """The cheap question asked of every line; only a line that fails it is asked what is wrong."""
    if len(row) != len(COLUMNS) or row[2] not in LEVELS:
        return False
    code, name, level, parent, kind, short_name, full_name, street, virtual = row
    texts = f"{name}{short_name}{full_name}{street}{parent}"
    return bool(
        len(code) == WIDTHS[LEVELS[level]]
        and code.isascii()
        and code.isdigit()
        and 0 < len(name) <= 100
        and len(short_name) <= 100
        and len(full_name) <= 300
        and (not kind or (level == "village" and kind in KINDS))
        and virtual in VIRTUAL
        and texts.isprintable()
        and "\\" not in texts
    )


def faults_of(row):
    """What is wrong with one line taken by itself."""
    if len(row) != len(COLUMNS):
        return [_("has %(found)d cells instead of %(expected)d.") % {"found": len(row), "expected": len(COLUMNS)}]
    code, _name, level, _parent, kind, _short, _full, _street, virtual = row
    if level not in LEVELS:
        return [_("does not know the level “%(level)s”.") % {"level": level}]
    if not (code.isascii() and code.isdigit() and len(code) == WIDTHS[LEVELS[level]]):
        return [_("the code “%(code)s” is not right for this level.") % {"code": code}]
    if (kind and level != "village") or kind not in KINDS or virtual not in VIRTUAL:
        return [_("the kind or the placeholder mark is not one we know.")]
    return [_("the name is missing, too long or broken.")]


def copied(file, number, row):
    """One line of COPY's text format; sound cells hold nothing that must be escaped there."""
    code, name, level, parent, kind, short_name, full_name, street_type, virtual = row
    short_name = short_name or name
    key = sort_key(short_name, careful=level not in {"street", "village"})
    cells = (file, number, code, name, LEVELS[level], parent, kind, short_name, full_name or name, street_type, virtual)
    return "\t".join((*cells, key)) + "\n"


def sort_key(name, *, careful=True):
    """The pinyin of a name, syllable by syllable, so that lists sort as a dictionary does.

    The careful way knows words (重庆: chong qing); the other takes each character's first reading and is ten times
    faster.
    """
    if careful:
        know_words()
    spelled = " ".join(lazy_pinyin(name)) if careful else name.translate(SYLLABLES)
    return spelled.lower().strip()[:200]


@cache
def know_words():
    load_phrases_dict(import_module("pypinyin.phrases_dict").phrases_dict)
