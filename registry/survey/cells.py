"""Normalisers of survey cells: what an officer typed becomes a plain value, a warning or a refusal with a reason."""

import datetime as dt
import math
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from registry.survey.dates import read_date
from registry.survey.words import CellError, clean, digits_of, latin, squeeze

__all__ = ["CellError", "NORMALISERS", "is_blank", "normaliser"]

BLANKS = frozenset((
    "", "无", "—", "——", "-", "--", "―", "–", "/", "\\", "n/a", "na", "不详", "未知", "暂无", "没有", "空", "null", "none", "nil", "无。",
    "(空)", "（空）", "待定", "待补", "未填", "不清楚", "不适用", "／", "－", "*", ".", "。", "、", "…", "……",
))  # fmt: skip
PENDING = frozenset(("办理中", "正在办理", "待办理", "申请中", "待补充", "未办理", "未办", "待办"))
SHEET_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA"))
YES = frozenset(
    (
        "是",
        "有",
        "√",
        "✓",
        "✔",
        "☑",
        "1",
        "y",
        "yes",
        "true",
        "t",
        "对",
        "已建",
        "已建立",
        "建立",
        "已成立",
        "成立",
        "已有",
        "是的",
    )
)
NO = frozenset(
    (
        "否",
        "无",
        "没有",
        "×",
        "✗",
        "✘",
        "x",
        "0",
        "n",
        "no",
        "false",
        "f",
        "未建",
        "未建立",
        "不是",
        "非",
        "没",
        "未成立",
        "未",
        "否。",
    )
)
SCALES = {"万": Decimal(10_000), "亿": Decimal(100_000_000), "千": Decimal(1000), "百": Decimal(100)}
NUMBER = re.compile(
    r"^(?P<about>(?:大约|大概|约|近|将近|共|共计|计|达|累计|总计|合计|[¥￥$]|人民币|RMB|[:：])*)\s*(?P<digits>[+-]?\d[\d,，'\s]*(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)\s*"
    r"(?P<more>余|多|来|几|\+)?\s*(?P<scale>[百千万亿]*)(?P<more2>余|多|来|几|\+)?\s*(?P<unit>[^\d]*)$",
    re.IGNORECASE,
)
ABOUT = re.compile(r"约|近|大概")
AFTER = re.compile(r"左右|上下|以上|余|多|不到|以内|\+")
RANGE = re.compile(r"^\D*\d+(?:\.\d+)?\s*(?:[-~—–至到]|－|～)+\s*\d")
HAN_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
UNIT_WORDS = re.compile(
    r"^(?:[人名个位户家次场期名支件项间座条节]{0,2}|人次|元整?|块钱?|圆|㎡|m2|m²|m\^2|平方米?|平米|平|岁|册|元人民币|人民币|"
    r"(?:人|元|㎡|平方米|户|名|个|次)?\s*(?:左右|上下|以上|余人?|多人?|以内|不到)(?:人|元|名|个|次)?)[。.；;]?$"
)
SEPARATORS = re.compile(r"[、，,;；|｜\n\r\t]+|\s+|(?<=[^\d])[/／](?=[^\d])")
MASKED = re.compile(r"\d[*＊xX×]{3,}\w?")
LOST = re.compile(r"^\d(?:\.\d+)?E\+?\d{2}$", re.IGNORECASE)


def is_blank(raw):
    """Whether a cell says nothing: empty, or one of the words people write instead of leaving it empty."""
    if raw is None or raw == "":
        return True
    return isinstance(raw, str) and squeeze(raw).lower() in BLANKS


def text(raw, field):
    """Text with full-width digits and letters narrowed, invisible characters dropped, Han untouched."""
    value = as_text(raw)
    if len(value) > field.length:
        raise CellError("text_long", value[:40], limit=field.length)
    return value, ()


def as_text(raw):
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return digits_of(raw)
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat()
    return latin(clean(str(raw)))


def number(raw, field, unit=""):
    """A number >= 0 in the field's unit; `unit` is the unit the header named, if any."""
    column_unit = unit or field.unit
    warnings = ()
    if isinstance(raw, (int, float)):
        value, cell_unit = _finite(raw), ""
    else:
        value, cell_unit, warnings = _parse_number(as_text(raw), field)
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
    source, warnings = value, ()
    if not any(c.isdigit() and c < "\u0100" for c in value):
        source, warnings = _han_to_digits(value)
    found = NUMBER.match(unicodedata.normalize("NFKC", source))
    if not found or not _known_unit(found["unit"], field):
        raise CellError("number_form", value)
    if ABOUT.search(found["about"]) or found["more"] or found["more2"] or AFTER.search(found["unit"]):
        warnings = ("number_about",)
    return _scaled(found, field), _named_unit(found, field), warnings


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


