"""The limited process that reads one workbook: bytes on standard input, lines of JSON on standard output."""

import gc
import itertools
import resource
import sys

import orjson

from registry.survey import columns, guard
from registry.survey.cells import is_blank, normaliser, says_nothing
from registry.survey.layout import (
    HEADER_ROWS,
    MAX_COLUMNS,
    Column,
    Layout,
    Merged,
    Skipper,
    expand,
    second_table,
    squeeze_row,
    understand,
)
from registry.survey.sources import column_index, sheets
from registry.survey.words import as_text, clean

BATCH = 500
SAID = "sheets"  # in a mapping by hand: {number of the sheet: its kind}
CACHE = 20_000
MEGABYTE = 2**20
SECONDS = 4
# A third of what is measured: a busy machine must not refuse an honest file. Bytes without a value are passed quickly.
CELLS_PER_SECOND = 40_000
BYTES_PER_SECOND = 20 * MEGABYTE
TEXT_PER_SECOND = MEGABYTE
START_MEMORY = 230 * MEGABYTE
BYTES_PER_CELL = 110


def main():
    """Read standard input by the order given as JSON in the first argument and write what was found."""
    limit(START_MEMORY, SECONDS)
    gc.disable()  # nothing here refers to itself
    order = orjson.loads(sys.argv[1])
    data = sys.stdin.buffer.read(guard.MAX_BYTES + 1)
    try:
        read(data, order["filename"], order.get("mapping"), RawReader if order.get("raw") else RowReader)
    except guard.FileError as error:
        say(t="error", code=error.code, reason=error.reason, params=error.params)
    except MemoryError:
        say(t="error", code="zip_bomb", reason="memory", params={})


def limit(memory, seconds):
    """Cap address space and processor time; forbid written files and core dumps."""
    for what, soft in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(what, (0, 0))


def allow(checked, size):
    """Widen the limits for an honest large file by what the check of its bytes found in it."""
    cells = sum(facts.cells for facts in checked.facts.values())
    seconds = cells // CELLS_PER_SECOND + checked.inflated // BYTES_PER_SECOND
    if checked.kind != "xlsx":
        cells, checked.inflated, seconds = size // 6, size * 2, size // TEXT_PER_SECOND
    memory = START_MEMORY + cells * BYTES_PER_CELL + 3 * checked.strings + 2 * size
    limit(min(memory, 1000 * MEGABYTE), SECONDS + seconds)


