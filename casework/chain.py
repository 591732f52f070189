"""The chain over the audit trail: every event bound to the one before it, so that no change stays unseen.

Writers only insert events. A worker links the committed ones every few seconds under one lock, so nobody who writes
ever waits for the chain; an event whose transaction took long is linked later than its neighbours.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, Min, OuterRef
from django.utils import timezone

from casework.models import AuditEvent, AuditLink

# Any number, as long as nothing else locks it.
LOCK = 4_711_001
BATCH = 2000
START = "0" * 64
# A transaction writes its event and commits within this time; what takes longer, the nightly full look links.
LONGEST_TRANSACTION = timedelta(minutes=30)
# An event as the text that is hashed; anybody can have the database compute it again.
TEXT = """json_build_array(event.id, to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event.actor,
    event.action, event.target, event.target_id, event.target_label, event.division_path, event.before::text,
    event.after::text, event.note)::text"""
EVERY_LINK = f"""
    SELECT link.seq, link.event_id, link.hash, event.id IS NULL, {TEXT}
    FROM casework_auditlink link LEFT JOIN casework_auditevent event ON event.id = link.event_id ORDER BY link.seq
"""  # noqa: S608 - nothing from outside
WAITING = f"""
    SELECT event.id, {TEXT} FROM casework_auditevent event
    WHERE event.at >= %s AND NOT EXISTS (SELECT FROM casework_auditlink link WHERE link.event_id = event.id)
    ORDER BY event.id LIMIT {BATCH}
"""  # noqa: S608
EVER = "-infinity"


@dataclass(frozen=True)
class Problem:
    """What is wrong with the trail: `kind` is missing_link, missing_event, changed, unlinked, cut or anchor."""

    kind: str
    text: str


def next_hash(previous, text):
    return hashlib.sha256((previous + text).encode()).hexdigest()


def link_events(*, everything=False):
    """Link what has been committed and has no link yet, in the order of ids; returns how many.

    Returns 0 at once while another worker links. Looks back to half an hour before the last linked event; with
    `everything` at the whole trail.
    """
    done, count = 0, BATCH
    while count == BATCH:
        count = link_batch(everything=everything)
        done += count
    return done


@transaction.atomic
def link_batch(*, everything):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        head = AuditLink.objects.last()
        cursor.execute(WAITING, [EVER if everything else lookback(head)])
        rows = cursor.fetchall()
    seq, previous = (head.seq, head.hash) if head else (0, START)
    links = []
    for event_id, text in rows:
        seq, previous = seq + 1, next_hash(previous, text)
        links.append(AuditLink(seq=seq, event_id=event_id, hash=previous))
    AuditLink.objects.bulk_create(links)
    return len(links)


def lookback(head):
    """Since when an event without a link may have been written."""
    written = AuditEvent.objects.filter(pk=head.event_id).values_list("at", flat=True).first() if head else None
    return written - LONGEST_TRANSACTION if written else EVER


def problems(anchored: dict[int, str]) -> Iterable[Problem]:
    """Everything wrong with the trail, in its order, read row by row; the caller's transaction is one snapshot.

    `anchored` are the hashes the anchor knows, by seq. After a fault the chain is followed on from what is stored, so
    each fault is told once.
    """
    expected, previous = 1, START
    with connection.chunked_cursor() as cursor:
        cursor.execute(EVERY_LINK)
        for seq, event_id, stored, is_lost, text in cursor:
            if seq != expected:
                yield Problem("missing_link", f"link {expected} is missing (next is {seq})")
            elif is_lost:
                yield Problem("missing_event", f"event {event_id} is missing (link {seq})")
            elif next_hash(previous, text) != stored:
                yield Problem("changed", f"event {event_id} or its place in the chain was changed (link {seq})")
            if anchored.get(seq, stored) != stored:
                yield Problem("anchor", f"link {seq} (event {event_id}) is not the one the anchor saw")
            expected, previous = seq + 1, stored
    yield from problems_at_the_end(expected - 1, max(anchored, default=0))


def problems_at_the_end(last, newest):
    if last < newest:
        yield Problem("cut", f"links {last + 1} to {newest} are missing at the end: the anchor saw them")
    without = ~Exists(AuditLink.objects.filter(event_id=OuterRef("pk")))
    late = AuditEvent.objects.filter(without, at__lt=timezone.now() - timedelta(minutes=1)).aggregate(
        Min("pk"), Count("pk")
    )
    if late["pk__count"]:
        text = "event {pk__min} is older than a minute and has no link; {pk__count} such events: is the worker running?"
        yield Problem("unlinked", text.format(**late))
