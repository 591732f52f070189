"""Keeping the audit trail provable: linked, anchored, verified, and carried on after a restore."""

import itertools
from dataclasses import dataclass

from django.db import transaction

from casework import anchor, audit, chain
from casework.models import AuditLink

MOST_PROBLEMS = 20


@dataclass
class Verdict:
    """What `verify` found: the faults in their order (the first twenty), the trail's length, restores acknowledged."""

    problems: list
    links: int
    anchored_at: str
    restores: list


def verify():
    """Compute the whole chain again and compare it with the anchor; changes nothing."""
    known = anchor.read()
    with transaction.atomic():
        head = AuditLink.objects.last()
        if head and not known.last:
            known.problems.append(chain.Problem("anchor", "there is no anchor to compare with"))
        found = itertools.chain(known.problems, chain.problems(known.hashes))
        problems = list(itertools.islice(found, MOST_PROBLEMS))
    return Verdict(problems, head.seq if head else 0, known.last.get("at", ""), known.restores)


def tick():
    """Link new events and write the anchor; the worker calls it every few seconds."""
    chain.link_events()
    anchor.write()


@dataclass
class Restored:
    """What `acknowledge_restore` did: counters raised, the last link the anchor agrees with, the last link it saw."""

    counters: dict
    kept: int
    seen: int
    seen_at: str


def acknowledge_restore(*, by):
    """Carry on after an older backup was restored; returns what was done, None when nothing was behind.

    Raises every counter to the highest number the anchor has seen, so that no number on paper is given twice, and
    writes into the trail and the anchor which links are lost. Changes nothing else. Refuses an anchor whose lines
    were tampered with (ValueError).
    """
    known = anchor.read()
    if known.problems:
        raise ValueError(known.problems[0].text)
    kept, kept_hash = anchor.newest_held(known)
    seen = max(known.hashes, default=0)
    with transaction.atomic():
        risen = anchor.raise_counters(known.counters)
        if kept == seen and not risen:
            return None
        done = Restored(risen, kept, seen, known.last["at"])
        counters = {series: last for series, (_before, last) in risen.items()}
        told = {"kept_link": kept, "lost_links": seen - kept, "counters": counters}
        audit.record("after_restore", by=by, after=told)
    anchor.write_restored(seq=kept, hash=kept_hash)
    return done
