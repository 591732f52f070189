"""Normalisers of survey cells: what an officer typed becomes a plain value, a warning or a refusal with a reason."""

import datetime as dt
import re

from registry.survey.codes import LOST, id_number, phone, region_code, uscc
from registry.survey.dates import read_date
from registry.survey.numbers import number, percent
from registry.survey.words import PLAIN, CellError, as_text, squeeze

BLANKS = frozenset((
    "", "无", "—", "——", "-", "--", "―", "–", "/", "\\", "n/a", "na", "不详", "未知", "暂无", "没有", "空", "null", "none", "nil", "无。",
    "(空)", "（空）", "待定", "待补", "未填", "不清楚", "不适用", "／", "－", "*", ".", "。", "、", "…", "……",
))  # fmt: skip
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
DITTO = frozenset(("同上", "〃", "″", '"', "＂", "”", "“", "同上行", "同前"))
STARTS = frozenset({word[0] for word in DITTO}) | frozenset(
    {word[0] for word in BLANKS | NO | SHEET_ERRORS if word} | set("NU \t\r\n\u3000\u00a0\u200b\ufeff_")
)
HAN = "\u3007\u3400-\u9fff\U00020000-\U0003ffff"
DOT = re.compile(rf"(?<=[{HAN}])\s*[·•・‧∙⋅．.･]\s*(?=[{HAN}])")
APART = re.compile(rf"[{HAN}](?: [{HAN}]){{1,3}}")
YEAR = re.compile(r"[\[【(（<〈〔［]((?:19|20)\d\d)[\]】)）>〉〕］]")
SPARE = re.compile(r"\s+(?!\d)|(?<!\d)\s+")
# What nearly every cell of a column looks like: it needs no change.
PLAINLY = {"text": PLAIN, "person": re.compile(rf"[{HAN}]{{2,20}}"), "filing": re.compile(rf"[{HAN}0-9〔〕-]+")}
TICKED = re.compile(r"^(?:[□☐](?:是|有|否|无))?[☑√✓✔■●](是|有|否|无)")
SEPARATORS = re.compile(r"[、，,;；|｜\n\r\t]+|\s+|(?<=[^\d])[/／](?=[^\d])")


def is_blank(raw):
    """Whether a cell says nothing: empty, or one of the words people write instead of leaving it empty."""
    if raw is None or raw == "":
        return True
    return isinstance(raw, str) and squeeze(raw).lower() in BLANKS


def says_nothing(raw):
    """Whether a cell says nothing of its own: blank, or the same as above."""
    return is_blank(raw) or (isinstance(raw, str) and squeeze(raw) in DITTO)


def text(raw, field):
    """Text with full-width digits and letters narrowed, invisible characters dropped, Han untouched."""
    value = as_text(raw)
    if LOST.match(value.rstrip()) or (isinstance(raw, float) and abs(raw) >= 1e15):
        raise CellError("digits_lost", value[:40])
    if len(value) > field.length:
        raise CellError("text_long", value[:40], limit=field.length)
    return value, ()


def person(raw, field):
    """A person's name: one kind of dot between the parts of a minority name, no blanks that only fill the cell (王　芳)."""
    value, warnings = text(raw, field)
    value = DOT.sub("·", value)
    return value.replace(" ", "") if APART.fullmatch(value) else value, warnings


def filing(raw, field):
    """A filing number with its year in 〔〕, however the brackets were typed, and without blanks."""
    value, warnings = text(raw, field)
    return YEAR.sub(r"〔\1〕", SPARE.sub("", value)), warnings


def yes_no(raw, field):
    """是 or 否 from the many marks people use."""
    word = squeeze(as_text(raw)).lower()
    if ticked := TICKED.search(word):
        word = ticked[1]
    if word in YES:
        return "是", ()
    if word in NO:
        return "否", ()
    if re.match(r"^(?:是(?!.*否)|已|有|党(?:支部|总支|委|小组)|联合|单独|独立|挂靠|功能型)", word):
        return "是", ("yes_guessed",)
    if re.match(r"^(?:否(?!.*是)|未|无|没|尚未|不)", word):
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


NORMALISERS = {
    "text": text, "person": person, "filing": filing, "int": number, "decimal": number, "date": date, "phone": phone, "uscc": uscc, "code": region_code,
    "yesno": yes_no, "list": listing, "percent": percent, "idnumber": id_number,
}  # fmt: skip


def normaliser(field, unit="", *, epoch_1904=False):
    """A function raw -> (value, issues) for one column; issues are (level, code, params) and never raised."""
    convert, unit = NORMALISERS[field.type], "" if unit == field.unit else unit
    numeric = field.type in ("int", "decimal")

    def run(raw):
        if raw.__class__ is str and raw[0] in STARTS and (raw in SHEET_ERRORS or is_blank(raw)):
            return _nothing(raw, field)
        if raw.__class__ is str and raw[0] in STARTS and squeeze(raw) in DITTO:
            return None, (("warning", "ditto", {"value": raw}),)
        if epoch_1904 and field.type == "date" and isinstance(raw, float):
            raw += 1462
        try:
            value, warnings = convert(raw, field, unit) if numeric else convert(raw, field)
        except CellError as error:
            return None, (("error", error.code, error.params),)
        return value, tuple([_warning(w, raw) for w in warnings]) if warnings else ()

    return _quick_text(run, field.length, PLAINLY[field.type]) if field.type in PLAINLY else run


def _quick_text(run, length, plainly):
    """The same for a column of texts: nearly all of them are clean as they stand."""

    def quick(raw):
        if raw.__class__ is str and len(raw) <= length and raw[0] not in STARTS and plainly.fullmatch(raw):
            return (raw, ()) if raw[0] > "9" or not LOST.match(raw) else run(raw)
        return run(raw)

    return quick


def _nothing(raw, field):
    if raw in SHEET_ERRORS:
        return None, (("error", "cell_error", {"value": raw}),)
    return ("否" if field.type == "yesno" and squeeze(raw) in NO else None), ()


def _warning(warning, raw):
    code, params = (warning, {}) if isinstance(warning, str) else warning
    return "warning", code, {"value": as_text(raw)[:60], **params}