def say(**message):
    sys.stdout.buffer.write(orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def read(data, filename, mapping, reader):
    """Check the bytes, then every visible sheet; hidden sheets only when no visible one holds a survey."""
    checked = guard.check(data, filename)
    allow(checked, len(data))
    say(t="checked", kind=checked.kind, inflated=checked.inflated)
    hidden, known, anything, strange = [], 0, False, []
    for index, sheet in enumerate(sheets(data, checked)):
        if sheet.hidden:
            hidden.append(sheet.name)
            continue
        if sheet.name in columns.NOTE_SHEETS:
            continue
        found, text = read_sheet(index, sheet, mapping, strange, reader)
        known += found
        anything = anything or text
    hidden = [name for name in hidden if not name.startswith("_")]
    if not known and hidden:
        known, text = read_hidden(data, checked, hidden, mapping, reader)
        anything = anything or text
    elif hidden:
        say(t="notice", code="hidden_sheets", sheet=None, params={"names": "、".join(hidden[:10])})
    if not known:
        for offered in strange:
            say(**offered)
        raise guard.FileError(
            "missing_required_column" if anything else "no_data", "no_header" if anything else "no_data"
        )
    say(t="end")


def read_hidden(data, checked, hidden, mapping, reader):
    known, anything = 0, False
    for index, sheet in enumerate(sheets(data, checked)):
        if sheet.name in hidden:
            found, text = read_sheet(index, sheet, mapping, [], reader)
            known += found
            anything = anything or text
            if found:
                say(t="notice", code="hidden_sheet_read", sheet=index, params={"name": sheet.name})
    return known, anything


def read_sheet(index, sheet, mapping, strange, reader):
    """Write one sheet's meaning and rows; whether it is a survey sheet, and whether it holds a table at all.

    A table that means nothing to us is put in `strange`, to be mapped by hand when the file holds nothing else.
    """
    rows = iter(sheet.rows)
    head = list(itertools.islice(filled_rows(rows), HEADER_ROWS))
    kind = (mapping or {}).get(SAID, {}).get(str(index))
    layout = understand(sheet.name, expand(head, sheet.merges), mapping, kind)
    if layout is None:
        table = sum(1 for _, cells in head if sum(1 for cell in cells if cell != "") >= 3)
        if head:
            say(t="notice", code="sheet_unknown", sheet=index, params={"name": sheet.name})
        if table >= 2:
            strange.append(sheet_message(index, sheet, guessed(kind or columns.ORG, head)))
        return 0, table >= 2
    say_sheet(index, sheet, layout)
    reader(index, sheet, layout).run(itertools.chain(((n, cells) for n, cells in head if n > layout.header_row), rows))
    return 1, True


def filled_rows(rows):
    for number, cells in rows:
        if any(cell != "" and (not isinstance(cell, str) or cell.strip()) for cell in cells):
            yield number, cells


def guessed(kind, head):
    """The widest of the first rows taken for the header of a sheet of this kind, no column of it understood."""
    row, cells = max(head, key=lambda row: sum(1 for cell in row[1] if isinstance(cell, str) and cell.strip()))
    texts = [clean(cell) if isinstance(cell, str) else "" for cell in cells[:MAX_COLUMNS]]
    return Layout(kind, row, [Column(index, text) for index, text in enumerate(texts)])


def sheet_message(index, sheet, layout):
    present = {column.field for column in layout.mapped}
    required = set(columns.REQUIRED_COLUMNS[layout.kind])
    return {
        "t": "sheet",
        "index": index,
        "kind": layout.kind,
        "name": sheet.name,
        "header_row": layout.header_row,
        "titles": layout.titles[:5],
        "columns": [[c.index, c.letter, c.header, c.field, c.how] for c in layout.columns if c.header],
        "fields": [c.field for c in value_columns(layout)],
        "missing": sorted(required - present),
        "last_row": sheet.facts.last_row,
    }


def say_sheet(index, sheet, layout):
    say(**sheet_message(index, sheet, layout))
    for column in layout.doubles:
        params = {"header": column.header, "column": column.letter, "field": column.doubled}
        say(t="notice", code="column_double", sheet=index, params=params)
    strange = [c for c in layout.columns if c.header and not c.field and c not in layout.doubles]
    unread = [c.header for c in strange if c.header not in columns.NOTE_COLUMNS]
    if unread:
        say(t="notice", code="columns_unread", sheet=index, params={"headers": "、".join(unread[:20])})


def value_columns(layout):
    spec = columns.BY_KIND[layout.kind]
    return [column for column in layout.mapped if spec.field(column.field).type != "ignore"]


class RawReader:
    """Says the rows below the header as they stand, with merged cells filled: what a marked copy is written from."""

    def __init__(self, index, sheet, layout):
        self.index, self.merged, self.width = index, Merged(sheet.merges, layout.header_row), len(layout.columns)

    def run(self, rows):
        filled = filled_rows(rows)
        while batch := list(itertools.islice(filled, BATCH)):
            say(t="rows", sheet=self.index, rows=[[number, self.cells(number, cells)] for number, cells in batch])
        say(t="rows", sheet=self.index, rows=[])

    def cells(self, number, cells):
        cells = [*cells, *[""] * (self.width - len(cells))][: self.width]
        self.merged.fill(number, cells)
        return [cell if isinstance(cell, str) else plain(cell) for cell in cells]


def plain(cell):
    """A number as a number, without the .0 it never had; a date and what else there is as text."""
    if not isinstance(cell, float):
        return as_text(cell)
    return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell


class Cells(dict):
    """{raw cell: what it means} of one column; a cell with something to tell is read again each time it comes."""

    def __init__(self, slot, convert, told):
        super().__init__({"": None})
        self.slot, self.convert, self.told = slot, convert, told

    def __missing__(self, raw):
        value, issues = self.convert(raw)
        if issues:
            self.told.append((self.slot, issues))
        elif len(self) < CACHE:
            self[raw] = value
        return value


class RowReader:
    """Turns the raw rows of one sheet into values and issues, and says them in batches."""

    def __init__(self, index, sheet, layout):
        spec = columns.BY_KIND[layout.kind]
        self.index, self.layout, self.facts = index, layout, sheet.facts
        self.skipper, self.merged = Skipper(layout), Merged(sheet.merges, layout.header_row)
        self.told = []
        self.slots = [
            (c.index, Cells(slot, normaliser(spec.field(c.field), c.unit, epoch_1904=sheet.epoch_1904), self.told))
            for slot, c in enumerate(value_columns(layout))
        ]
        self.names = [(c.field, c.letter) for c in value_columns(layout)]
        self.numeric = {c.index for c in layout.mapped if spec.field(c.field).type in ("int", "decimal")}
        self.required = [
            s
            for s, c in enumerate(value_columns(layout))
            if spec.field(c.field).required and c.field not in columns.PLACE_KEYS
        ]
        self.beside = second_table(layout)
        self.lost = self._lost_cells()
        self.skipped = {}
        self.above = [None] * len(self.slots)  # the values of the row before, for 同上
        self.moved = 0  # the row of a header that orders the columns in another way, while its rows last
        self.hidden = []
        self.count = 0

    def _lost_cells(self):
        """Row number -> cells whose formula has no value or whose value is an error of the sheet."""
        slots = {c.index: slot for slot, c in enumerate(value_columns(self.layout))}
        lost = {}
        for cell in self.facts.no_value:
            lost.setdefault(int(cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")), []).append((cell, "formula_no_value", "="))
        for cell, what in self.facts.error_cells.items():
            lost.setdefault(int(cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")), []).append((cell, "cell_error", what))
        return {
            number: [(slots[column_index(c)], code, value) for c, code, value in cells if column_index(c) in slots]
            for number, cells in lost.items()
        }

    def run(self, rows):
        batch = []
        for number, cells in rows:
            cells.extend([""] * (self.width - len(cells)))
            filled = self.merged.fill(number, cells)
            reason = self.skipper.reason(cells)
            if reason:
                self._skip(reason, number, cells)
                continue
            batch.append(self.unread(number) if self.moved else self.row(number, cells, filled))
            if len(batch) == BATCH:
                say(t="rows", sheet=self.index, rows=batch)
                self.count += BATCH
                batch = []
        self.count += len(batch)
        say(t="rows", sheet=self.index, rows=batch)
        self.close()

    @property
    def width(self):
        return self.slots[-1][0] + 1 if self.slots else 0

    def row(self, number, cells, filled):
        values, issues = [column[cells[index]] for index, column in self.slots], []
        if self.told:
            for slot in [slot for slot, told in self.told if told[0][1] == "ditto"]:
                values[slot] = self.above[slot]
            issues = [self.issue(slot, number, issue) for slot, told in self.told for issue in told]
            self.told.clear()
        self.above = values
        self._check(number, cells, values, issues, filled)
        return [number, values, issues] if issues else [number, values]

    def unread(self, number):
        """A row below a header in another order: what its cells mean is not known."""
        slot = next((slot for slot, (key, _) in enumerate(self.names) if key in columns.PLACE_KEYS), 0)
        issue = ("error", "columns_moved", {"row": self.moved})
        return [number, [None] * len(self.slots), [self.issue(slot, number, issue)]]

    def issue(self, slot, number, issue):
        level, code, params = issue
        field, letter = self.names[slot]
        return [level, code, field, f"{letter}{number}", params]

    def _check(self, number, cells, values, issues, filled):
        for slot, code, value in self.lost.get(number, ()):
            issues.append(self.issue(slot, number, ("error", code, {"value": value})))
        for slot in self.required:
            if values[slot] is None and says_nothing(cells[self.slots[slot][0]]):
                issues.append(self.issue(slot, number, ("error", "required", {})))
        issues += self._unread_beside(number, cells)
        for index in filled:
            if index in self.numeric:
                slot = next(s for s, (i, _) in enumerate(self.slots) if i == index)
                issues.append(self.issue(slot, number, ("warning", "merged_number", {"value": str(cells[index])})))
        if number in self.facts.hidden_rows:
            self.hidden.append(number)

    def _unread_beside(self, number, cells):
        """The error of a row whose other half belongs to a second table."""
        said = (c for c in self.beside if c.index < len(cells) and not is_blank(cells[c.index]))
        return [
            ["error", "table_beside", column.doubled, f"{column.letter}{number}", {"column": column.letter}]
            for column in itertools.islice(said, 1)
        ]

    def _skip(self, reason, number, cells):
        if reason in ("header", "moved"):
            self.moved, reason = number if reason == "moved" else 0, "header"
        if reason != "blank":
            self.skipped.setdefault(reason, []).append((number, squeeze_row(cells)[:60]))

    def close(self):
        for reason, rows in self.skipped.items():
            params = {"count": len(rows), "rows": "、".join(str(number) for number, _ in rows[:10]), "text": rows[0][1]}
            say(t="notice", code=f"skipped_{reason}", sheet=self.index, params=params)
        if self.hidden:
            params = {"count": len(self.hidden), "rows": "、".join(map(str, self.hidden[:10]))}
            say(t="notice", code="hidden_rows", sheet=self.index, params=params)
        if self.layout.columns and not self.count:
            say(t="notice", code="sheet_empty", sheet=self.index, params={})


if __name__ == "__main__":
    main()
