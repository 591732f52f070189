"""The original workbook back with its error cells marked; where that cannot be, the lines in a new one."""

import io
import json
import subprocess
import sys

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from registry.imports.report import sentence
from registry.imports.sealed import opened
from registry.imports.staging import lines_of
from registry.survey.columns import BY_KIND
from registry.survey.read import ROOT
from registry.workbooks.style import ERROR_FILL, HEADER, HEADER_FILL, TEXT, WARNING_FILL, is_code, put

START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from registry.workbooks.marking import main; main()"
SECONDS = 60
MOST_BYTES = 8 * 2**20
BAD = ("reject", "duplicate")


def marked_workbook(batch, content):
    """Bytes of an .xlsx: the original with marks when it is an .xlsx of moderate size, else a new one of its lines."""
    if content.startswith(b"PK") and len(content) <= MOST_BYTES:
        done = mark_original(batch, content)
        if done:
            return done
    return lines_workbook(batch)


def mark_original(batch, content):
    order = {"reason": _("Reasons"), "sheets": marks_of(batch)}
    try:
        told = subprocess.run(
            [sys.executable, "-I", "-B", "-c", START, str(ROOT)],
            input=json.dumps(order).encode() + b"\n" + content,
            capture_output=True,
            timeout=SECONDS,
            cwd="/",
            env={"LANG": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    return told.stdout if told.returncode == 0 else b""


def marks_of(batch):
    """{sheet: {"header_row", "reasons": {row: text}, "cells": {address: [level, text]}}} of the lines with issues."""
    sheets = {sheet["name"]: {"header_row": sheet["header_row"], "reasons": {}, "cells": {}} for sheet in batch.columns}
    for line in lines_of(batch):
        if (line.errors or line.warnings) and line.sheet in sheets:
            marks = sheets[line.sheet]
            marks["reasons"][line.row] = reasons_of(line)
            for level, found in (("warning", line.warnings), ("error", line.errors)):
                marks["cells"].update({told["cell"]: [level, told["message"]] for told in map(sentence, found)})
    return sheets


def reasons_of(line):
    told = [sentence(found)["message"] for found in line.errors]
    return "；".join(told or [sentence(found)["message"] for found in line.warnings])


def lines_workbook(batch):
    """Every line as it was read, by sheet, with its reasons: for .xls, CSV and very large files."""
    book = Workbook(write_only=True)
    sheets = {}
    for line in lines_of(batch):
        if line.sheet not in sheets:
            sheets[line.sheet] = new_sheet(book, line)
        sheet, fields = sheets[line.sheet]
        sheet.append(cells_of(batch, line, sheet, fields))
    if not sheets:
        book.create_sheet(_("Reasons"))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def new_sheet(book, line):
    sheet = book.create_sheet((line.sheet or BY_KIND[line.kind].name)[:31])
    fields = [field for field in BY_KIND[line.kind].fields if field.in_template and field.type != "ignore"]
    heads = [WriteOnlyCell(sheet) for _field in [*fields, None, None]]
    for cell, text in zip(
        heads, [*(field.header for field in fields), _("Row in the file"), _("Reasons")], strict=True
    ):
        put(cell, text)
        cell.font, cell.fill = HEADER, HEADER_FILL
    sheet.append(heads)
    return sheet, fields


def cells_of(batch, line, sheet, fields):
    values = line.values | (opened(batch, line) if line.sealed else {})
    levels = {found["field"]: WARNING_FILL for found in line.warnings} | {
        found["field"]: ERROR_FILL for found in line.errors
    }
    typed = {found["field"]: found["params"]["value"] for found in line.errors if found["params"].get("value")}
    cells = []
    for field in fields:
        cell = WriteOnlyCell(sheet)
        put(cell, values.get(field.key, typed.get(field.key)))
        cell.number_format = TEXT if is_code(field) else "General"
        if field.key in levels:
            cell.fill = levels[field.key]
        cells.append(cell)
    reason = WriteOnlyCell(sheet)
    put(reason, reasons_of(line) if line.errors or line.warnings else "")
    return [*cells, line.row, reason]
