"""The look and the safety of written workbooks: text that can never become a formula, codes that stay text."""

import re

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CODES = frozenset(("uscc", "code", "phone", "idnumber"))
NUMBERED = frozenset(("filing_no", "need_no", "proj_no", "record_key"))
TITLE = Font(bold=True, size=16)
HEADER = Font(bold=True)
REQUIRED = Font(bold=True, color="C00000")
NOTE = Font(color="666666", size=10)
HEADER_FILL = PatternFill("solid", fgColor="DDEBF7")
ERROR_FILL = PatternFill("solid", fgColor="F8CBAD")
WARNING_FILL = PatternFill("solid", fgColor="FFF2CC")
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
WRAP = Alignment(wrap_text=True, vertical="top")
LINE = Side(style="thin", color="999999")
FRAME = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
TEXT = "@"


def is_code(field):
    """Whether a column's cells must stay text whatever Excel would make of them."""
    return field.type in CODES or field.key in NUMBERED


def safe(value):
    """A value a cell may hold: control characters dropped, lists joined; texts are never formulas."""
    if isinstance(value, list):
        value = "、".join(map(str, value))
    return CONTROL.sub("", value)[:32_000] if isinstance(value, str) else value


def put(cell, value):
    """Write a value; a text that begins like a formula stays a text."""
    cell.value = safe(value)
    if isinstance(value, (str, list)):
        cell.data_type = "s"
        cell.quotePrefix = str(cell.value)[:1] in ("=", "+", "-", "@")


def width_of(field):
    if field.key in ("name", "region", "content", "place", "org", "uscc", "remark"):
        return 28
    return 14 if len(field.header) <= 7 else 18
