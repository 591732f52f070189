"""Import a survey of 100,000 organizations from the uploaded bytes to stored rows; compare with COPY and one upsert.

Run: python bench/bench_import.py [--rows 100000] [--keep FILE]. Works in a database of its own, dropped afterwards.
The peer stores the same organizations, already read and checked, by COPY into a bare table and INSERT … ON CONFLICT.
"""

import argparse
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config import embedded  # noqa: E402

LIMIT = 8_000
MEMORY = 400
DISTRICT = "310104"
PEER = """
    CREATE TABLE peer_staging AS SELECT o.*, '' AS phone FROM registry_organization o LIMIT 0;
    CREATE TABLE peer (LIKE registry_organization INCLUDING DEFAULTS INCLUDING INDEXES EXCLUDING STATISTICS);
"""


def workbook(path, rows):
    command = [
        sys.executable,
        ROOT / "bench" / "make_survey.py",
        "--district",
        DISTRICT,
        "--rows",
        str(rows),
        "--seed",
        "3",
    ]
    subprocess.run([*command, "--noise", "0.02", "--title", "--out", path], check=True, capture_output=True)
    return path.read_bytes()


def prepare():
    from django.core.management import call_command  # noqa: PLC0415 - Django must be set up first

    call_command("migrate", verbosity=0)
    call_command("load_divisions", str(ROOT / "registry" / "data" / "divisions" / "31_shanghai.csv"), verbosity=0)
    call_command("load_policies", verbosity=0)


def run(content):
    """Seconds of check and store, processor seconds of this process, and the batch."""
    from accounts.models import Division  # noqa: PLC0415
    from registry.management.commands.import_survey import operator  # noqa: PLC0415
    from registry.services import imports  # noqa: PLC0415

    place = Division.objects.get(code=DISTRICT)
    batch = imports.create_batch(content=content, filename="a.xlsx", division=place, year=2024, by=operator(None))
    begun, used = time.perf_counter(), time.process_time()
    imports.work_next()
    checked = time.perf_counter()
    batch.refresh_from_db()
    imports.confirm_batch(batch=batch, mode="good", by=batch.owner)
    imports.work_next()
    batch.refresh_from_db()
    return checked - begun, time.perf_counter() - checked, time.process_time() - used, batch


def peer():
    """Seconds for COPY out of, and into, a bare staging table plus one upsert into a table with the same indexes."""
    with connection.cursor() as cursor, tempfile.TemporaryFile() as file:
        cursor.execute(PEER)
        cursor.copy_expert("COPY (SELECT o.*, '' FROM registry_organization o) TO STDOUT", file)
        file.seek(0)
        begun = time.perf_counter()
        cursor.copy_expert("COPY peer_staging FROM STDIN", file)
        cursor.execute("ALTER TABLE peer_staging DROP COLUMN phone")
        cursor.execute(
            "INSERT INTO peer SELECT * FROM peer_staging ON CONFLICT (id) DO UPDATE SET name = excluded.name"
        )
        seconds = time.perf_counter() - begun
        cursor.execute("DROP TABLE peer, peer_staging")
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="print where the worker's own time goes")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with embedded.running(embedded.var_dir(ROOT)), tempfile.TemporaryDirectory() as folder:
        django.setup()
        content = workbook(Path(folder) / "a.xlsx", options.rows)
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            prepare()
            ok = profiled(content, options) if options.profile else measure(content, options)
        finally:
            connection.creation.destroy_test_db(name.removeprefix("test_"), verbosity=0)
    sys.exit(not ok)


def profiled(content, options):
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    ok = measure(content, options)
    profile.disable()
    pstats.Stats(profile).sort_stats("cumtime").print_stats("registry|psycopg2|django.db.backends", 60)
    return ok


def measure(content, options):
    check, store, used, batch = run(content)
    plain = peer()
    rate = options.rows / (check + store)
    own, child = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{options.rows} organizations, {batch.counts['total']} lines, {len(content) / 2**20:.1f} MB: {batch.state}")
    print(f"check {check:.1f} s, store {store:.1f} s: {rate:.0f} organizations/s (limit {LIMIT}: x{rate / LIMIT:.2f})")
    print(f"peer COPY + upsert {options.rows / plain:.0f} rows/s: x{rate * plain / options.rows:.2f}")
    print(f"memory: worker {own} MB, child {child} MB (limit {MEMORY})")
    print(f"processor time: worker {used:.1f} s, child {child_seconds():.1f} s")
    return rate >= LIMIT and max(own, child) <= MEMORY


def child_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
