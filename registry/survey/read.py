"""The parent's side: starts the limited child on a file and yields what it reads."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from registry.survey.guard import MAX_BYTES, FileError

ROOT = Path(__file__).resolve().parents[2]
START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from registry.survey.child import main; main()"
WAIT = 60.0  # by the clock, for a busy machine; the child limits its own processor time
BYTES_PER_SECOND = 3 * 2**20
PIPE = 2**20  # room for the child to read on while its rows are checked and copied
MAX_LINE = 32 * 2**20
KEPT = 2**18  # memory in larger blocks goes back as soon as it is free


@dataclass(slots=True)
class Issue:
    """A warning or error at one cell: level, message code, field key, A1 address, values for the sentence."""

    level: str
    code: str
    field: str
    cell: str
    params: dict


@dataclass(slots=True)
class Column:
    """A column as understood: position, letter, header text, field it means ("" = none) and how that was found."""

    index: int
    letter: str
    header: str
    field: str
    how: str


@dataclass
class Sheet:
    """A sheet that holds survey rows; `missing` are required fields no column gives."""

    index: int
    kind: str
    name: str
    header_row: int
    columns: list
    fields: list
    titles: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    last_row: int = 0


@dataclass(slots=True)
class Row:
    """One row of data: its number in the sheet, its values by field key (empty cells left out), its issues."""

    sheet: Sheet
    number: int
    values: dict
    issues: list


@dataclass(slots=True)
class Notice:
    """Something said about the file or a sheet as a whole."""

    code: str
    sheet: Sheet | None
    params: dict


def read_workbook(source, *, filename, mapping=None):
    """Yield Sheet, Row and Notice of a workbook given as path, bytes or file; raise FileError when it is refused.

    `mapping` is {kind: {header text: field key or ""}} as corrected by hand, and {"sheets": {number: kind}}.
    """
    for item in read_batches(source, filename=filename, mapping=mapping):
        if isinstance(item, tuple):
            yield from (_row(item[0], row) for row in item[1])
        else:
            yield item


def _row(sheet, row):
    values = {key: value for key, value in zip(sheet.fields, row[1], strict=True) if value is not None}
    return Row(sheet, row[0], values, [Issue(*issue) for issue in row[2]] if len(row) > 2 else [])


def read_batches(source, *, filename, mapping=None, raw=False):
    """The same, but rows as (sheet, [[number, values in the order of sheet.fields, issues?], …]) for bulk loading.

    `raw` gives the cells of every row as they stand instead, from column A on: [number, [text or number, …]].
    """
    order = json.dumps({"filename": filename, "mapping": mapping, "raw": raw})
    sheets, ended, rows = {}, False, 0
    with _opened(source) as stream, _child(stream, order) as process:
        for message in _messages(process):
            ended = ended or message["t"] == "end"
            rows += len(message.get("rows", ()))
            item = _item(message, sheets)
            if item is not None:
                yield item
    if not ended:
        raise _crash(process.returncode)
    if not rows:
        raise FileError("no_data")


def _item(message, sheets):
    kind = message.pop("t")
    if kind == "rows":
        return sheets[message["sheet"]], message["rows"]
    if kind == "error":
        raise FileError(message["code"], message["reason"], **message["params"])
    if kind == "notice":
        return Notice(message["code"], sheets.get(message["sheet"]), message["params"])
    if kind == "sheet":
        message["columns"] = [Column(*column) for column in message["columns"]]
        return sheets.setdefault(message["index"], Sheet(**message))
    return None


def _opened(source):
    """An open file with the workbook's bytes, given as a path, as bytes or as a file."""
    if isinstance(source, (str, os.PathLike)):
        return Path(source).open("rb")
    return memory_file(source) if isinstance(source, bytes) else contextlib.nullcontext(source)


def memory_file(content):
    """The bytes as an open file that is never written to a disk where that can be helped; too many are refused."""
    if len(content) > MAX_BYTES:
        raise FileError("unsupported_type", "too_large", limit=MAX_BYTES // 2**20)
    in_memory = hasattr(os, "memfd_create")
    stream = os.fdopen(os.memfd_create("workbook"), "w+b") if in_memory else tempfile.TemporaryFile()  # noqa: SIM115
    stream.write(content)
    stream.seek(0)
    return stream


@contextlib.contextmanager
def _child(stream, order):
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", START, str(ROOT), order],
        stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
        env={"LANG": "C.UTF-8", "MALLOC_MMAP_THRESHOLD_": str(KEPT)}, pipesize=PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
        if process.poll() is None:
            process.kill()
        process.wait()


def _messages(process):
    """The child's lines as they come; only time spent waiting for the child counts against its deadline."""
    left, rest = WAIT, b""
    while True:
        began = time.monotonic()
        ready, _, _ = select.select([process.stdout], [], [], max(left, 0))
        left -= time.monotonic() - began
        if not ready:
            raise FileError("zip_bomb", "too_long")
        piece = os.read(process.stdout.fileno(), 1 << 20)
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > MAX_LINE:
            raise FileError("zip_bomb", "memory")
        for line in lines:
            message = orjson.loads(line)
            if message["t"] == "checked":
                left += message["inflated"] / BYTES_PER_SECOND
            yield message


def _crash(code):
    """What a child that ended without a word means: out of time, or a file its parser could not bear."""
    if code == -signal.SIGXCPU:
        return FileError("zip_bomb", "too_long")
    if code == -signal.SIGABRT:  # the parser's way to say that no memory was left
        return FileError("zip_bomb", "memory")
    return FileError("corrupt", "crashed")
