"""The rollup of a nation, in full and after one change, beside one hand-written statement over the same rows.

Run: python bench/bench_rollup.py [--scale 0.1]. Works in a database of its own, which is dropped afterwards.
The hand-written statement counts what a person would write for a page of targets: 27 figures, communities first, then
each level from the one below; the portal's carries every measure.
"""

import argparse
import os
import re
import statistics
import sys
import time
from pathlib import Path

import django
from django.db import connection, transaction
from django.utils import timezone

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config import embedded  # noqa: E402

# The portal counts 151 measures and the types, the statement by hand 27 figures: six times as much.
LIMIT_RATIO, LIMIT_ONE, LIMIT_P95, ROUNDS, BATCH = 6.0, 0.010, 0.025, 60, 1200

OWN = """
    count(*) AS c1, count(*) FILTER (WHERE p.tier = 'registered') AS c2, count(*) FILTER (WHERE p.tier = 'team') AS c3,
    count(*) FILTER (WHERE p.tier = 'group') AS c4, count(*) FILTER (WHERE p.state = 'active') AS c5,
    count(*) FILTER (WHERE p.state = 'dormant') AS c6, sum(y.members) AS c7, sum(y.volunteers) AS c8,
    sum(y.party_members) AS c9, sum(y.fulltime) AS c10, sum(y.activities) AS c11, sum(y.served) AS c12,
    sum(y.income) AS c13, count(*) FILTER (WHERE f.flag = 'hub') AS c14,
    count(*) FILTER (WHERE f.flag = 'volunteer') AS c15
"""
BASE = """
    b.population AS c16, b.households AS c17, b.elderly AS c18, b.facility_area AS c19, b.reg_volunteers AS c20,
    b.active_volunteers AS c21, b.key_volunteers AS c22, b.staff AS c23, b.certified_staff AS c24
"""
ADDED = ", ".join(f"sum(c{n}) AS c{n}" for n in range(1, 28))
PEER = f"""
    CREATE TEMPORARY TABLE peer ON COMMIT DROP AS
    WITH own AS (
        SELECT p.division_id, {OWN} FROM registry_organizationperiod p
        LEFT JOIN registry_organizationyear y ON y.organization_id = p.organization_id AND y.year = 2024
        LEFT JOIN registry_organizationflag f ON f.organization_id = p.organization_id AND f.ends IS NULL
        WHERE p.ends IS NULL AND p.state IN ('active', 'dormant', 'suspended', 'under_correction') GROUP BY 1
    ), communities AS (
        SELECT d.id, d.parent_id, {", ".join(f"o.c{n}" for n in range(1, 16))}, {BASE},
            1 AS c25, (o.c1 >= 10)::int AS c26, (b.facility_area * 100 >= b.households * 30)::int AS c27
        FROM accounts_division d LEFT JOIN own o ON o.division_id = d.id
        LEFT JOIN registry_divisionyear b ON b.division_id = d.id AND b.year = 2024 WHERE d.level = 'community'
    ), streets AS (
        SELECT d.id, d.parent_id, u.* FROM (SELECT parent_id AS pk, {ADDED} FROM communities GROUP BY 1) u
        JOIN accounts_division d ON d.id = u.pk
    ), districts AS (
        SELECT d.id, d.parent_id, u.* FROM (SELECT parent_id AS pk, {ADDED} FROM streets GROUP BY 1) u
        JOIN accounts_division d ON d.id = u.pk
    ), cities AS (
        SELECT d.id, d.parent_id, u.* FROM (SELECT parent_id AS pk, {ADDED} FROM districts GROUP BY 1) u
        JOIN accounts_division d ON d.id = u.pk
    )
    SELECT id, {", ".join(f"c{n}" for n in range(1, 28))} FROM communities
    UNION ALL SELECT id, {", ".join(f"c{n}" for n in range(1, 28))} FROM streets
    UNION ALL SELECT id, {", ".join(f"c{n}" for n in range(1, 28))} FROM districts
    UNION ALL SELECT id, {", ".join(f"c{n}" for n in range(1, 28))} FROM cities
"""


def timed(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@transaction.atomic
def peer():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(PEER)


def measure(scale):
    from bench import nation  # noqa: PLC0415  (models load after django.setup)
    from registry.models import OrganizationType, Scheme  # noqa: PLC0415
    from reporting import rollups  # noqa: PLC0415
    from reporting.measures import MEASURES  # noqa: PLC0415

    scheme = Scheme.objects.create(code="bench", name="bench")
    OrganizationType.objects.bulk_create(
        OrganizationType(scheme=scheme, code=str(n), name=f"类型{n}") for n in range(4)
    )
    built = timed(lambda: print("{:,} communities, {:,} organizations".format(*nation.build(scale))))
    nation.analyze()
    print(f"made in {built:.1f} s; {len(MEASURES)} measures")
    today = timezone.localdate()
    by_hand = min(timed(peer) for _round in range(2))
    first = timed(lambda: rollups.rebuild(today))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE reporting_rollup")
    again = timed(lambda: rollups.rebuild(today))
    print(f"27 figures by hand, one statement     {by_hand:8.2f} s")
    print(f"all measures, first full computation  {first:8.2f} s   {first / by_hand:.1f} × by hand")
    print(f"all measures, nightly full            {again:8.2f} s   {again / by_hand:.1f} × by hand")
    print(f"memory of the database process        {peak():8.0f} MB at most")
    (one, p95), many = changes(rollups, today)
    print(f"one changed community and its chain   {one * 1000:8.1f} ms  p95 {p95 * 1000:.1f} ms")
    print(f"{BATCH} changed communities at once     {many:8.2f} s")
    drift = rollups.verify(today)
    print(f"divisions that differ from a full run {len(drift):8}")
    return again / by_hand <= LIMIT_RATIO and one <= LIMIT_ONE and p95 <= LIMIT_P95 and not drift


def peak():
    """The most memory (shared buffers included) the session's process ever held, in MB."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        status = Path(f"/proc/{cursor.fetchone()[0]}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def changes(rollups, today):
    from accounts.models import Division  # noqa: PLC0415

    places = list(Division.objects.communities().order_by("?").values_list("pk", flat=True)[: ROUNDS + BATCH])
    rollups.refresh(places[:1], today)
    times = sorted(timed(lambda place=place: rollups.refresh([place], today)) for place in places[:ROUNDS])
    one = statistics.median(times), times[int(len(times) * 0.95) - 1]
    return one, timed(lambda: rollups.refresh(places[ROUNDS:], today))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with embedded.running(embedded.var_dir(ROOT)):
        django.setup()
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            ok = measure(scale)
        finally:
            connection.creation.destroy_test_db(name.removeprefix("test_"), verbosity=0)
    sys.exit(not ok)


if __name__ == "__main__":
    main()
