"""Phone numbers, division codes, credit codes and identity numbers."""

import re
import unicodedata
from operator import mul

from registry.survey.words import CellError, as_text, digits_of

PENDING = frozenset(("办理中", "正在办理", "待办理", "申请中", "待补充", "未办理", "未办", "待办"))
MASKED = re.compile(r"\d[*＊xX×]{3,}\w?")
LOST = re.compile(r"^\d(?:\.\d+)?E\+?\d{2}$", re.IGNORECASE)
MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
LANDLINE = re.compile(r"^(0(?:10|2\d|[3-9]\d{2}))([2-9]\d{6,7})(?:[转#x]?(\d{1,5}))?$")
PHONE_SPLIT = re.compile(r"[、，,;；/／|或和\n]+|\s{2,}")


def phone(raw, field):
    """A mobile number, or a landline as area-number; of several the first, with a warning."""
    if raw.__class__ is str and MOBILE.fullmatch(raw) and raw.isascii():
        return raw, ()
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
    return parts[0], ("phone_several",) if len(parts) > 1 else _phone_doubt(parts[0], value)


def _phone_doubt(number_, value):
    if len(number_) in (7, 8):
        return ("phone_no_area",)
    return () if re.sub(r"\D", "", number_) in re.sub(r"\D", "", value) else ("phone_zero",)


def one_phone(part):
    """One number in plain form, or an empty text when it is none."""
    digits = re.sub(r"[\s\-–—()（）.·]", "", part)
    digits = re.sub(r"^(?:(?:\+|00)86|86(?=1[3-9]\d{9}$|0))", "", digits)
    if re.fullmatch(r"1[3-9]\d{9}", digits) or re.fullmatch(r"[48]00\d{7}", digits):
        return digits
    found = LANDLINE.match(digits) or (LANDLINE.match(f"0{digits}") if len(digits) in (10, 11) else None)
    if found:
        return f"{found[1]}-{found[2]}" + (f"-{found[3]}" if found[3] else "")
    return digits if re.fullmatch(r"[2-9]\d{6,7}", digits) else ""


def region_code(raw, field):
    """An official division code of 6, 9 or 12 digits; a street written with trailing zeros is shortened to 9."""
    value = re.sub(
        r"[\s\-']", "", unicodedata.normalize("NFKC", digits_of(raw) if isinstance(raw, float) else as_text(raw))
    )
    value = re.sub(r"(?<=\d{6})\.0+$", "", value)  # a number written out by another program
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
    if raw.__class__ is str and len(raw) == 18 and raw.isascii() and uscc_valid(raw):
        return raw, ()
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
    outer = (31 - sum(map(mul, map(USCC_VALUES.get, value), USCC_WEIGHTS)) % 31) % 31
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
