"""The limited process that marks an original workbook: openpyxl must never load a stranger's file anywhere else."""

import io
import json
import resource
import sys

from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter

from registry.workbooks.style import ERROR_FILL, HEADER, HEADER_FILL, WARNING_FILL, WRAP, put

MEMORY = 1500 * 2**20
SECONDS = 40
MOST_COLUMNS = 200
MOST_WRITTEN = 400 * 2**20  # openpyxl writes its sheets to temporary files first


def main():
    """Order (one line of JSON) and workbook on standard input, the marked workbook on standard output."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
    ):
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
    """Fill and comment the cells, and add the column of reasons beside the table."""
    column = min(sheet.max_column, MOST_COLUMNS) + 1
    head = sheet.cell(marks["header_row"], column)
    put(head, title)
    head.font, head.fill = HEADER, HEADER_FILL
    sheet.column_dimensions[get_column_letter(column)].width = 50
    for number, text in marks["reasons"].items():
        put(sheet.cell(int(number), column), text)
        sheet.cell(int(number), column).alignment = WRAP
    for address, (level, text) in marks["cells"].items():
        cell = sheet[address]
        if cell.__class__.__name__ != "MergedCell":
            cell.fill = ERROR_FILL if level == "error" else WARNING_FILL
            cell.comment = Comment(text[:1000], "")


if __name__ == "__main__":
    main()
