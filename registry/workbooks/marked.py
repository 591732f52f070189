"""The original workbook back with its error cells marked; where that cannot be, its lines in a new one."""

import io
import json
import os
import subprocess
import sys
import tempfile

from registry.imports.report import sentence
from registry.imports.sealed import opened
from registry.imports.staging import lines_of
from registry.survey.columns import BY_KIND, ORIGINAL_ROW, REASON
from registry.survey.read import ROOT
from registry.workbooks.choices import KINDS, WIDTHS
from registry.workbooks.stream import DOUBT, ERROR, NOTE, Column, Sheet, write_workbook

START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from registry.workbooks.marking import main; main()"
SECONDS = 20  # less than a web worker's own patience
# openpyxl writes sheets to a file first: one in memory where the system has such a folder, gone with it in any case.
MEMORY_FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
MOST_BYTES = 8 * 2**20
MOST_LINES = 20_000


def marked_workbook(batch, content):
    """Bytes of an .xlsx: the original with marks when it is an .xlsx of moderate size, else a new one of its lines."""
    if content.startswith(b"PK") and is_moderate(batch):
        done = mark_original(batch, content)
        if done:
            return done
    return lines_workbook(batch)


def keeps_original(batch):
    """Whether the officer's own workbook comes back, with every column and title; else a new one of the lines read."""
    return is_moderate(batch) and batch.filename.lower().endswith(".xlsx")


def is_moderate(batch):
    return batch.size <= MOST_BYTES and batch.counts.get("total", 0) <= MOST_LINES


def mark_original(batch, content):
    """The original as the limited child marked it; nothing when it could not within its limits."""
    order = {"reason": REASON, "sheets": marks_of(batch)}
    with tempfile.TemporaryDirectory(dir=MEMORY_FOLDER) as folder:
        try:
            told = subprocess.run(
                [sys.executable, "-I", "-B", "-c", START, str(ROOT)],
                input=json.dumps(order).encode() + b"\n" + content,
                capture_output=True,
                timeout=SECONDS,
                cwd="/",
                env={"LANG": "C.UTF-8", "TMPDIR": folder},
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
    buffer = io.BytesIO()
    names = list(dict.fromkeys(batch.rows.order_by("id").values_list("sheet", "kind").distinct()))
    empty = [Sheet(REASON, [Column(REASON, "note", 60)])]
    write_workbook([lines_sheet(batch, name, kind) for name, kind in dict.fromkeys(names)] or empty, buffer)
    return buffer.getvalue()


def lines_sheet(batch, name, kind):
    found = {field for sheet in batch.columns if sheet["name"] == name for *_, field, _how in sheet["columns"]}
    shown = (field for field in BY_KIND[kind].fields if field.in_template or field.key in found)
    fields = [field for field in shown if field.type != "ignore"]
    columns = [
        Column(field.header, kind_of(field), WIDTHS.get(field.key, 14), required=field.required) for field in fields
    ]
    columns += [Column(ORIGINAL_ROW, "number"), Column(REASON, "note", 60)]
    rows = (cells_of(batch, line, fields) for line in lines_of(batch, sheet=name, kind=kind))
    return Sheet(name or BY_KIND[kind].name, columns, rows)


def kind_of(field):
    """Dates stay as they were read, as text: a cell that could not be read stands beside them as it was typed."""
    return "text" if field.type == "date" else KINDS.get(field.type, "text")


def cells_of(batch, line, fields):
    values = line.values | (opened(line) if line.sealed else {})
    styles = {found["field"]: DOUBT for found in line.warnings} | {found["field"]: ERROR for found in line.errors}
    typed = {found["field"]: found["params"].get("value") for found in line.errors}
    cells = [cell_of(values.get(field.key, typed.get(field.key)), styles.get(field.key)) for field in fields]
    reason = reasons_of(line) if line.errors or line.warnings else None
    return [*cells, line.row, (reason, NOTE) if reason else None]


def cell_of(value, style):
    if isinstance(value, list):
        value = "、".join(map(str, value))
    return value if style is None else ("" if value is None else value, style)
