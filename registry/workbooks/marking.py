"""The limited process that marks an original workbook: openpyxl must never load a stranger's file anywhere else."""

import io
import json
import re
import resource
import sys

from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

MEMORY = 1500 * 2**20
SECONDS = 18
LARGEST = 300 * 2**20
MOST_COLUMNS = 200
AUTHOR = "校验"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
FILLS = {"error": PatternFill("solid", fgColor="F8CBAD"), "warning": PatternFill("solid", fgColor="FFF2CC")}
WRAP = Alignment(wrap_text=True, vertical="top")


def main():
    """Order (one line of JSON) and workbook on standard input, the marked workbook on standard output."""
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, LARGEST)):
        resource.setrlimit(what, (most, most))
    order = json.loads(sys.stdin.buffer.readline())
    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()))
    for name, marks in order["sheets"].items():
        if name in book.sheetnames:
            mark(book[name], marks, order["reason"])
    stream = io.BytesIO()
    book.save(stream)
    sys.stdout.buffer.write(stream.getvalue())


def mark(sheet, marks, title):
    """Fill and comment the cells, and write the reasons beside the table; marks of an earlier round go."""
    column = reason_column(sheet, marks["header_row"], title)
    forget(sheet, column, marks["header_row"])
    head = sheet.cell(marks["header_row"], column)
    put(head, title)
    head.font, head.fill = Font(bold=True), FILLS["error"]
    sheet.column_dimensions[get_column_letter(column)].width = 50
    for number, text in marks["reasons"].items():
        put(sheet.cell(int(number), column), text)
        sheet.cell(int(number), column).alignment = WRAP
    for address, (level, text) in marks["cells"].items():
        cell = first_of_merge(sheet, sheet[address])
        cell.fill = FILLS[level]
        cell.comment = Comment(CONTROL.sub("", text)[:1000], AUTHOR, height=90, width=260)


def reason_column(sheet, header_row, title):
    """The column an earlier round wrote its reasons in, else the first one beside the table."""
    width = min(sheet.max_column, MOST_COLUMNS)
    for column in range(1, width + 1):
        if sheet.cell(header_row, column).value == title:
            return column
    return width + 1


def forget(sheet, column, header_row):
    for row in sheet.iter_rows(min_row=header_row + 1):
        for cell in row:
            if cell.comment is not None and cell.comment.author == AUTHOR:
                cell.comment, cell.fill = None, PatternFill()
        if len(row) >= column:
            row[column - 1].value = None


def first_of_merge(sheet, cell):
    """The cell itself, or the one whose value and look a merged cell has."""
    if cell.__class__.__name__ != "MergedCell":
        return cell
    merge = next(found for found in sheet.merged_cells.ranges if cell.coordinate in found)
    return sheet.cell(merge.min_row, merge.min_col)


def put(cell, text):
    """Text that stays text, whatever it begins with."""
    cell.value = CONTROL.sub("", text)[:32_000]
    cell.data_type = "s"


if __name__ == "__main__":
    main()
