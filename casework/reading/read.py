"""The parent's side: what kind of file it is, and its text as a limited child reads it."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from casework.reading.child import main; from casework.reading.{kind} import parts; main(parts)"
)
WAIT = 30
MAX_BYTES = 40 * 2**20
MAX_PLAIN = 6_000_000
MAGIC = {
    b"%PDF": "pdf",
    b"PK\x03\x04": "office",
    b"\xff\xd8\xff": "picture",
    b"\x89PNG": "picture",
    b"GIF8": "picture",
    b"BM": "picture",
    b"RIFF": "picture",
    b"II*\x00": "picture",
    b"MM\x00*": "picture",
}
PLAIN_TYPES = ("text/", "application/csv", "application/json", "application/vnd.ms-excel")


@dataclass
class Text:
    """What could be read of a file as (place, text), and the reasons why the rest could not."""

    parts: list = field(default_factory=list)
    unread: set = field(default_factory=set)


def read_text(data, content_type=""):
    """The text of a PDF, a Word or Excel file or plain text. What cannot be read is named, never passed over."""
    kind = next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), "plain")
    if len(data) > MAX_BYTES:
        return Text(unread={"too_long"})
    if kind == "picture":
        return Text(unread={"picture"})
    return plain_text(data, content_type) if kind == "plain" else told_by_child(data, kind)


def plain_text(data, content_type):
    if not content_type.startswith(PLAIN_TYPES):
        return Text(unread={"unknown"})
    if len(data) > MAX_PLAIN:
        return Text(unread={"too_long"})
    text = decoded(data)
    return Text(unread={"unknown"}) if text is None or "\x00" in text else Text(parts=[("", text)])


def decoded(data):
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for name in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return None


def told_by_child(data, kind):
    """Whatever the child said until its end; a child that ended without a word found a file it could not bear."""
    text = Text()
    for line in child_lines(data, kind):
        message = json.loads(line)
        if "text" in message:
            text.parts.append(tuple(message["text"]))
        elif "unread" in message:
            text.unread.add(message["unread"])
        else:
            return text
    text.unread.add("damaged")
    return text


def child_lines(data, kind):
    order = [sys.executable, "-I", "-B", "-c", START.format(kind=kind), str(ROOT)]
    try:
        ended = subprocess.run(
            order, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={"LANG": "C.UTF-8"},
            timeout=WAIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return []
    return [line for line in ended.stdout.split(b"\n")[:-1] if line]
