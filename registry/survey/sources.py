"""Sheets of a checked file as rows of raw cells: by calamine, by a sparse XML reader, or from text."""

import csv
import io
import itertools
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

import python_calamine as calamine

from registry.survey.guard import CHUNK, SHEET_PART, FileError, SheetFacts

PIECE = 4 * 2**20
FIRST_ROW = re.compile(rb'<sheetData>\s*<row\b[^>]*?\br="')
MERGE = re.compile(rb'<mergeCell\b[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
MAX_DENSE_ROWS = 130_000
MAX_WIDE_ROWS = 300
MAX_SPARSE_COLUMNS = 200
MAX_MERGES = 20_000
MAX_TEXT_ROWS = 2**20
MAX_TEXT_COLUMNS = 2**14
MAX_LINE = 2**19


@dataclass
class RawSheet:
    """A sheet before it is understood: its rows are (row number, cells from column A on)."""

    name: str
    rows: object
    hidden: bool = False
    merges: list = field(default_factory=list)
    facts: SheetFacts = field(default_factory=SheetFacts)
    epoch_1904: bool = False


def sheets(data, checked):
    """The worksheets of a checked file in workbook order, opened one after the other."""
    if checked.kind == "csv":
        yield RawSheet("", _text_rows(data))
        return
    book = _open(data)
    parts, epoch = _parts(data) if checked.kind == "xlsx" else ({}, False)
    for index, meta in enumerate(book.sheets_metadata):
        if meta.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        part = parts.get(meta.name, "")
        facts = checked.facts.get(part) or SheetFacts()
        hidden = meta.visible != calamine.SheetVisibleEnum.Visible
        sheet = RawSheet(meta.name, (), hidden, [], facts, epoch)
        if part and (facts.last_row > MAX_DENSE_ROWS or (facts.wide and facts.last_row > MAX_WIDE_ROWS)):
            sheet.rows, sheet.merges = _sparse_rows(data, part), _merges(facts.tail)
        else:
            books = _pieces(data, part, facts, checked.strings) if facts.size > 2 * PIECE and facts.tail else [book]
            _fill(sheet, (_sheet(book, index) for book in books))
        yield sheet


def _fill(sheet, parts):
    """Give the sheet its rows and merged cells from its parts, in order; the merged cells stand in every one."""
    first = next(parts)
    sheet.rows = itertools.chain.from_iterable(map(_dense_rows, itertools.chain([first], parts)))
    merges = [merge for merge in first.merged_cell_ranges or () if merge[1][1] - merge[0][1] < MAX_SPARSE_COLUMNS]
    sheet.merges = merges[:MAX_MERGES]


def _merges(tail):
    """Merged cells as the XML after the rows names them, in the parser's form: ((top, left), (bottom, right)) from 0."""
    found = itertools.islice(MERGE.finditer(tail), MAX_MERGES)
    edges = [[part.decode() for part in match.groups()] for match in found]
    return [((int(t) - 1, column_index(a)), (int(b) - 1, column_index(z))) for a, t, z, b in edges]


def _sheet(book, index):
    try:
        return book.get_sheet_by_index(index)
    except (calamine.CalamineError, ValueError):
        raise FileError("corrupt") from None


def _pieces(data, part, facts, strings):
    """A large sheet as several workbooks of some thousand rows: the parser holds a sheet whole and several times over.

    Each has the texts and styles of the file and, after its rows, what follows the last row.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(part) as stream:
        others = {name: archive.read(name) for name in archive.namelist() if _is_shared(name)}
        text = stream.read(CHUNK)
        if not FIRST_ROW.search(text):
            yield _open(data)
            return
        head, mark, rest = text.partition(b"<sheetData>")
        try:
            while piece := stream.read(PIECE + 2 * strings):
                rows, end, rest = (rest + piece).rpartition(b"</row>")
                if rows:
                    yield _open(_workbook({**others, part: b"".join((head, mark, rows, end, facts.tail))}))
        except (zipfile.BadZipFile, zlib.error):
            raise FileError("corrupt") from None


def _is_shared(name):
    return name.endswith((".xml", ".rels")) and not SHEET_PART.match(name)


def _workbook(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _open(data):
    try:
        return calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except calamine.PasswordError:
        raise FileError("encrypted") from None
    except (calamine.CalamineError, ValueError, OSError) as error:
        raise FileError("encrypted" if "assword" in str(error) else "corrupt") from None


def _dense_rows(sheet):
    if sheet.start is None:
        return
    top, left = sheet.start
    pad = [""] * left
    rows = sheet.to_python() if top else sheet.iter_rows()  # which would make every row above as well
    for number, cells in enumerate(rows, top + 1):
        yield number, pad + cells if pad else cells


def _parts(data):
    """Sheet name -> worksheet part, and whether dates count from 1904."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        targets, book, epoch = {}, {}, []

        def relation(name, attributes):
            if name.endswith("Relationship"):
                targets[attributes.get("Id")] = attributes.get("Target", "")

        def sheet(name, attributes):
            if name.rpartition(":")[2] == "sheet":
                book[attributes.get("name", "")] = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            epoch.append(attributes.get("date1904") in ("1", "true"))

        _walk(archive, "xl/_rels/workbook.xml.rels", start=relation)
        _walk(archive, "xl/workbook.xml", start=sheet)
    paths = {name: targets.get(key, "") for name, key in book.items()}
    shown = [path for path in paths.values() if path]
    if len(set(shown)) < len(shown):  # one part shown as many sheets unpacks to as many
        raise FileError("zip_bomb", "same_part")
    return {
        name: t.lstrip("/") if t.startswith("/") else posixpath.normpath(f"xl/{t}") for name, t in paths.items()
    }, any(epoch)


def _walk(archive, part, *, start, end=None, characters=None):
    parser = _parser(start, end, characters)
    try:
        with archive.open(part) as stream:
            parser.ParseFile(stream)
    except (KeyError, expat.ExpatError, zipfile.BadZipFile):
        raise FileError("corrupt") from None


def _parser(start, end, characters):
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    return parser


class _SharedStrings:
    """Collects the texts of the shared-string part; phonetic runs (rPh) are no text."""

    def __init__(self):
        self.strings, self.parts, self.text, self.phonetic = [], [], False, False

    def start(self, name, attributes):
        name = name.rpartition(":")[2]
        self.text = name == "t" and not self.phonetic
        self.phonetic = self.phonetic or name == "rPh"

    def characters(self, text):
        if self.text:
            self.parts.append(text)

    def end(self, name):
        name = name.rpartition(":")[2]
        self.text = False
        self.phonetic = self.phonetic and name != "rPh"
        if name == "si":
            self.strings.append("".join(self.parts))
            self.parts = []


def _shared_strings(archive):
    table = _SharedStrings()
    if "xl/sharedStrings.xml" in archive.namelist():
        _walk(archive, "xl/sharedStrings.xml", start=table.start, end=table.end, characters=table.characters)
    return table.strings


class _SparseRows:
    """Collects the cells that hold something, row by row, while expat walks the sheet."""

    def __init__(self, strings):
        self.strings = strings
        self.ready = []
        self.number = 0
        self.cells = {}
        self.column = self.kind = None
        self.text = None
        self.phonetic = False

    def start(self, name, attributes):
        name = name.rpartition(":")[2]
        if name == "row":
            self.number = int(attributes.get("r", self.number + 1))
            self.cells = {}
        elif name == "c":
            self.column, self.kind = attributes.get("r", ""), attributes.get("t", "n")
        elif name == "rPh":
            self.phonetic = True
        elif name in ("v", "t") and not self.phonetic:
            self.text = []

    def characters(self, text):
        if self.text is not None:
            self.text.append(text)

    def end(self, name):
        name = name.rpartition(":")[2]
        if name == "rPh":
            self.phonetic = False
        elif name in ("v", "t") and self.text is not None:
            column = column_index(self.column)
            if column < MAX_SPARSE_COLUMNS:
                self.cells[column] = self.cells.get(column, "") + "".join(self.text) if name == "t" else self.value()
            self.text = None
        elif name == "row" and self.cells:
            self.ready.append((self.number, [self.cells.get(i, "") for i in range(max(self.cells) + 1)]))

    def value(self):
        text = "".join(self.text)
        if self.kind == "s":
            return self.strings[int(text)] if text.isdigit() and int(text) < len(self.strings) else ""
        if self.kind == "b":
            return text == "1"
        if self.kind != "n":
            return "" if self.kind == "e" else text
        try:
            return float(text)
        except ValueError:
            return text


def _sparse_rows(data, part):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        rows = _SparseRows(_shared_strings(archive))
        parser = _parser(rows.start, rows.end, rows.characters)
        with archive.open(part) as stream:
            while piece := stream.read(1 << 18):
                try:
                    parser.Parse(piece)
                except expat.ExpatError:
                    raise FileError("corrupt") from None
                yield from rows.ready
                rows.ready.clear()


def column_index(address):
    """0 for A1, 27 for AB7."""
    index = 0
    for sign in address:
        if not sign.isalpha():
            break
        index = index * 26 + ord(sign.upper()) - 64
    return index - 1


def column_letter(index):
    """A for 0, AB for 27."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def encoding_of(data):
    """The encoding of a CSV file: UTF-8, UTF-16 or GB 18030."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _readable(data, (encoding,))
    if b"\x00" in data[:2000]:
        even, odd = data[:2000:2].count(0), data[1:2000:2].count(0)
        return _readable(data, ("utf-16-be",) if even > odd else ("utf-16-le",))
    return _readable(data, ("utf-8", "gb18030"))


def _readable(data, encodings):
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return encoding
    raise FileError("not_a_workbook", "encoding")


def _text_rows(data):
    text = io.TextIOWrapper(io.BytesIO(data), encoding=encoding_of(data), newline="")
    head = text.read(4000).split("\n", 12)
    text.seek(0)
    delimiter = max(",\t;|", key=lambda sign: max(line.count(sign) for line in head))
    csv.field_size_limit(1 << 17)
    reader = csv.reader(_lines(text), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, 1):
            if len(cells) > MAX_TEXT_COLUMNS:
                raise FileError("zip_bomb", "wide")
            yield number, [_unquoted(cell) for cell in cells]
    except csv.Error:
        raise FileError("corrupt", "csv") from None


def _lines(text):
    """The lines of a text file, as many and as long as a sheet could have them; never the whole file at once."""
    for _ in range(MAX_TEXT_ROWS):
        line = text.readline(MAX_LINE)
        if not line:
            return
        if len(line) == MAX_LINE:
            raise FileError("zip_bomb", "wide")
        yield line
    if text.read(1):
        raise FileError("zip_bomb", "rows")


AS_TEXT = re.compile(r'^="([^"]*)"$|^\'(?=[\d=+@-])')


def _unquoted(cell):
    """="0012" and '0012, the ways people keep Excel from eating a code, as the code."""
    if cell[:1] not in ("=", "'"):
        return cell
    found = AS_TEXT.match(cell)
    if not found:
        return cell
    return found[1] if found[1] is not None else cell[1:]
