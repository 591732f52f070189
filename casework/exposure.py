"""Finds personal numbers in what is about to be published and masks them: identity, phone and bank card numbers.

Digits may be of any width or script, spelled in Chinese, and split by blanks, dashes or signs nobody sees. Credit
codes, case and filing numbers, dates and amounts are left alone. Better one number too many than one too few: an
officer decides on what is found, nobody decides on what is not.
"""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _
from stdnum import luhn
from stdnum.cn import ric, uscc

from casework.reading.read import read_text

KINDS = {
    "id": _("identity number"),
    "phone": _("mobile number"),
    "landline": _("telephone number"),
    "card": _("bank card number"),
}
UNREAD = {
    "picture": _("It holds pictures or scanned pages, which cannot be searched."),
    "letters": _("Some of its characters cannot be told from their shapes."),
    "embedded": _("Other files are packed into it."),
    "encrypted": _("It is locked with a password."),
    "too_long": _("It is too long to be searched."),
    "damaged": _("It is damaged or does not hold what its name says."),
    "unknown": _("Files of this type cannot be searched."),
}
PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")
HIDDEN, DASH, BLANK = "\x00", "-", " "
SPELLED = str.maketrans("〇○零一幺二两三四五六七八九", "00011223456789")
SPELLED_RUN = re.compile(r"[〇○零一幺二两三四五六七八九](?:\x00*[〇○零一幺二两三四五六七八九]){10,}")
GROUP = re.compile(r"\d(?:\x00*\d)*(?:\x00*X(?![A-Za-z]))?|X(?![A-Za-z])")
BETWEEN = re.compile(r"(?:\x00*[ .()-]){1,3}\x00*")
CREDIT_CODE = re.compile(r"(?<![0-9A-Z])[1-9A-NY][0-9A-Z]\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])")
ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
MOBILE = re.compile(r"(?:0|(?:00)?86)?(1[3-9]\d{9})")
FIXED = re.compile(r"(?:(?:00)?86)?(0?(?:10|2\d|[3-9]\d\d))([2-8]\d{6,7})")
CARD = re.compile(r"(?:[3-9]|2[2-7])\d{15,18}")
MOBILE_LAYOUTS = {
    (3, 4, 4), (3, 8), (7, 4), (4, 3, 4), (4, 4, 3), (3, 3, 5), (5, 6), (6, 5), (3, 4, 2, 2), (3, 2, 2, 2, 2),
}  # fmt: skip
OLD_ID_LAYOUTS = {(6, 6, 3), (6, 2, 2, 2, 3)}
CALLED = re.compile(r"(?:电话|座机|固话|热线|传真|联系方式|tel|TEL|Tel)[^0-9\n]{0,4}$")
MONEY = re.compile(r"\x00*[ ]?[万亿]?元")
LOOKALIKES = {"x": "X", "×": "X", "Х": "X", "х": "X", "Χ": "X", "·": ".", "•": ".", "・": ".", "。": "."}
SHORTEST = 7  # a telephone number without its area code
LONGEST = 23  # 0086 before a bank card's 19 digits


class Finding(NamedTuple):
    """A personal number: its kind, where it stands in the text, how it may be shown, and in a file on which part."""

    kind: str
    start: int
    end: int
    masked: str
    place: str = ""


def find(text, allowed=()):
    """Every personal number in the text, in order. `allowed` are numbers that may stand, such as the office's line."""
    plain = readable(text)
    may_stand = {digits_of(readable(number)) for number in allowed}
    found = []
    for chain in chains(plain):
        if chain[-1].end() - chain[0].start() >= SHORTEST:
            found += in_chain(plain, chain)
    return [finding for finding, digits in found if digits not in may_stand]


def mask(text, allowed=()):
    """The text with every personal number masked: 138****5678, 310***********1234."""
    for finding in reversed(find(text, allowed)):
        text = text[: finding.start] + finding.masked + text[finding.end :]
    return text


class Plain(dict):
    """Translation table, filled as signs are met: one sign for one, so that places in the text stay the same."""

    def __missing__(self, code):
        self[code] = plain_sign(chr(code))
        return self[code]