def han_number(words):
    """The integer that Chinese numerals spell (一百二十三, 二〇一九, 三万五)."""
    if not any(sign in words for sign in "十百千万亿"):
        return int("".join(str(HAN_DIGITS[c]) for c in words))
    total, section, digit = 0, 0, 0
    for sign in words:
        if sign in HAN_DIGITS:
            digit = HAN_DIGITS[sign]
        elif sign in "万亿":
            total, section, digit = (total + section + digit) * int(SCALES[sign]), 0, 0
        else:
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[sign]
            digit = 0
    return total + section + digit


def _in_range(value, raw, field):
    if value < 0:
        raise CellError("number_negative", str(raw))
    if field.maximum is not None and value > Decimal(repr(field.maximum)):
        raise CellError("number_large", str(raw)[:40])
    if value == value.to_integral_value():
        return int(value)
    if field.type == "int":
        raise CellError("number_whole", str(raw))
    return float(round(value, 4))


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


def yes_no(raw, field):
    """是 or 否 from the many marks people use."""
    word = squeeze(as_text(raw)).lower()
    if word in YES:
        return "是", ()
    if word in NO:
        return "否", ()
    if re.match(r"^(?:已|有|联合|单独|独立|挂靠|功能型)", word):
        return "是", ("yes_guessed",)
    if re.match(r"^(?:未|无|没|尚未|不)", word):
        return "否", ("yes_guessed",)
    raise CellError("yes_no", word[:40])


def listing(raw, field):
    """Several entries in one cell as a list without doubles."""
    parts = (part.strip(" 。.") for part in SEPARATORS.split(as_text(raw)))
    entries = [part.removesuffix("等") for part in parts if part and part.lower() not in BLANKS]
    if any(len(entry) > field.length for entry in entries):
        raise CellError("text_long", entries[0][:40], limit=field.length)
    return list(dict.fromkeys(entry for entry in entries if entry)), ()


def date(raw, field):
    """An ISO date; month-only and year-only dates become their first day with a warning."""
    return read_date(raw if isinstance(raw, (int, float, dt.date, dt.datetime)) else as_text(raw), field.key)


MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
LANDLINE = re.compile(r"^(0(?:10|2\d|[3-9]\d{2}))([2-9]\d{6,7})(?:[转#x]?(\d{1,5}))?$")
PHONE_SPLIT = re.compile(r"[、，,;；/／|或和\n]+|\s{2,}")


def phone(raw, field):
    """A mobile number, or a landline as area-number; of several the first, with a warning."""
    value = unicodedata.normalize("NFKC", digits_of(raw) if isinstance(raw, float) else as_text(raw))
    if MASKED.search(value):
        return None, ("masked",)
    if LOST.match(value):
        raise CellError("digits_lost", value)
    parts = [p for p in (one_phone(part) for part in PHONE_SPLIT.split(value)) if p]
    if not parts:
        parts = MOBILE.findall(value) or MOBILE.findall(re.sub(r"[\s\-]", "", value))
    if not parts:
        raise CellError("phone_form", value[:40])
    return parts[0], ("phone_several",) if len(parts) > 1 else _phone_doubt(parts[0])


def _phone_doubt(number_):
    return ("phone_no_area",) if len(number_) in (7, 8) else ()


def one_phone(part):
    """One number in plain form, or an empty text when it is none."""
    digits = re.sub(r"[\s\-–—()（）.·]", "", part)
    digits = re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)", "", digits)
    if re.fullmatch(r"1[3-9]\d{9}", digits) or re.fullmatch(r"[48]00\d{7}", digits):
        return digits
    found = LANDLINE.match(digits)
    if found:
        return f"{found[1]}-{found[2]}" + (f"-{found[3]}" if found[3] else "")
    return digits if re.fullmatch(r"[2-9]\d{6,7}", digits) else ""


def region_code(raw, field):
    """An official division code of 6, 9 or 12 digits; a street written with trailing zeros is shortened to 9."""
    value = re.sub(
        r"[\s\-']", "", unicodedata.normalize("NFKC", digits_of(raw) if isinstance(raw, float) else as_text(raw))
    )
    if LOST.match(value):
        raise CellError("digits_lost", value)
    if not re.fullmatch(r"[0-9]{6}(?:[0-9]{3})?(?:[0-9]{3})?", value):
        raise CellError("code_form", value[:40])
    if len(value) == 12 and value.endswith("000"):
        return (value[:9] if not value.endswith("000000") else value[:6]), ()
    return value, ()


USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
USCC_VALUES = {c: i for i, c in enumerate(USCC_ALPHABET)}
ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
LOOKALIKES = {"O": "0", "I": "1", "Z": "2", "S": "5", "Q": "0", "L": "1"}


def uscc(raw, field):
    """A credit code whose two check characters agree (GB 32100-2015 and, inside it, GB 11714)."""
    value = re.sub(r"[\s\-'\"]", "", unicodedata.normalize("NFKC", as_text(raw))).upper()
    if value in PENDING:
        return None, ("uscc_pending",)
    if LOST.match(value):
        raise CellError("digits_lost", value)
    if len(value) == 15 and value.isdigit():
        return None, ("uscc_old_number",)
    if len(value) != 18:
        raise CellError("uscc_length", value[:40], length=len(value))
    if uscc_valid(value):
        return value, ()
    return _uscc_repaired(value)


def uscc_valid(value):
    """Whether both check characters of an 18-character code are right."""
    if not value[:8].isascii() or any(c not in USCC_VALUES for c in value) or not value[2:8].isdigit():
        return False
    outer = (31 - sum(USCC_VALUES[c] * w for c, w in zip(value, USCC_WEIGHTS, strict=False)) % 31) % 31
    if USCC_VALUES[value[17]] != outer:
        return False
    inner = 11 - sum(int(c, 36) * w for c, w in zip(value[8:16], ORG_WEIGHTS, strict=True)) % 11
    return value[16] == {10: "X", 11: "0"}.get(inner, str(inner))


def _uscc_repaired(value):
    letters = [c for c in value if c in LOOKALIKES and c not in USCC_VALUES]
    for wrong in dict.fromkeys(c for c in value if c in LOOKALIKES):
        fixed = value.replace(wrong, LOOKALIKES[wrong])
        if uscc_valid(fixed):
            return fixed, (("uscc_letter_fixed", {"letter": wrong, "digit": LOOKALIKES[wrong]}),)
    fixed = "".join(LOOKALIKES[c] if c in letters else c for c in value)
    if letters and uscc_valid(fixed):
        return fixed, (
            ("uscc_letter_fixed", {"letter": "".join(letters), "digit": "".join(map(LOOKALIKES.get, letters))}),
        )
    if letters:
        raise CellError("uscc_letter", value, letter=letters[0], digit=LOOKALIKES[letters[0]])
    raise CellError("uscc_check", value)


ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(raw, field):
    """A resident identity number of 18 characters with a right check character, or an old one of 15 digits."""
    value = re.sub(
        r"\s", "", unicodedata.normalize("NFKC", digits_of(raw) if isinstance(raw, float) else as_text(raw))
    ).upper()
    if MASKED.search(value):
        return None, ("masked",)
    if LOST.match(value) or (isinstance(raw, float) and len(value) > 15):
        raise CellError("digits_lost", value)
    if re.fullmatch(r"[0-9]{15}", value):
        return value, ("id_old",)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        raise CellError("id_form", value[:4] + "*" * 6)
    check = "10X98765432"[sum(int(c) * w for c, w in zip(value, ID_WEIGHTS, strict=False)) % 11]
    if value[17] != check:
        raise CellError("id_check", value[:4] + "*" * 6)
    return value, ()


NORMALISERS = {
    "text": text, "int": number, "decimal": number, "date": date, "phone": phone, "uscc": uscc, "code": region_code,
    "yesno": yes_no, "list": listing, "percent": percent, "idnumber": id_number,
}  # fmt: skip


def normaliser(field, unit="", *, epoch_1904=False):
    """A function raw -> (value, issues) for one column; issues are (level, code, params) and never raised."""
    convert = NORMALISERS[field.type]
    numeric = field.type in ("int", "decimal")

    def run(raw):
        if isinstance(raw, str) and raw.strip() in SHEET_ERRORS:
            return None, (("error", "cell_error", {"value": raw.strip()}),)
        if is_blank(raw) and not (field.type == "yesno" and isinstance(raw, str) and squeeze(raw) in NO):
            return None, ()
        if epoch_1904 and field.type == "date" and isinstance(raw, float):
            raw += 1462
        try:
            value, warnings = convert(raw, field, unit) if numeric else convert(raw, field)
        except CellError as error:
            return None, (("error", error.code, error.params),)
        return value, tuple(_warning(w, raw) for w in warnings)

    return run


def _warning(warning, raw):
    code, params = (warning, {}) if isinstance(warning, str) else warning
    return "warning", code, {"value": as_text(raw)[:60], **params}
