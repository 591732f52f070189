"""Checks of the bytes of an uploaded workbook, made before anything parses them."""

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field

from registry.survey.words import unprefixed

MAX_BYTES = 40 * 2**20
MAX_ENTRIES = 1000
MAX_DIRECTORY = 2**20
MAX_INFLATED = 600 * 2**20
MAX_RATIO = 120
FREE_INFLATED = 16 * 2**20
MAX_CELLS = 6_000_000
# So much a workbook may hold beside its values (every row of a sheet formatted, some cells of each), so much for each.
MAX_EMPTY, BYTES_PER_VALUE = 160 * 2**20, 250
# So many cells with a value a sheet may hold for each of its rows, once it is large: no survey is wider.
MAX_ROW_CELLS, FREE_CELLS = 1000, 200_000
CHUNK = 1 << 18
MAX_NOTED = 100_000
MAX_HIDDEN = 100_000

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
MARKUP = (
    b"<html", b"<!doctype", b"<table", b"<head", b"<body", b"<meta", b"<?xml", b"<script", b"<style", b"mime-version:", b"<div",
    b"<tr",
)  # fmt: skip
OTHER_MAGIC = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\x7fELF", b"MZ", b"{\\rtf", b"II*\x00",
    b"MM\x00*", b"RIFF", b"ID3", b"OggS", b"SQLite format 3", b"\xca\xfe\xba\xbe", b"PK\x05\x06",
)  # fmt: skip
SHEET_PART = re.compile(r"^/?xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
HIDDEN_ROW = re.compile(rb'<row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d+)"')
WIDE_CELL = re.compile(rb'<c r="(?:[C-Z][A-Z]|[A-Z]{3})\d+"[^>]*[^/]>')
NO_VALUE = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3}\d+)"[^>]*><f\b(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v></v>|<v ?/>)?</c>')
ERROR_CELL = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3}\d+)"[^>]*>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>([^<]{1,20})</v>'
)
BIFF_START = re.compile(rb"\x09\x08[\x08\x10]\x00\x00[\x05\x06]")
FILE_PASS, FIRST_RECORDS = 0x2F, 20
PLAIN_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?(?:<\?xml[^>]*\?>)?\s*<[A-Za-z]")
ROW_NUMBER = re.compile(rb'\br="(\d{1,7})"')


class FileError(Exception):
    """A file that is refused as a whole: code of the report, reason for the sentence, values it names."""

    def __init__(self, code, reason="", **params):
        super().__init__(code)
        self.code = code
        self.reason = reason or code
        self.params = params


@dataclass
class SheetFacts:
    """What a streaming look at one worksheet part told, before it is parsed."""

    cells: int = 0
    last_row: int = 0
    wide: bool = False
    hidden_rows: set = field(default_factory=set)
    no_value: list = field(default_factory=list)
    error_cells: dict = field(default_factory=dict)
    size: int = 0
    tail: bytes = b""  # what follows the last row


@dataclass
class Checked:
    """A file that may be parsed: its real kind and what the check learned on the way."""

    kind: str
    facts: dict = field(default_factory=dict)
    inflated: int = 0
    strings: int = 0


