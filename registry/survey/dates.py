"""Dates in the forms people type them."""

import datetime as dt
import math
import re
import unicodedata

from registry.survey.words import CellError, as_text, digits_of

EPOCH = dt.date(1899, 12, 30)
OLDEST = dt.date(1900, 1, 1)
PAST_ONLY = frozenset(("founded",))
PAST_USUAL = frozenset(("raised", "report_date"))
HAN = str.maketrans("〇零○◯一二三四五六七八九", "0000123456789")
HAN_PART = re.compile(r"[〇零○◯一二三四五六七八九十]+(?=[年月日号]|$)")
FULL = re.compile(
    r"^(\d{4})\s*[-./年·,，。\s、\\]+\s*(\d{1,2})\s*[-./月·,，。\s、\\]+\s*(\d{1,2})(?![\d月])\s*[日号]?(?P<rest>.*)",
    re.DOTALL,
)
TIME = re.compile(r"^[T\s]*\d{1,2}\s*[:时点]")
MONTH = re.compile(r"^(\d{4})\s*[-./年·,，\s、\\]+\s*(\d{1,2})\s*月?\s*(?:份|初|底|中旬|上旬|下旬)?$")
ABOUT = re.compile(r"^(?:大约|大概|约|約)\s*")
DASHED = re.compile(r"^(\d{4})([—–―_~])(\d{1,2})\2(\d{1,2})$")
SHORT_MONTH = re.compile(r"^(\d{2})\s*年\s*(\d{1,2})\s*月份?$")
YEAR = re.compile(r"^(\d{4})\s*年?(?:初|底)?$")
SHORT = re.compile(r"^['‘’]?(\d{2})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?$")
TAIL = re.compile(r"^(\d{1,2})[/\-.](\d{1,2})[/\-.](\d{4})$")
HAN_TENS = re.compile(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)")


def today():
    """The date in China, whatever the machine's clock is set to."""
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()


def read_date(raw, key=""):
    """The ISO date a cell means and its warnings; refuses impossible, ambiguous and (for foundings) future dates."""
    try:
        value, warnings = _read(raw)
        return _plausible(value, raw, key, warnings)
    except CellError as error:
        raise CellError(error.code, as_text(raw)[:40]) from None  # as typed, not as normalised on the way


def _read(raw):
    if isinstance(raw, dt.datetime):
        return raw.date(), ()
    if isinstance(raw, dt.date):
        return raw, ()
    if isinstance(raw, (int, float)):
        return _from_number(raw)
    plain = unicodedata.normalize("NFKC", raw).lstrip("'’‘").strip("。.日 ") or raw
    return _from_text(DASHED.sub(r"\1-\3-\4", ABOUT.sub("", plain) or raw))


def _plausible(value, raw, key, warnings):
    if value < OLDEST:
        raise CellError("date_old", str(raw))
    if value > today():
        if key in PAST_ONLY:
            raise CellError("date_future", str(raw))
        if key in PAST_USUAL:
            warnings = (*warnings, "date_ahead")
    return value.isoformat(), warnings


def _from_number(raw):
    if math.isnan(raw) or abs(raw) > 1e9:
        raise CellError("date_form", str(raw))
    if float(raw).is_integer() or 20_000 < raw < 80_000:
        return _from_digits(int(raw), raw)
    return _from_text(digits_of(float(raw)))


def _from_digits(number, raw):
    if 19_000_101 <= number <= 21_001_231:
        return _build(number // 10_000, number // 100 % 100, number % 100, raw), ()
    if 190_001 <= number <= 210_012:
        return _build(number // 100, number % 100, 1, raw), ("date_month_only",)
    if 1900 <= number <= 2100:
        return dt.date(number, 1, 1), ("date_year_only",)
    if 10_000 < number < 80_000:
        return EPOCH + dt.timedelta(days=number), ()
    raise CellError("date_form", str(raw))


def _from_text(value):
    if HAN_PART.search(value) or not any(c.isdigit() and c.isascii() for c in value):
        value = _han_date(value)
    if found := FULL.match(value):
        return _build(*map(int, found.groups()[:3]), value), _rest_doubt(found["rest"])
    if found := MONTH.match(value):
        doubt = re.fullmatch(r"\d{4}\.1", value)
        return _build(int(found[1]), int(found[2]), 1, value), ("date_october" if doubt else "date_month_only",)
    if found := YEAR.match(value):
        return _build(int(found[1]), 1, 1, value), ("date_year_only",)
    if value.isdigit():
        return _from_digits(int(value[:12]), value)
    return _rare(value)


def _rest_doubt(rest):
    """A time of day or a remark after the date is nothing; more figures are a doubt."""
    return ("date_several",) if any(map(str.isdigit, rest)) and not TIME.match(rest) else ()


def _rare(value):
    if found := SHORT.match(value):
        return _build(_of_two_digits(found[1]), int(found[2]), int(found[3]), value), ("date_century",)
    if found := SHORT_MONTH.match(value):
        return _build(_of_two_digits(found[1]), int(found[2]), 1, value), ("date_century", "date_month_only")
    if found := TAIL.match(value):
        first, second, year = map(int, found.groups())
        if first <= 12 and second <= 12 and first != second:
            raise CellError("date_order", value)
        month, day = (first, second) if first <= 12 else (second, first)
        return _build(year, month, day, value), ("date_order_guessed",)
    raise CellError("date_form", value[:40])


def _of_two_digits(year):
    century = 2000 if int(year) <= today().year % 100 else 1900
    return century + int(year)


def _han_date(value):
    def tens(found):
        return str((int((found[1] or "一").translate(HAN)) * 10) + int((found[2] or "〇").translate(HAN)))

    return HAN_TENS.sub(tens, value).translate(HAN)


def _build(year, month, day, raw):
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise CellError("date_impossible", str(raw)) from None
