"""The audit trail's chain: linking, an idle look and verifying, beside reading the same rows and hashing them bare.

Run: python bench/bench_audit.py [--events 25000]. Works in a database of its own, which is dropped afterwards. Fails
when fewer than 25,000 events are verified in a second, or an idle look takes longer than 50 ms.
"""

import argparse
import hashlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import django
from django.db import connection
from django.test import override_settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config import embedded  # noqa: E402

VERIFIED_PER_SECOND, IDLE_SECONDS, LOOKS = 25_000, 0.050, 20
EVENTS = """
    INSERT INTO casework_auditevent
        (actor, action, target, target_id, target_label, division_path, before, after, note)
    SELECT 'officer' || n %% 50, 'edit', 'registry.organization', n::text, '第' || n || '舞蹈队',
        '1.5.27.' || n %% 900 || '.', jsonb_build_object('name', '舞蹈队', 'members', n %% 40),
        jsonb_build_object('name', '歌舞队', 'members', n %% 50), '更名'
    FROM generate_series(1, %s) n
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=25_000)
    events = parser.parse_args().events
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with embedded.running(embedded.var_dir(ROOT)), tempfile.TemporaryDirectory() as folder:
        django.setup()
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            with override_settings(AUDIT_ANCHOR_DIR=Path(folder)):
                ok = measure(events)
        finally:
            connection.creation.destroy_test_db(name.removeprefix("test_"), verbosity=0)
    sys.exit(not ok)


def measure(events):
    from casework import anchor, audit, chain  # noqa: PLC0415  (models load after django.setup)
    from casework.services import trail  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [events])
        cursor.execute("ANALYZE casework_auditevent")
    count, linking = timed(chain.link_events)
    anchor.write()
    idle = statistics.median(timed(chain.link_events)[1] for _look in range(LOOKS))
    _event, recording = timed(lambda: [audit.record("edit", by="bench") for _number in range(500)])
    chain.link_events()
    verdict, verifying = timed(trail.verify)
    _nothing, bare = timed(read_and_hash)
    print(f"linked              {count:>10,} events  {linking:>8.2f} s  {count / linking:>10,.0f} events/s")
    print(f"idle look           {idle * 1000:>10.1f} ms")
    print(f"one event written   {recording * 2:>10.2f} ms")
    speed = verdict.links / verifying
    print(f"verified            {verdict.links:>10,} links   {verifying:>8.2f} s  {speed:>10,.0f} links/s")
    print(f"bare read and hash  {verdict.links:>10,} rows    {bare:>8.2f} s  {verifying / bare:.1f} x")
    return verdict.problems == [] and speed >= VERIFIED_PER_SECOND and idle <= IDLE_SECONDS


def read_and_hash():
    """What any chain costs: every row as text, hashed one after the other."""
    previous = b""
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT event::text FROM casework_auditevent event ORDER BY id")
        for (text,) in cursor:
            previous = hashlib.sha256(previous + text.encode()).digest()


def timed(work):
    begun = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begun


if __name__ == "__main__":
    main()
