"""One key for all spellings of an organization's name: what counts as the same name, and what is nearly the same."""

import re
import unicodedata
from functools import lru_cache

from accounts.models import DivisionLink, DivisionPeriod

SIGNS = re.compile(r"[\W_]+")
WORDS = (
    (re.compile("社区居民委员会|社区居委会|居民委员会|社区居委|居委会|居委"), "社区"),
    (re.compile("村民委员会|村委会|村委"), "村"),
    (re.compile("舞蹈"), "舞"),
    (re.compile("志愿者"), "志愿"),
    (re.compile("团队|队伍"), "队"),
)
SPELLINGS = re.compile("居民?委|村民?委|舞蹈|志愿者|团队|队伍")
HAN_NUMBER = re.compile("[零〇一二三四五六七八九十百]+")
HAN_DIGITS = {sign: digit for digit, sign in enumerate("零一二三四五六七八九")} | {"〇": 0}
FILLING = re.compile(r"(?<!\d)0+(?=\d)")
ORDINAL = re.compile(r"第(?=\d)")
KEY_LENGTH = 100
NEAR = 2


def name_key(name, *, division=None, prefixes=None):
    """The comparison key of a name.

    Width, blanks, brackets, quotes and case do not matter; 第一, 一 and 1 are one, so are 舞蹈队 and 舞队, 居委会 and
    社区; names of the home division and its ancestors at the front are dropped. Loops pass `prefixes` (see
    `prefixes_of_all`) instead of `division`. For comparison only, never for display.
    """
    key = fold(name)
    if prefixes is None:
        prefixes = prefixes_of(division) if division is not None else ()
    return without_prefixes(key, prefixes)[:KEY_LENGTH]


@lru_cache(maxsize=4096)
def fold(name):
    """The name in its plainest spelling."""
    text = unicodedata.normalize("NFKC", name)
    text = text.lower() if text.isalnum() else SIGNS.sub("", text).lower()
    if SPELLINGS.search(text):
        for pattern, word in WORDS:
            text = pattern.sub(word, text)
    text = HAN_NUMBER.sub(lambda found: str(number_of(found[0])), text)
    return ORDINAL.sub("", text)


def number_key(text):
    """The comparison key of a filing number: zeros that only fill do not matter (第77号, 第00077号)."""
    return FILLING.sub("", text)


def number_of(words):
    """一百二十三 → 123; signs without 十 or 百 are read one by one (三八 → 38)."""
    if not any(sign in words for sign in "十百"):
        return "".join(str(HAN_DIGITS[sign]) for sign in words)
    total, digit = 0, 0
    for sign in words:
        if sign in HAN_DIGITS:
            digit = HAN_DIGITS[sign]
        else:
            total, digit = total + (digit or 1) * (10 if sign == "十" else 100), 0
    return total + digit


def without_prefixes(key, prefixes):
    """The key without division names at its front, as long as at least two characters are left."""
    rest = key
    while rest.startswith(prefixes):
        found = next((word for word in prefixes if rest.startswith(word) and len(rest) - len(word) >= 2), None)
        if found is None:
            return rest
        rest = rest[len(found) :]
    return rest


def prefixes_of(division):
    """Folded names, longest first, of the division and all its ancestors."""
    return prefixes_of_all([division])[division.pk]


def prefixes_of_all(divisions):
    """{division id: folded names of it and its ancestors} of many divisions with two queries.

    Former names count, and those of what was merged into them: a key stays the same when its division changes.
    """
    wanted = {pk for division in divisions for pk in division.ancestor_ids}
    heirs = {pk: {pk} for pk in wanted}
    for old, new in DivisionLink.objects.filter(new__in=wanted).values_list("old", "new"):
        heirs.setdefault(old, set()).add(new)
    words = {}
    periods = DivisionPeriod.objects.filter(division__in=heirs)
    for pk, *names in periods.values_list("division", "name", "short_name").distinct():
        for heir in heirs[pk]:
            words.setdefault(heir, set()).update(word for name in names if len(word := fold(name)) > 1)
    return {division.pk: joined(division.ancestor_ids, words) for division in divisions}


def joined(ids, words):
    return tuple(sorted(set().union(*(words.get(pk, set()) for pk in ids)), key=len, reverse=True))


def is_near(one, other):
    """Whether two keys may be one organization misspelt: at most two edits, the same digits, and enough in common.

    Two edits in a short name change its meaning (阳光舞队, 晨曦舞队), so they count from six characters on.
    """
    if one == other or abs(len(one) - len(other)) > NEAR or digits(one) != digits(other):
        return False
    distance = edits(one, other)
    if distance > NEAR:
        return False
    longest = max(len(one), len(other))
    return longest >= (6 if distance == NEAR else 3)


def digits(key):
    return "".join(sign for sign in key if sign.isdecimal())


def edits(one, other):
    """Levenshtein distance; any number above NEAR when it is larger than that."""
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, 1):
        previous, row[0] = row[0], at
        for place, mark in enumerate(other, 1):
            previous, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, previous + (sign != mark))
        if min(row) > NEAR:
            return NEAR + 1
    return row[-1]


def signature(key):
    """A bit per character (folded to 61): two edits change at most four bits, a cheap test before `is_near`."""
    bits = 0
    for sign in key:
        bits |= 1 << (ord(sign) % 61)
    return bits


def may_be_near(one, other):
    """The cheap test on two signatures: False means certainly not near."""
    return (one ^ other).bit_count() <= 2 * NEAR
