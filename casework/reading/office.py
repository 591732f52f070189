"""Text of a .docx or .xlsx file (and of its kin), part by part, and what in it cannot be read as text."""

import io
import re
import zipfile
from decimal import Decimal
from pathlib import PurePosixPath

from defusedxml.ElementTree import DefusedXMLParser

MAX_ENTRIES = 2000
MAX_INFLATED = 64 * 2**20
CHUNK = 1 << 16
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".webp", ".wdp"}
HARMLESS = re.compile(r"(^|/)(printerSettings\d*\.bin|mimetype|.*\.odttf|)$")
LINES = {"p": "\n", "br": "\n", "tab": " ", "c": "\n", "si": "\n\n\n\n", "row": "\n\n\n\n", "tr": "\n\n\n\n", "f": "\n"}
TOLD_BY_NAME = {"Target", "descr", "title"}
LARGE = re.compile(r"\d(?:\.\d+)?E\+?\d{1,2}")


def parts(data):
    """Yield ("text", (part, text)) and ("unread", reason). Raises for a damaged archive or one with a DOCTYPE."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if any(entry.flag_bits & 0x1 for entry in entries):
            yield "unread", "encrypted"
        elif len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_INFLATED:
            yield "unread", "too_long"
        else:
            for entry in entries:
                yield from part(archive, entry)


def part(archive, entry):
    name = PurePosixPath(entry.filename)
    if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        yield "text", (name.stem, text_of(archive, entry))
    elif name.suffix.lower() in PICTURES:
        yield "unread", "picture"
    elif not entry.is_dir() and not HARMLESS.search(entry.filename):
        yield "unread", "embedded"


def text_of(archive, entry):
    """The characters of one XML part; zipfile stops at the size the entry declares."""
    parser = DefusedXMLParser(target=Words(), forbid_dtd=True)
    with archive.open(entry) as stream:
        while piece := stream.read(CHUNK):
            parser.feed(piece)
    return parser.close()


class Words:
    """Collects what a reader would see, deleted text and notes too; cells that only point at a text are left out."""

    def __init__(self):
        self.pieces = []
        self.pointer = False

    def start(self, tag, attributes):
        tag = tag.rpartition("}")[2]
        if tag == "c":
            self.pointer = attributes.get("t") == "s"
        self.pieces += [f"\n{attributes[name]}\n" for name in TOLD_BY_NAME & attributes.keys()]

    def data(self, text):
        if not self.pointer:
            self.pieces.append(format(Decimal(text), "f") if LARGE.fullmatch(text) else text)

    def end(self, tag):
        tag = tag.rpartition("}")[2]
        self.pieces.append(LINES.get(tag, ""))
        if tag == "c":
            self.pointer = False

    def close(self):
        return "".join(self.pieces)
