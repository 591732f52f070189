"""Reading a batch's workbook into its lines: the child reads while this process checks and copies."""

import contextlib
import datetime as dt
import gc
import re
from collections import Counter

from django.db import connection
from django.utils import timezone

from registry.imports.bulk import as_json, copy_lines, encoded, next_ids
from registry.imports.check import ACCEPT, NEW, TABLES, WARN, Checker, SheetContext
from registry.imports.places import Places
from registry.models import ImportBatch, ImportRow
from registry.survey.columns import BASE, BY_KIND, ORG, PLACE_KEYS
from registry.survey.guard import FileError
from registry.survey.read import Notice, Sheet, memory_file, read_batches

COLUMNS = (
    "batch_id",
    "kind",
    "sheet",
    "row",
    "status",
    "values",
    "sealed",
    "errors",
    "warnings",
    "match_id",
    "match_how",
)
QUOTED = tuple(f'"{name}"' for name in COLUMNS)
SLICE = 2000
YEAR = re.compile(r"(20[0-4]\d)\s*年")
LEASE = dt.timedelta(seconds=60)


class Staging:
    """One reading of one batch; `run` leaves its lines, columns, notices and survey year behind."""

    def __init__(self, batch, content):
        self.batch, self.workbook = batch, memory_file(content)  # beside this process's own memory
        self.places = Places(batch.division)
        self.checker = Checker(batch, self.places)
        self.contexts, self.sheets, self.notices, self.lines = {}, [], [], []
        self.years, self.own_year, self.done, self.expected = Counter(), 0, 0, {}

    def run(self):
        """Read everything; raises FileError when the file is refused."""
        ImportRow.objects.filter(batch=self.batch).delete()
        try:
            with uncollected():
                self._read()
        finally:  # also of a refused file, so that its columns can be said by hand
            self.batch.columns = [described(sheet) for sheet in self.sheets]
        self._flush()
        self._require_sheets()
        if not self.done:
            raise FileError("no_data")
        self.batch.notices = self.notices
        self.batch.year = self.own_year or self.batch.year or self._year()

    def _read(self):
        with self.workbook as stream:
            for item in read_batches(stream, filename=self.batch.filename, mapping=self.batch.mapping or None):
                self._take(item)

    def _take(self, item):
        if isinstance(item, Sheet):
            self._sheet(item)
        elif isinstance(item, Notice):
            name = item.sheet.name if item.sheet else item.params.get("name", "")
            self.notices.append({"code": item.code, "sheet": name, "params": item.params})
        else:
            self._rows(*item)

    def _sheet(self, sheet):
        self.sheets.append(sheet)
        self.contexts[sheet.index] = SheetContext.of(sheet, self.places)
        self.expected[sheet.index] = max(0, sheet.last_row - sheet.header_row)
        self.years.update({int(found): 1000 for title in sheet.titles for found in YEAR.findall(title)[:1]})
        self.batch.total = sum(self.expected.values())
        sheet.missing = self._missing(sheet)
        street, community = self.contexts[sheet.index].street, self.contexts[sheet.index].community
        if community:
            self.notices.append({"code": "community_from_sheet", "sheet": sheet.name, "params": {"name": community}})
        elif street and not {"region", "region_code"} & set(sheet.fields):
            self.notices.append({"code": "street_from_sheet", "sheet": sheet.name, "params": {"name": street}})

    def _missing(self, sheet):
        """Required fields no column gives; any of the place columns, or a sheet named like a street, states it."""
        missing = [key for key in sheet.missing if key not in PLACE_KEYS]
        context = self.contexts[sheet.index]
        if not set(PLACE_KEYS) & set(sheet.fields) and not context.street and not context.community:
            missing.append("region")
        return missing

    def _require_sheets(self):
        """A sheet of organizations must have every required column; another such sheet is passed over with a notice."""
        lacking = [sheet for sheet in self.sheets if sheet.missing]
        if not lacking:
            return
        if len(lacking) == len(self.sheets) or any(sheet.kind == ORG for sheet in lacking):
            worst = next((sheet for sheet in lacking if sheet.kind == ORG), lacking[0])
            raise FileError("missing_required_column", columns=headers(worst), sheet=worst.name)
        for sheet in lacking:
            params = {"name": sheet.name, "columns": "、".join(headers(sheet))}
            self.notices.append({"code": "sheet_columns", "sheet": sheet.name, "params": params})

    def _rows(self, sheet, rows):
        if sheet.missing:
            return
        context, fields = self.contexts[sheet.index], sheet.fields
        for row in rows:
            values = {key: value for key, value in zip(fields, row[1], strict=True) if value is not None}
            self.lines.append(self.checker.line(context, row[0], values, row[2] if len(row) > 2 else ()))
            if context.own and values.get("record_year"):
                self.own_year = values["record_year"]
            if sheet.kind == BASE and values.get("report_date"):
                self.years[int(values["report_date"][:4])] += 1
        if len(self.lines) >= SLICE:
            self._flush()

    def _flush(self):
        batch = self.batch.pk
        give_ids(self.lines)
        kinds = {line.sheet: line.kind for line in self.lines}
        heads = {name: b"\t".join(map(encoded, (batch, kind, name[:100]))) for name, kind in kinds.items()}
        texts = (line_text(heads[line.sheet], line) for line in self.lines)
        self.done += copy_lines("registry_importrow", QUOTED, texts)
        self.lines.clear()
        now = timezone.now()
        ImportBatch.objects.filter(pk=batch).update(
            progress=self.done, total=max(self.batch.total, self.done), lease_until=now + LEASE
        )

    def _year(self):
        this = timezone.localdate().year
        likely = [year for year, _ in self.years.most_common() if year <= this]
        return likely[0] if likely else this


