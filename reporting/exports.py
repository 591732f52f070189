"""Workbooks of what is on screen. Every text is written as text, so no cell of ours can be a formula."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
NOT_IN_A_NAME = re.compile(r'[\\/:*?"<>|\[\]\x00-\x1f]+')
HEAD = PatternFill("solid", fgColor="E9EEF3")


@dataclass(frozen=True)
class Sheet:
    """One sheet: notes on top (what, where, as of, filters), a head row, rows. None is an empty cell."""

    title: str
    columns: list
    rows: list
    notes: list = field(default_factory=list)
    widths: tuple = ()


def workbook(sheets):
    """The bytes of a workbook with these sheets."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        write_sheet(book.create_sheet(NOT_IN_A_NAME.sub(" ", str(sheet.title))[:31]), sheet)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def write_sheet(page, sheet):
    for at in range(len(sheet.columns)):
        width = sheet.widths[at] if at < len(sheet.widths) else 16
        page.column_dimensions[get_column_letter(at + 1)].width = width
    page.freeze_panes = f"A{len(sheet.notes) + 2}"
    for note in sheet.notes:
        page.append([text_cell(page, note)])
    page.append([head_cell(page, title) for title in sheet.columns])
    for row in sheet.rows:
        page.append([cell(page, value) for value in row])


def cell(page, value):
    if value is None:
        return None
    if isinstance(value, int | float | Decimal):
        return WriteOnlyCell(page, value=value)
    return text_cell(page, value)


def text_cell(page, value):
    """A cell of type text: a leading = + - @ is only a letter in it."""
    made = WriteOnlyCell(page, value=CONTROL.sub("", str(value))[:32767])
    made.data_type = "s"
    made.alignment = Alignment(vertical="top")
    return made


def head_cell(page, value):
    made = text_cell(page, value)
    made.font = Font(bold=True)
    made.fill = HEAD
    return made


def file_name(table, place, on):
    """表名_单位_日期.xlsx"""
    return f"{NOT_IN_A_NAME.sub(' ', f'{table}_{place}_{on.isoformat()}')}.xlsx"