def check(data, filename=""):
    """The real kind of the file, or FileError with one of the codes of the import report."""
    if len(data) > MAX_BYTES:
        raise FileError("unsupported_type", "too_large", limit=MAX_BYTES // 2**20)
    head = bytes(data[:4096])
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise FileError("empty_file")
    if head.startswith(OLE):
        return _check_ole(data)
    if head.startswith(ZIP):
        return _check_zip(data)
    return _check_text(head, filename)


def _check_text(head, filename):
    plain = head.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").replace(b"\x00", b"").lower()[:600]
    if head.startswith(OTHER_MAGIC):
        raise FileError("not_a_workbook", "other_type")
    if plain.startswith(MARKUP) or (plain.startswith(b"<") and b"<html" in plain):
        raise FileError("html_as_xls")
    suffix = filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    if suffix in ("xlsx", "xlsm", "xls", "et"):
        raise FileError("not_a_workbook")
    if suffix not in ("csv", "txt", "tsv", ""):
        raise FileError("unsupported_type", "other_type")
    return Checked("csv")


def _check_ole(data):
    names = _ole_names(data)
    if "EncryptedPackage" in names or "EncryptionInfo" in names:
        raise FileError("encrypted")
    if "_VBA_PROJECT" in names or "VBA" in names:
        raise FileError("unsupported_type", "macros")
    if not {"Workbook", "Book"} & names:
        raise FileError("not_a_workbook", "other_type")
    if _has_password(data):
        raise FileError("encrypted")
    return Checked("xls", inflated=len(data))


def _has_password(data):
    """Whether one of the first records of an old workbook says that the others are encrypted."""
    found = BIFF_START.search(data)
    at = found.start() if found else len(data)
    for _ in range(FIRST_RECORDS):
        if at + 4 > len(data):
            return False
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == FILE_PASS:
            return True
        at += 4 + length
    return False


def _ole_names(data):
    """Names of the streams in an OLE container, following its directory chain."""
    if len(data) < 1024:
        raise FileError("corrupt")
    shift, directory = struct.unpack_from("<H", data, 30)[0], struct.unpack_from("<I", data, 48)[0]
    if shift not in (9, 12):
        raise FileError("corrupt")
    table = _ole_table(data, shift)
    names, seen = set(), set()
    while directory < len(table) and directory not in seen and len(seen) < 4096:
        seen.add(directory)
        start = (directory + 1) << shift
        names |= _names_in(data[start : start + (1 << shift)])
        directory = table[directory]
    if not names:
        raise FileError("corrupt")
    return names


def _ole_table(data, shift):
    table = []
    for sector in _ole_table_sectors(data, shift):
        table.extend(_ole_sector(data, sector, shift))
    return table


def _ole_sector(data, sector, shift):
    size, start = 1 << shift, (sector + 1) << shift
    if sector >= 0xFFFFFFF0 or start + size > len(data):
        return ()
    return struct.unpack_from(f"<{size // 4}I", data, start)


def _ole_table_sectors(data, shift):
    """Numbers of the sectors of the allocation table: 109 in the header, those of files over 7 MB in a chain."""
    yield from struct.unpack_from("<109I", data, 76)
    following, seen = struct.unpack_from("<I", data, 68)[0], set()
    while following not in seen and len(seen) < 1000 and (numbers := _ole_sector(data, following, shift)):
        seen.add(following)
        yield from numbers[:-1]
        following = numbers[-1]


def _names_in(sector):
    names = set()
    for start in range(0, len(sector) - 127, 128):
        length = struct.unpack_from("<H", sector, start + 64)[0]
        if 2 < length <= 64:
            names.add(bytes(sector[start : start + length - 2]).decode("utf-16-le", "replace"))
    return names


def _check_zip(data):
    archive = _open_zip(data)
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if not entries or len(entries) > MAX_ENTRIES:
        raise FileError("zip_bomb", "entries")
    _check_names(names)
    _check_kind(names)
    _check_entries(entries)
    checked = Checked("xlsx")
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        _inflate(data, entry, checked)
    cells = sum(facts.cells for facts in checked.facts.values())
    if cells > MAX_CELLS:
        raise FileError("zip_bomb", "cells", limit=MAX_CELLS)
    _check_empty(checked.inflated, cells)
    return checked


def _open_zip(data):
    end = bytes(data[-66_000:])
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(end):
        raise FileError("corrupt")
    count, size = struct.unpack_from("<HI", end, at + 10)
    if count > MAX_ENTRIES or size > MAX_DIRECTORY:
        raise FileError("zip_bomb", "entries")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error, UnicodeDecodeError):
        raise FileError("corrupt") from None


def _check_names(names):
    lowered = [name.lower() for name in names]
    if len(set(lowered)) != len(lowered):
        raise FileError("corrupt", "duplicate_names")
    for name in names:
        if name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/"):
            raise FileError("corrupt", "bad_names")


def _check_kind(names):
    lowered = {name.lower() for name in names}
    if any("vbaproject" in name or name.startswith("xl/macrosheets/") for name in lowered):
        raise FileError("unsupported_type", "macros")
    if "xl/workbook.bin" in lowered:
        raise FileError("unsupported_type", "xlsb")
    if "mimetype" in lowered and "content.xml" in lowered:
        raise FileError("unsupported_type", "ods")
    if "[content_types].xml" not in lowered or "xl/workbook.xml" not in lowered:
        raise FileError("not_a_workbook", "other_type")


def _check_entries(entries):
    if any(entry.flag_bits & 0x41 for entry in entries):
        raise FileError("encrypted")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise FileError("unsupported_type", "compression")
    _check_size(sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries))
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise FileError("zip_bomb", "overlap")
        end = entry.header_offset + 30 + entry.compress_size


def _check_size(inflated, packed):
    if inflated > MAX_INFLATED or (inflated > FREE_INFLATED and inflated > MAX_RATIO * max(packed, 1)):
        raise FileError("zip_bomb", "inflated")


def _check_empty(inflated, cells):
    """Refuses what is large without saying anything: reading it would take a worker as long as a survey."""
    if inflated > MAX_EMPTY + cells * BYTES_PER_VALUE:
        raise FileError("zip_bomb", "empty")


def _check_wide(facts):
    """Refuse a large sheet of rows wider than any survey: reading a row costs as much as its width."""
    if facts.cells > FREE_CELLS + MAX_ROW_CELLS * facts.last_row:
        raise FileError("zip_bomb", "wide")


