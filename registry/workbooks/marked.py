"""The original workbook back with its error cells marked; where that cannot be, its rows in a new one."""

import io
import json
import os
import subprocess
import sys
import tempfile
from itertools import groupby

from registry.imports.report import sentence
from registry.imports.staging import lines_of
from registry.models import ImportRow
from registry.survey.columns import BY_KIND, NOTE_COLUMNS, ORIGINAL_ROW, REASON, match
from registry.survey.layout import UNIT
from registry.survey.read import ROOT, read_batches
from registry.survey.sources import column_index
from registry.workbooks.choices import WIDTHS
from registry.workbooks.stream import DOUBT, ERROR, NOTE, Column, Sheet, write_workbook

START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from registry.workbooks.marking import main; main()"
SECONDS = 20  # less than a web worker's own patience
# openpyxl writes sheets to a file first: one in memory where the system has such a folder, gone with it in any case.
MEMORY_FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
MOST_BYTES = 8 * 2**20
MOST_LINES = 20_000


def marked_workbook(batch, content):
    """Bytes of an .xlsx: the original with marks when it is an .xlsx of moderate size, else a new one of its rows.

    Raises FileError when the original cannot be read.
    """
    if content.startswith(b"PK") and is_moderate(batch):
        done = mark_original(batch, content)
        if done:
            return done
    return lines_workbook(batch, content)


def keeps_original(batch):
    """Whether the officer's own workbook comes back as it looks; else a new one with its columns and rows."""
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


def lines_workbook(batch, content):
    """Every row as it stands in the original, by sheet, with its reasons: for .xls, CSV and very large files."""
    buffer = io.BytesIO()
    told = read_batches(content, filename=batch.filename, mapping=batch.mapping or None, raw=True)
    parts = groupby((item for item in told if isinstance(item, tuple)), key=lambda item: item[0].index)
    write_workbook([lines_sheet(batch, sheet, parts) for sheet in batch.columns], buffer)
    return buffer.getvalue()


def lines_sheet(batch, sheet, parts):
    """A sheet with the officer's own columns; its rows are the next of `parts`, taken when it is written."""
    kept = [column for column in sheet["columns"] if column[2] not in NOTE_COLUMNS]
    columns = [column_of(sheet["kind"], header, key) for _index, _letter, header, key, _how in kept]
    columns += [Column(ORIGINAL_ROW, "number"), Column(REASON, "note", 60)]
    rows = marked_rows(batch, sheet, [index for index, *_ in kept], parts)
    return Sheet(sheet["name"] or BY_KIND[sheet["kind"]].name, columns, rows, titles=sheet.get("titles", []))


def column_of(kind, header, key):
    """A column under its own title, or under the template's where its own alone would not be understood again.

    A title that names a unit (元, 万人) stays: the figures below it are in that unit.
    """
    field, title = BY_KIND[kind].field(key) if key else None, header
    if field and not UNIT.search(header):
        own = (text for text in (header, header.rpartition("/")[2]) if match(kind, text)[0] == field)
        title = next(own, field.header)
    return Column(title, kind_of(field), WIDTHS.get(key, 14), hidden=key.startswith("record_"))


def kind_of(field):
    """Figures and dates keep their kind; all else is text, so that no code is shortened when it is corrected."""
    return "number" if field and field.type in ("int", "decimal", "date", "percent", "ignore") else "text"


def marked_rows(batch, sheet, indices, parts):
    """The rows of the next sheet the child tells, each with its number and reasons; they stand in the same order."""
    lines = ImportRow.objects.filter(batch=batch, kind=sheet["kind"], sheet=sheet["name"][:100])
    lines = lines.exclude(errors=[], warnings=[]).only("row", "errors", "warnings").order_by("row")
    lines = lines.iterator(chunk_size=2000)
    line = next(lines, None)
    for _sheet, rows in next(parts)[1]:
        for number, cells in rows:
            while line is not None and line.row < number:
                line = next(lines, None)
            found = line if line is not None and line.row == number else None
            styles, reason = marks_in(found) if found else ({}, None)
            kept = [(cells[index], styles[index]) if index in styles else cells[index] for index in indices]
            yield [*kept, number, reason]


def marks_in(line):
    """({position of a column: style}, the reasons) of a line."""
    styles = {column_index(found["cell"]): DOUBT for found in line.warnings}
    styles |= {column_index(found["cell"]): ERROR for found in line.errors}
    return styles, (reasons_of(line), NOTE)