def plain_sign(sign):
    kind = unicodedata.category(sign)
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if kind in ("Cf", "Mn", "Me"):
        return HIDDEN
    if kind in ("Zs", "Zl", "Zp", "Cc"):
        return BLANK
    if kind == "Pd" or sign in "_−~～/\\":
        return DASH
    wide = unicodedata.normalize("NFKC", sign)
    return LOOKALIKES.get(wide, wide if len(wide) == 1 and not wide.isdigit() else sign)


PLAIN = Plain()


def readable(text):
    """The text with plain digits, dashes and blanks, of the same length; credit codes are blotted out."""
    plain = text.translate(PLAIN)
    plain = SPELLED_RUN.sub(lambda run: run[0].translate(SPELLED), plain)
    return CREDIT_CODE.sub(lambda code: "C" * 18 if is_credit_code(code[0]) else code[0], plain)


def is_credit_code(code):
    """A code both of whose check characters agree, unless it is as good an identity number."""
    if not uscc.is_valid(code) or ric.is_valid(code):
        return False
    total = sum(int(sign, 36) * weight for sign, weight in zip(code[8:16], ORGANIZATION_WEIGHTS, strict=True))
    return code[16] == "0123456789X0"[11 - total % 11]


def digits_of(text):
    return "".join(sign for sign in text if sign.isdigit() or sign == "X")


def chains(plain):
    """Runs of digit groups with nothing but separators between them."""
    chain = []
    for group in GROUP.finditer(plain):
        if chain and not BETWEEN.fullmatch(plain, chain[-1].end(), group.start()):
            yield chain
            chain = []
        chain.append(group)
    if chain:
        yield chain


def in_chain(plain, chain):
    """(finding, digits) of a chain: at each group the longest number that begins there."""
    texts = [digits_of(group[0]) for group in chain]
    at = 0
    while at < len(chain):
        last, found = longest(plain, chain, texts, at)
        yield from found
        at = last + 1


def longest(plain, chain, texts, at):
    """(last group, what was found) of the longest number that begins at a group; the group itself if there is none."""
    for last in reversed(reach(texts, at)):
        start, end = chain[at].start(), chain[last].end()
        groups = texts[at : last + 1]
        if is_whole(plain, chain, texts, at, last) and (told := what(groups, plain, start, end)):
            return last, [(Finding(told[0], with_sign(plain, start, end), end, told[1]), "".join(groups))]
    return at, glued(texts[at], chain[at])


def reach(texts, at):
    """The groups a number beginning at `at` can end with."""
    length, ends = 0, []
    for last in range(at, len(texts)):
        length += len(texts[last])
        if length > LONGEST:
            break
        if length >= SHORTEST:
            ends.append(last)
    return ends


def with_sign(plain, start, end):
    """Where a number begins with the plus or the opening bracket that belongs to it."""
    before = plain[max(start - 1, 0) : start]
    return start - 1 if before == "+" or (before == "(" and ")" in plain[start:end]) else start


def is_whole(plain, chain, texts, at, last):
    """Whether a number of equal groups ends where the row of equal groups ends: a table's columns are no number.

    A row has one kind of gap all along: behind a full stop something else begins.
    """
    size = len(texts[at])
    if last == at or size not in (1, 4) or any(len(text) != size for text in texts[at : last + 1]):
        return True
    gap = gap_after(plain, chain, at)
    before = at > 0 and len(texts[at - 1]) == size and gap_after(plain, chain, at - 1) == gap
    return not before and not (
        last + 1 < len(texts) and len(texts[last + 1]) == size and gap_after(plain, chain, last) == gap
    )


def gap_after(plain, chain, at):
    """What stands between a group and the next one, besides blanks."""
    return plain[chain[at].end() : chain[at + 1].start()].strip()


def what(groups, plain, start, end):
    """(kind, masked) of the number these groups make, or None."""
    number = "".join(groups)
    layout = () if len(groups) == 1 or all(len(group) == 1 for group in groups) else tuple(map(len, groups))
    if "X" in number[:-1] or ("." in plain[start:end] and len(layout) == 2):
        return None
    if is_id(number, layout):
        return "id", f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"
    if is_card(number, layout):
        return "card", f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
    if MONEY.match(plain, end):
        return None
    return as_phone(groups, number, layout, plain[max(start - 16, 0) : start])


