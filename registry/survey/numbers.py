"""Counts, sums of money, areas and shares in the forms people type them."""

import math
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from registry.survey.words import CellError, as_text

SCALES = {"万": Decimal(10_000), "亿": Decimal(100_000_000), "千": Decimal(1000), "百": Decimal(100)}
NUMBER = re.compile(
    r"^(?P<about>(?:大约|大概|约|近|将近|不足|不到|超过|逾|共|共计|计|达|現有|现有|有|成员|会员|队员|約|累计|总计|合计|[¥￥$]|人民币|RMB|[:：])*)\s*(?P<digits>[+-]?\d[\d,，'\s]*(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)\s*"
    r"(?P<more>余|多|来|几|\+)?\s*(?P<scale>[百千万亿]*)(?P<more2>余|多|来|几|\+)?\s*(?P<unit>[^\d]*)$",
    re.IGNORECASE,
)
SUSPICIOUS = 10_000  # of 万元: a hundred million in one community's cell is more probably meant in 元
SQUARE = re.compile(r"㎡|[mM](?:2|²|\^2|２)")
ABOUT = re.compile(r"[约約]|近|大概|不足|不到|超过|逾")
AFTER = re.compile(r"左右|上下|以上|余|多|不到|以内|\+")
RANGE = re.compile(r"^\D*\d+(?:\.\d+)?\s*[百千万亿人元个名]*\s*(?:[-~—–至到]|－|～)+\s*\d")
BRACKET = re.compile(r"^([^(（]*\d[^(（]*)[(（][^)）]*\d[^)）]*[)）]$")
CAPITALS = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟萬", "一二三四五六七八九十百千万")
HAN_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
UNIT_WORDS = re.compile(
    r"^(?:[人名个位户家次场期名支件项间座条节]{0,2}|人次|元整?|块钱?|圆|平方米?|平米|平|岁|册|元人民币|人民币|"
    r"元?(?:[/每]年)|(?:[名个位])?(?:队员|会员|成员|党员|志愿者)|"
    r"(?:人|元|平方米|户|名|个|次)?\s*(?:左右|上下|以上|余人?|多人?|以内|不到)(?:人|元|名|个|次)?)[。.；;]?$"
)


def number(raw, field, unit=""):
    """A number >= 0 in the field's unit; `unit` is the unit the header named, if any."""
    column_unit = unit or field.unit
    warnings = ()
    if raw.__class__ is float and not unit and 0 <= raw <= (field.maximum or 0) and raw.is_integer():
        return int(raw), ()
    if isinstance(raw, (int, float)):
        value, cell_unit = _finite(raw), ""
    else:
        value, cell_unit, warnings = _parse_number(as_text(raw), field)
    if column_unit != field.unit and not cell_unit and column_unit[:1] == "万" and value >= SUSPICIOUS:
        warnings = (*warnings, ("number_unit", {"unit": column_unit}))
    value = value * _money_scale(cell_unit or column_unit) / _money_scale(field.unit)
    return _in_range(value, raw, field), warnings


def _finite(raw):
    if isinstance(raw, float) and not math.isfinite(raw):
        raise CellError("number_large", str(raw))
    return Decimal(repr(raw)) if isinstance(raw, float) else Decimal(int(raw))


def _money_scale(unit):
    return SCALES.get(unit[:1], Decimal(1)) if unit[:1] in "万亿千" and unit[:1] else Decimal(1)


def _parse_number(value, field):
    if RANGE.match(value):
        raise CellError("number_range", value)
    value = value.lstrip("'’‘")
    warnings = ("number_several",) if BRACKET.match(value) else ()
    source = value = BRACKET.sub(r"\1", value)
    if not any(c.isdigit() and (c < "\u0100" or "０" <= c <= "９") for c in value):
        source, warnings = _han_to_digits(value.translate(CAPITALS))
    found = NUMBER.match(unicodedata.normalize("NFKC", SQUARE.sub("平方米", source)))
    if not found or not _known_unit(found["unit"], field):
        raise CellError("number_form", value)
    if ABOUT.search(found["about"]) or found["more"] or found["more2"] or AFTER.search(found["unit"]):
        warnings = ("number_about",)
    in_words = source is not value and "元" in field.unit and re.search("[万亿]", value)
    return _scaled(found, field), _named_unit(found, field) or ("元" if in_words else ""), warnings


def _known_unit(unit, field):
    unit = unit.strip()
    return bool(UNIT_WORDS.match(unit)) or unit == field.unit or unit.startswith("(")


def _named_unit(found, field):
    """The money unit the cell itself names, so that it wins over the header's; plain 万 keeps a 万元 column's meaning."""
    if found["scale"] in ("万", "亿", "千") and "元" in field.unit:
        return found["scale"]
    return "元" if "元" in found["unit"] else ""


def _scaled(found, field):
    try:
        value = Decimal(re.sub(r"[,，'\s]", "", found["digits"]))
    except InvalidOperation:
        raise CellError("number_form", found.string) from None
    if "元" in field.unit and found["scale"] in ("万", "亿", "千"):
        return value
    for sign in found["scale"]:
        value *= SCALES[sign]
    return value


def _han_to_digits(value):
    found = HAN_NUMBER.search(value)
    if not found:
        return value, ()
    amount = han_number(found[0])
    return value[: found.start()] + str(amount) + value[found.end() :], ("number_words",)


HAN_UNITS = {"十": 10, "百": 100, "千": 1000}


def han_number(words):
    """The integer that Chinese numerals spell (一百二十三, 二〇一九); a last digit is of the next unit: 三万五 is 35,000."""
    if not any(sign in words for sign in "十百千万亿"):
        return int("".join(str(HAN_DIGITS[c]) for c in words))
    total, section, digit, unit = 0, 0, 0, 1
    for sign in words:
        if sign in HAN_DIGITS:
            digit, unit = HAN_DIGITS[sign], unit if HAN_DIGITS[sign] else 1
        elif sign in "万亿":
            unit = int(SCALES[sign])
            total, section, digit = (total + section + digit or 1) * unit, 0, 0
        else:
            unit = HAN_UNITS[sign]
            section += (digit or 1) * unit
            digit = 0
    return total + section + digit * (unit // 10 if unit > 10 else 1)


def _in_range(value, raw, field):
    if value < 0:
        raise CellError("number_negative", as_text(raw)[:40])
    if field.maximum is not None and value > Decimal(repr(field.maximum)):
        raise CellError("number_large", as_text(raw)[:40])
    if value == value.to_integral_value():
        return int(value)
    if field.type == "int":
        raise CellError("number_whole", as_text(raw)[:40])
    return float(round(value, 2))  # as many as the columns keep: what was stored reads as unchanged


def percent(raw, field):
    """A share between 0 and 1 from 94.3%, 0.943, 94.3 or 九成五-free text; more than 100 % is refused."""
    if isinstance(raw, (int, float)):
        value, sign = _finite(raw), ""
    else:
        found = re.match(r"^([\d.]+)\s*(%|％|分)?$", unicodedata.normalize("NFKC", as_text(raw)))
        if not found or found[1].count(".") > 1 or found[1] == ".":
            raise CellError("percent_form", as_text(raw))
        value, sign = Decimal(found[1]), found[2] or ""
    share = value / 100 if sign or value > 1 else value
    if not 0 <= share <= 1:
        raise CellError("percent_range", str(raw))
    return float(round(share, 6)), ("percent_points",) if value > 1 and not sign else ()