def _inflate(data, entry, checked):
    """Inflate one entry in pieces, holding none of them: its real size, its XML's dangers, the facts of a sheet."""
    scan = Scan() if SHEET_PART.match(entry.filename) else None
    xml = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
    size, tail = 0, b""
    for piece in _pieces(data, entry, crc=scan is None):
        xml = xml and not (size == 0 and _plain_start(piece))
        size += len(piece)
        _check_size(size, entry.compress_size)
        if xml:
            _check_xml(tail + piece)
            tail = piece[-16:]
        if scan:
            scan.feed(piece)
            _check_empty(size, scan.facts.cells)
            _check_wide(scan.facts)
    if checked.inflated + size > MAX_INFLATED:
        raise FileError("zip_bomb", "inflated")
    if size != entry.file_size:
        raise FileError("corrupt", "size_differs")
    checked.inflated += size
    if entry.filename.lower().endswith("sharedstrings.xml"):
        checked.strings = size
    if scan:
        checked.facts[entry.filename.lstrip("/")] = facts = scan.close()
        facts.size = size


def _pieces(data, entry, *, crc):
    """The inflated bytes piece by piece; the check sum of a sheet is left to the parser, which reads it all again."""
    start = entry.header_offset
    if bytes(data[start : start + 4]) != ZIP:
        raise FileError("corrupt")
    name, extra = struct.unpack_from("<HH", data, start + 26)
    start += 30 + name + extra
    packed = memoryview(data)[start : start + entry.compress_size]
    if len(packed) < entry.compress_size:
        raise FileError("corrupt")
    found = 0
    for piece in _stored(packed) if entry.compress_type == zipfile.ZIP_STORED else _deflated(packed):
        found = zlib.crc32(piece, found) if crc else 0
        yield piece
    if crc and found != entry.CRC:
        raise FileError("corrupt", "checksum")


def _stored(packed):
    for start in range(0, len(packed), CHUNK):
        yield bytes(packed[start : start + CHUNK])


def _deflated(packed):
    stream = zlib.decompressobj(-15)
    rest, position = b"", 0
    try:
        while not stream.eof:
            if not rest and position >= len(packed):
                raise FileError("corrupt")
            if not rest:
                rest, position = packed[position : position + CHUNK], position + CHUNK
            piece = stream.decompress(rest, CHUNK)
            rest = stream.unconsumed_tail
            if piece:
                yield piece
    except zlib.error:
        raise FileError("corrupt") from None


def _plain_start(piece):
    """Whether a part opens with its root element: then no DOCTYPE can follow and the rest needs no look."""
    if piece.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in piece[:64]:
        raise FileError("corrupt", "xml_encoding")
    return bool(PLAIN_START.match(piece))


def _check_xml(piece):
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
        raise FileError("zip_bomb", "doctype")


class Scan:
    """Reads a worksheet's XML as it is inflated and keeps only counts and a few addresses."""

    def __init__(self):
        self.facts = SheetFacts()
        self.rest = b""
        self.row = 0

    def feed(self, piece):
        text = unprefixed(self.rest + piece)
        cut = max(text.rfind(b"</c>") + 4, text.rfind(b"<row"), 4)
        if cut <= 4:
            cut = 0 if len(text) < 4 * CHUNK else len(text)
        self.rest = text[cut:]
        self._look(text[:cut])

    def close(self):
        self._look(self.rest)
        self.facts.tail = self.rest[self.rest.rfind(b"</sheetData>") :] if b"</sheetData>" in self.rest else b""
        return self.facts

    def _look(self, text):
        facts = self.facts
        last = max(text.rfind(b"</v>"), text.rfind(b"</is>"))
        if last >= 0:
            facts.cells += text.count(b"</v>") + text.count(b"</is>")
            facts.wide = facts.wide or WIDE_CELL.search(text) is not None
        self._last_row(text, last)
        if b'hidden="' in text and len(facts.hidden_rows) < MAX_HIDDEN:
            facts.hidden_rows.update(map(int, HIDDEN_ROW.findall(text)))
        if b"<f" in text and len(facts.no_value) < MAX_NOTED:
            facts.no_value += [cell.decode() for cell in NO_VALUE.findall(text)]
        if b't="e"' in text and len(facts.error_cells) < MAX_NOTED:
            facts.error_cells.update((cell.decode(), what.decode()) for cell, what in ERROR_CELL.findall(text))

    def _last_row(self, text, last):
        if last >= 0:
            self.facts.last_row = max(self.facts.last_row, self._row_at(text, text.rfind(b"<row", 0, last)))
        self.row = self._row_at(text, text.rfind(b"<row"))

    def _row_at(self, text, at):
        if at < 0:
            return self.row
        found = ROW_NUMBER.search(text, at, text.find(b">", at) + 1)
        return int(found[1]) if found else self.row + text.count(b"<row")