def as_phone(groups, number, layout, before):
    mobile = MOBILE.fullmatch(number)
    if mobile and (not layout or layout in MOBILE_LAYOUTS or without_country(groups) in MOBILE_LAYOUTS | {(11,)}):
        return "phone", f"{mobile[1][:3]}****{number[-4:]}"
    fixed = FIXED.fullmatch(number)
    if fixed and (fixed[1][0] == "0" or number.startswith(("86", "0086"))) and is_fixed_layout(groups, fixed):
        return "landline", f"{fixed[1]}-****{number[-4:]}"
    local = layout in ((), (4, 4), (3, 4)) and re.fullmatch(r"[2-8]\d{6,7}", number)
    if local and CALLED.search(before) and not is_day(number):
        return "landline", f"****{number[-4:]}"
    return None


def without_country(groups):
    rest = groups[1:] if groups[0] in ("86", "0086", "0") else groups
    return tuple(map(len, rest))


def is_fixed_layout(groups, fixed):
    """Written in one, or broken at the area code and in the middle."""
    ends = {len("".join(groups[: at + 1])) for at in range(len(groups) - 1)}
    middle = fixed.end(2) - 4
    return all(len(group) == 1 for group in groups) or ends <= {fixed.start(1), fixed.end(1), middle}


def is_id(number, layout):
    """Eighteen characters with a province and a birthday, whatever the check digit; in one piece a province will do."""
    if len(number) == 18 and PROVINCE.match(number):
        return not layout or is_day(number[6:14])
    old = len(number) == 15 and number.isdigit() and PROVINCE.match(number)
    return bool(old) and (not layout or layout in OLD_ID_LAYOUTS) and is_day("19" + number[6:12])


def is_day(text):
    """Whether eight digits are a day since 1900."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])).year >= 1900 and int(text[:4]) < 2100
    except ValueError:
        return False


def is_card(number, layout):
    fours = all(size == 4 for size in layout[:-1]) and (not layout or layout[-1] <= 4)
    return bool(CARD.fullmatch(number)) and (fours or layout[:1] == (6,)) and luhn.is_valid(number)


def glued(text, group):
    """Numbers in one run without a gap, as columns of a table stand when a file is read: a phone, then an identity."""
    found, at = [], 0
    while len(text) > 19 and HIDDEN not in group[0] and at < len(text):
        size = size_at(text, at, edge=at == 0 or bool(found and found[-1][0].end == group.start() + at))
        if size:
            piece, start = text[at : at + size], group.start() + at
            kind, masked = what([piece], "", 0, 0)
            found.append((Finding(kind, start, start + size, masked), piece))
        at += size or 1
    return found


def size_at(text, at, *, edge):
    """Length of a certain number here, else 0: an identity number by its check digit, a mobile one by its edges."""
    if ric.is_valid(text[at : at + 18]):
        return 18
    following = text[at + 11 : at + 29]
    goes_on = not following or ric.is_valid(following[:18]) or MOBILE.fullmatch(following[:11])
    return 11 if edge and goes_on and MOBILE.fullmatch(text[at : at + 11]) else 0


class Scan(NamedTuple):
    """What a file shows: the numbers found, and why some of it could not be searched (codes of UNREAD)."""

    findings: list
    unread: list

    @property
    def is_clear(self):
        """Nothing found and nothing left unread: only then may a file be published without a person's word."""
        return not self.findings and not self.unread


def scan_file(data, content_type="", allowed=()):
    """Search a file that is to be published. `place` of a finding is the page of a PDF or the part of an Office file.

    Pictures and whatever else cannot be read as text are named in `unread`: a person must look at them and say so.
    """
    text = read_text(data, content_type)
    findings = [found._replace(place=place) for place, words in text.parts for found in find(words, allowed)]
    return Scan(findings, sorted(text.unread))
