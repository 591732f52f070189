"""Load a nation of divisions (665,276, made up here) and compare with a plain COPY of the same file.

Run: python bench/bench_divisions.py [--share 0.1]. Works in a database of its own, which is dropped afterwards.
"""

import argparse
import csv
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import django
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config import embedded  # noqa: E402

PROVINCES, CITIES, DISTRICTS, STREETS, COMMUNITIES = 31, 342, 2_978, 41_352, 620_573
LIMIT = 20_000
SYLLABLES = (
    "东西南北中新长安和平光明金银山水河湖海江桥塘庄村镇店坊门城关岭坪溪港湾沙石林田园花果梅兰竹菊松柏杨柳龙凤马羊"
)


def nation(share):
    """The lines of a file of divisions: parents before children, four cities in the nation are placeholders."""
    counts = [PROVINCES, CITIES, *(max(round(n * share), 1) for n in (DISTRICTS, STREETS, COMMUNITIES))]
    parents = [("", "")]
    for level, count in zip(("province", "city", "county", "street", "village"), counts, strict=True):
        rows = [row(level, index, count, parents) for index in range(count)]
        yield from rows
        parents = [(line[0], line[6]) for line in rows]


def row(level, index, count, parents):
    width = {"province": 2, "city": 4, "county": 6, "street": 9, "village": 12}[level]
    place = index * len(parents) // count
    first = -(-place * count // len(parents))
    parent, above = parents[place]
    code = f"{parent}{index - first + 1:0{width - len(parent)}d}" if parent else f"{index + 11}"
    name = "".join(random.choices(SYLLABLES, k=3))
    virtual = level == "city" and index % 85 == 0
    endings = {"province": "省", "city": "市", "county": "区", "street": "街道", "village": "社区居委会"}
    kind = random.choice(["urban", "rural"]) if level == "village" else ""
    return [code, name + endings[level], level, parent, kind, "", above + name + endings[level], "", int(virtual)]


def write(path, share):
    random.seed(20231)
    header = ["code", "name", "level", "parent_code", "kind", "short_name", "full_name", "street_type", "virtual"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(nation(share))


def plain_copy(path):
    """Seconds PostgreSQL itself takes for the file: one COPY into a logged table without an index."""
    columns = (
        "code text, name text, level text, parent text, kind text, short text, long text, street text, virtual text"
    )
    with connection.cursor() as cursor, path.open(encoding="utf-8") as file:
        cursor.execute(f"CREATE TABLE plain ({columns})")
        begun = time.perf_counter()
        cursor.copy_expert("COPY plain FROM STDIN (FORMAT csv, HEADER)", file)
        seconds = time.perf_counter() - begun
        cursor.execute("SELECT count(*) FROM plain")
        return cursor.fetchone()[0], seconds


def timed(load, path):
    begun = time.perf_counter()
    report = load([path])
    return report, time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0)
    share = parser.parse_args().share
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with embedded.running(embedded.var_dir(ROOT)), tempfile.TemporaryDirectory() as folder:
        django.setup()
        path = Path(folder) / "nation.csv"
        write(path, share)
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            ok = measure(path)
        finally:
            connection.creation.destroy_test_db(name.removeprefix("test_"), verbosity=0)
    sys.exit(not ok)


def measure(path):
    from accounts.services.divisions import load_divisions  # noqa: PLC0415  (models load after django.setup)

    rows, copied = plain_copy(path)
    first, seconds = timed(load_divisions, path)
    again, reload_seconds = timed(load_divisions, path)
    print(f"rows                {rows:>10,}")
    print(f"plain COPY          {copied:>10.1f} s  {rows / copied:>10,.0f} rows/s")
    print(
        f"first load          {seconds:>10.1f} s  {rows / seconds:>10,.0f} rows/s   {seconds / copied:.1f} x plain COPY"
    )
    print(f"same file again     {reload_seconds:>10.1f} s  {rows / reload_seconds:>10,.0f} rows/s")
    print(f"created {first.created:,}; again created {again.created}, changed {again.changed}")
    return rows / seconds >= LIMIT and again.created == again.changed == 0


if __name__ == "__main__":
    main()
