"""Import a survey of 100,000 organizations from the uploaded bytes to stored rows; compare with COPY and one upsert.

Run: python bench/bench_import.py [--rows 100000]. Works in a database of its own, dropped afterwards. The import runs
in a process of its own, as in the worker, after another has kept the upload; the memory told is the most it and its
reading child held at one time. The peer stores the same organizations, already read and checked, by COPY into a bare
table and INSERT … ON CONFLICT. The floor is what no import into these tables goes below: the very rows the import left,
staged lines included, by COPY into the emptied tables with their indexes and foreign keys.
"""

import argparse
import contextlib
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import django
from django.conf import settings
from django.db import connection, transaction

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
STORED = (
    "importrow", "person", "organization", "organizationperiod", "organizationyear", "organizationflag", "divisionyear",
    "need", "project",
)  # fmt: skip


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


def prepare():
    from django.core.management import call_command  # noqa: PLC0415 - Django must be set up first

    call_command("migrate", verbosity=0)
    call_command("load_divisions", str(ROOT / "registry" / "data" / "divisions" / "31_shanghai.csv"), verbosity=0)
    call_command("load_policies", verbosity=0)


def upload(path, database):
    """Keeps the workbook as the page of uploads does; the batch's key."""
    from accounts.models import Division  # noqa: PLC0415
    from registry.management.commands.import_survey import operator  # noqa: PLC0415
    from registry.services import imports  # noqa: PLC0415

    connect(database)
    place, content = Division.objects.get(code=DISTRICT), path.read_bytes()
    return imports.create_batch(content=content, filename="a.xlsx", division=place, year=2024, by=operator(None)).pk


def connect(database):
    settings.DEBUG = False  # which keeps every statement in memory
    connection.settings_dict["NAME"] = database


def worker(pk, database, profile):
    """What one import took, measured in a process that does nothing else; see `imported`."""
    connect(database)
    memory = Memory()
    if not profile:
        return imported(pk) | {"memory": memory.peak()}
    profiler = cProfile.Profile(time.process_time)
    found = profiler.runcall(imported, pk)
    pstats.Stats(profiler).sort_stats("cumtime").print_stats("registry|psycopg2|django.db.backends", 60)
    return found | {"memory": memory.peak()}


def imported(pk):
    """{"check", "store": seconds; "own", "child", "database": processor seconds; "lines", "state"} of one import."""
    from registry.models import ImportBatch  # noqa: PLC0415
    from registry.services import imports  # noqa: PLC0415

    rows = ImportBatch.objects.defer("content")
    begun, used, served = time.perf_counter(), time.process_time(), database_seconds()
    imports.work_next()
    checked, batch = time.perf_counter(), rows.get(pk=pk)
    imports.confirm_batch(batch=batch, mode="good", by=batch.owner)
    imports.work_next()
    batch = rows.get(pk=pk)
    return {
        "check": checked - begun,
        "store": time.perf_counter() - checked,
        "own": time.process_time() - used,
        "child": child_seconds(),
        "database": database_seconds() - served,
        "lines": batch.counts["total"],
        "state": batch.state,
    }


class Memory:
    """The most memory this process and its children held together, looked at twenty times a second."""

    def __init__(self):
        self.most, self.done = 0, threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def peak(self):
        self.done.set()
        self.thread.join()
        return self.most

    def _watch(self):
        while not self.done.wait(0.05):
            children = [path.read_text().split() for path in Path("/proc/self/task").glob("*/children")]
            self.most = max(self.most, sum(map(held, ["self", *(pid for pids in children for pid in pids)])))


def held(pid):
    """Megabytes a process holds; none when it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * resource.getpagesize() / 2**20


def peer():
    """(seconds, processor seconds of the database) of COPY into a bare staging table and one upsert.

    The table has the same indexes and no foreign keys.
    """
    with connection.cursor() as cursor, tempfile.TemporaryFile() as file:
        cursor.execute(PEER)
        cursor.copy_expert("COPY (SELECT o.*, '' FROM registry_organization o) TO STDOUT", file)
        file.seek(0)
        begun, used = time.perf_counter(), database_seconds()
        cursor.copy_expert("COPY peer_staging FROM STDIN", file)
        cursor.execute("ALTER TABLE peer_staging DROP COLUMN phone")
        cursor.execute(
            "INSERT INTO peer SELECT * FROM peer_staging ON CONFLICT (id) DO UPDATE SET name = excluded.name"
        )
        found = time.perf_counter() - begun, database_seconds() - used
        cursor.execute("DROP TABLE peer, peer_staging")
    return found


def floor():
    """(seconds, processor seconds of the database) of COPY of all rows the import left, in one transaction."""
    tables = [f"registry_{name}" for name in STORED]
    with connection.cursor() as cursor, contextlib.ExitStack() as files:
        kept = {table: files.enter_context(tempfile.TemporaryFile()) for table in tables}
        for table, file in kept.items():
            cursor.copy_expert(f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT", file)
            file.seek(0)
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        begun, used = time.perf_counter(), database_seconds()
        with transaction.atomic():
            for table, file in kept.items():
                cursor.copy_expert(f"COPY {table} FROM STDIN", file)
        return time.perf_counter() - begun, database_seconds() - used


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="print where the worker's own time goes")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with embedded.running(embedded.var_dir(ROOT)), tempfile.TemporaryDirectory() as folder:
        django.setup()
        path = Path(folder) / "a.xlsx"
        workbook(path, options.rows)
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            prepare()
            pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=django.setup, max_tasks_per_child=1)
            with pool:
                pk = pool.submit(upload, path, name).result()
                found = pool.submit(worker, pk, name, options.profile).result()
            ok = tell(found, path.stat().st_size, options.rows)
        finally:
            connection.creation.destroy_test_db(name.removeprefix("test_"), verbosity=0)
    sys.exit(not ok)


def tell(found, size, rows):
    seconds = found["check"] + found["store"]
    (plain, served), (least, used), rate = peer(), floor(), rows / seconds
    print(f"{rows} organizations, {found['lines']} lines, {size / 2**20:.1f} MB: {found['state']}")
    print(
        f"check {found['check']:.1f} s, store {found['store']:.1f} s: "
        f"{rate:.0f} organizations/s, {found['lines'] / seconds:.0f} rows/s (limit {LIMIT}: x{rate / LIMIT:.2f})"
    )
    print(
        f"peer COPY + upsert {rows / plain:.0f} rows/s ({served:.1f} s of processor time): x{rate * plain / rows:.2f}"
    )
    print(
        f"floor COPY of every stored row {rows / least:.0f} organizations/s ({least:.1f} s, {used:.1f} s of processor "
        f"time): x{least / seconds:.2f}"
    )
    print(f"memory: worker and child together {found['memory']:.0f} MB (limit {MEMORY})")
    print(
        f"processor time: worker {found['own']:.1f} s, child {found['child']:.1f} s, database {found['database']:.1f} s"
    )
    return rate >= LIMIT and found["memory"] <= MEMORY


def database_seconds():
    """Processor seconds the process that serves this connection has used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        used = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def child_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
