"""Characters of a cell: what is invisible, what is full-width, and the error every normaliser raises."""

import datetime as dt
import re

INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufffe\uffff\ud800-\udfff\u00ad]"
)
BLANKS = re.compile(r"[\s\u00a0\u3000]+")
PLAIN = re.compile(r"[\x21-\x7e\u3001-\ud7ff\u2010-\u201f\u00b0-\u00ff]+(?: [\x21-\x7e\u3001-\ud7ff]+)*")
PREFIX = re.compile(rb"<(/?)\w+:(?=(?:sheetData|row|c|v|f|is|mergeCell)\b)")
WIDE = {code: code - 0xFEE0 for span in ((0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B)) for code in range(*span)}


class CellError(ValueError):
    """A cell that cannot be read: a message code and the values its sentence names."""

    def __init__(self, code, value, **params):
        super().__init__(code)
        self.code = code
        self.params = {"value": value, **params}


def clean(raw):
    """Text without invisible characters and with runs of blanks made one; escaped carriage returns undone."""
    if PLAIN.fullmatch(raw):
        return raw
    return BLANKS.sub(" ", INVISIBLE.sub("", raw.replace("_x000D_", " "))).strip()


def latin(value):
    """Full-width digits and letters made narrow; punctuation and Han stay as typed."""
    return value if value.isascii() else value.translate(WIDE)


def squeeze(raw):
    """The text without any blank, for comparison with a closed list of words."""
    return BLANKS.sub("", INVISIBLE.sub("", raw))


def digits_of(number):
    """A float that Excel keeps for a code or a count, without the .0 it never had."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def as_text(raw):
    """A cell of any type as clean text."""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return digits_of(raw)
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat()
    return latin(clean(str(raw)))


def unprefixed(xml):
    """A piece of a worksheet without the prefix that some programs write before every name (<x:c>)."""
    return PREFIX.sub(rb"<\1", xml) if b":c " in xml or b":c>" in xml or b":sheetData" in xml else xml
