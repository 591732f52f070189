"""The anchor: a file outside the database that knows how far the audit trail and the counters had come.

Lines of JSON are only ever appended, one file a month, each with an HMAC over itself and the HMAC before it. Whoever
cuts the tail of the trail, or restores an older backup, is behind the anchor and found out.
"""

import fcntl
import hashlib
import hmac
import json
import os
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from casework.chain import START, Problem
from casework.models import AuditLink, Counter

# The trail's head is written down once a minute, a counter at once: a number on paper must never be given again.
PAUSE = timedelta(minutes=1)
# The end of a file that surely holds its last line.
TAIL_BYTES = 100_000


class BehindAnchorError(Exception):
    """The database is older than its anchor: somebody restored a backup or cut the trail."""


@dataclass
class Anchor:
    """What all lines together say: hashes by seq, highest counters, restores people ran, and faults of the lines."""

    hashes: dict = field(default_factory=dict)
    counters: dict = field(default_factory=dict)
    restores: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    last: dict = field(default_factory=dict)


def files():
    return sorted(settings.AUDIT_ANCHOR_DIR.glob("anchor-*.jsonl"))


def lines_in(content):
    """The lines in a file's bytes; one that a crash left unfinished, or that was cut in reading, is no line."""
    for text in content.splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and {"at", "seq", "hash", "counters", "hmac"} <= line.keys():
            yield line


def last_line():
    """The newest line, or {}."""
    for path in reversed(files()):
        if lines := list(lines_in(tail(path, TAIL_BYTES))) or list(lines_in(path.read_bytes())):
            return lines[-1]
    return {}


def tail(path, size):
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - size))
        return file.read()


def read():
    """All lines checked and put together. A restore makes the lines beyond its seq void: their links are lost."""
    anchor, previous = Anchor(), ""
    for path in files():
        for number, line in enumerate(lines_in(path.read_bytes()), 1):
            if hmac.compare_digest(str(line["hmac"]).encode(), seal(previous, line).encode()):
                put(anchor, line)
            else:
                text = f"line {number} of {path.name} was changed, or the line before it is gone"
                anchor.problems.append(Problem("anchor", text))
            previous = str(line["hmac"])
    return anchor


def put(anchor, line):
    if line.get("restored"):
        anchor.hashes = {seq: text for seq, text in anchor.hashes.items() if seq <= line["seq"]}
        anchor.restores.append(line)
    if line["seq"]:
        anchor.hashes[line["seq"]] = line["hash"]
    for series, number in line["counters"].items():
        anchor.counters[series] = max(number, anchor.counters.get(series, 0))
    anchor.last = line


def seal(previous, line):
    """The HMAC of a line, bound to the line before it."""
    content = json.dumps({key: value for key, value in line.items() if key != "hmac"}, sort_keys=True)
    return hmac.new(settings.AUDIT_ANCHOR_KEY.encode(), (previous + content).encode(), hashlib.sha256).hexdigest()


def write():
    """Write a line if a counter rose, or if the trail grew and the last line is a minute old; returns it or None.

    Refuses (BehindAnchorError) while the database is older than the last line: `manage.py after_restore` decides.
    """
    with locked():
        last = last_line()
        require_current(last)
        # Counters first: whatever link is the head then, numbers given before it are in this line or an earlier one.
        counters = Counter.objects.rising()
        head = AuditLink.objects.last()
        if not counters and not (head and head.seq != last.get("seq") and is_due(last)):
            return None
        line = append(last, seq=head.seq if head else 0, hash=head.hash if head else START, counters=counters)
        note(counters)
        return line


@transaction.atomic
def note(counters):
    """Remember what the anchor knows; a counter somebody is using just now is written again with the next line."""
    rows = list(Counter.objects.select_for_update(skip_locked=True).filter(series__in=counters))
    for row in rows:
        row.anchored = counters[row.series]
    Counter.objects.bulk_update(rows, ["anchored"])


def is_due(last):
    return not last or timezone.now() - parse_datetime(last["at"]) >= PAUSE


def write_restored(*, seq, hash):  # noqa: A002 - the word of the line
    """Write that a restore was acknowledged: from here on the trail follows link `seq`."""
    with locked():
        return append(last_line(), seq=seq, hash=hash, counters={}, restored=True)


@contextmanager
def locked():
    """One writer at a time, also from several machines that share the folder."""
    settings.AUDIT_ANCHOR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.AUDIT_ANCHOR_DIR / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def append(last, **content):
    now = timezone.now()
    line = {"at": now.isoformat(), **content}
    line["hmac"] = seal(last.get("hmac", ""), line)
    path = settings.AUDIT_ANCHOR_DIR / f"anchor-{now:%Y-%m}.jsonl"
    is_new = not path.exists()
    with open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        # A crash may have left half a line: it must not swallow this one.
        torn = tail(path, 1) not in (b"", b"\n")
        file.write((b"\n" if torn else b"") + json.dumps(line, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(path.parent)
    return line


def sync_folder(folder):
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def require_current(last=None):
    """Refuses a database that does not hold what the last line of the anchor saw."""
    last = last_line() if last is None else last
    if last and not (holds_link(last["seq"], last["hash"]) and holds_counters(last["counters"])):
        raise BehindAnchorError(
            f"The database is older than its anchor of {last['at']} (link {last['seq']}). If a backup was restored, "
            "run: manage.py after_restore. If not, somebody cut the audit trail: manage.py verify_audit tells where."
        )


def holds_link(seq, stored):
    return not seq or AuditLink.objects.filter(seq=seq, hash=stored).exists()


def holds_counters(counters):
    known = dict(Counter.objects.filter(series__in=counters).values_list("series", "last")) if counters else {}
    return all(known.get(series, 0) >= number for series, number in counters.items())


@transaction.atomic
def raise_counters(counters):
    """Raise every counter to at least the number given; returns {series: [before, after]} of those that rose."""
    known = dict(Counter.objects.select_for_update().filter(series__in=counters).values_list("series", "last"))
    risen = {series: [known.get(series, 0), last] for series, last in counters.items() if known.get(series, 0) < last}
    Counter.objects.bulk_create(
        [Counter(series=series, last=last, anchored=last) for series, (_before, last) in risen.items()],
        update_conflicts=True,
        unique_fields=["series"],
        update_fields=["last", "anchored"],
    )
    return risen


def newest_held(anchor):
    """The highest seq the anchor and the database agree on, with its hash; (0, START) when they share nothing.

    Links that agree agree in all links before them, so halving finds it.
    """
    known = sorted(anchor.hashes)
    place = bisect_left(known, True, key=lambda seq: not holds_link(seq, anchor.hashes[seq]))
    return (known[place - 1], anchor.hashes[known[place - 1]]) if place else (0, START)