@contextlib.contextmanager
def uncollected():
    """Lines refer to nothing that refers back to them: looking for such circles takes a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def line_text(head, line):
    """A line in COPY's text format after its `head` (batch, kind, sheet); by hand, since surveys have many lines."""
    return b"\t".join((
        head, b"%d" % line.number, line.status.encode(), as_json(line.values), encoded(line.sealed),
        as_json(line.errors), as_json(line.warnings),
        b"\\N" if line.match_id is None else b"%d" % line.match_id, line.match_how.encode(),
    ))  # fmt: skip


def give_ids(lines):
    """New lines get the primary key their record will have, so that storing never has to write the lines again."""
    for kind, table in TABLES.items():
        new = [line for line in lines if line.kind == kind and line.status in (ACCEPT, WARN)]
        for line, pk in zip(new, next_ids(table, len(new)), strict=True):
            line.match_id, line.match_how = pk, NEW


def headers(sheet):
    return [BY_KIND[sheet.kind].field(key).header for key in sheet.missing]


def described(sheet):
    """What the columns page shows of a sheet, and what remembers a mapping by hand."""
    return {
        "index": sheet.index,
        "kind": sheet.kind,
        "name": sheet.name,
        "header_row": sheet.header_row,
        "titles": sheet.titles,
        "missing": sheet.missing,
        "columns": [[c.index, c.letter, c.header, c.field, c.how] for c in sheet.columns],
    }


def analyze():
    """Tell the planner about freshly copied lines; without it the comparisons after a large file crawl."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registry_importrow (batch_id, kind, status, match_how)")


def lines_of(batch, *, slice_size=SLICE, **where):
    """The lines of a batch in order, by a server-side cursor."""
    return ImportRow.objects.filter(batch=batch, **where).order_by("id").iterator(chunk_size=slice_size)


def slices(rows, size):
    """Lists of at most `size` of the rows."""
    part = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def given_slices(cursor, given, params):
    """Slices of new lines that never pass through this process: `given` leaves the next ones behind as `import_given`.

    Yields of each slice (lines, division ids).
    """
    after = 0
    while True:
        cursor.execute("DROP TABLE IF EXISTS import_given, import_people, import_periods")
        cursor.execute(given, params | {"after": after})
        if not cursor.rowcount:
            return
        cursor.execute("SELECT max(line), count(*), array_agg(DISTINCT division) FROM import_given")
        after, *told = cursor.fetchone()
        yield told
