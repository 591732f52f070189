"""Export 100,000 organizations as a list and as a survey workbook; compare with COPY and with django-import-export.

Run: python bench/bench_export.py [--rows 100000] [--peer-rows 5000]. Works in a database of its own, dropped after.
The peers write the list's columns: COPY streams them as CSV; django-import-export makes an xlsx of fewer rows.
"""

import argparse
import io
import os
import resource
import sys
import time
from pathlib import Path

import django
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config import embedded  # noqa: E402

LIMIT = 5  # times as fast as django-import-export in the same run
COLUMNS = (
    "tier",
    "type",
    "place",
    "state",
    "founded",
    "filing_no",
    "leader",
    "phone",
    "members",
    "volunteers",
    "venue",
)
DETAILS = """
    UPDATE registry_organization SET filing_no = '深坪社备〔2022〕' || id || '号', place = '社区文化礼堂' || id %% 900,
        targets = '["老年人", "妇女"]', fields = '["文化活动"]', fund_sources = '["自筹"]'
    WHERE id <= (SELECT min(id) + %(rows)s - 1 FROM registry_organization);
    DELETE FROM registry_organizationperiod WHERE organization_id NOT IN
        (SELECT id FROM registry_organization WHERE filing_no <> '');
    DELETE FROM registry_organizationflag WHERE organization_id NOT IN
        (SELECT id FROM registry_organization WHERE filing_no <> '');
    DELETE FROM registry_organizationyear WHERE organization_id NOT IN
        (SELECT id FROM registry_organization WHERE filing_no <> '');
    DELETE FROM registry_organization WHERE filing_no = ''
"""
COPY = """
    COPY (SELECT o.name, o.tier, t.name, p.short_name || d.short_name, o.state, o.founded, o.filing_no, l.name, '',
            y.members, y.volunteers, o.place
        FROM registry_organization o JOIN registry_organizationtype t ON t.id = o.type_id
        JOIN accounts_division d ON d.id = o.division_id JOIN accounts_division p ON p.id = d.parent_id
        LEFT JOIN registry_person l ON l.id = o.leader_id
        LEFT JOIN registry_organizationyear y ON y.organization_id = o.id AND y.next_year IS NULL
        ORDER BY o.division_path, o.id) TO STDOUT (FORMAT csv)
"""


def build(rows):
    from bench import nation  # noqa: PLC0415 - models load after django.setup
    from registry.models import Organization, OrganizationType, Person, Scheme  # noqa: PLC0415
    from registry.services.people import sealed_fields  # noqa: PLC0415

    scheme = Scheme.objects.create(code="bench", name="bench")
    OrganizationType.objects.bulk_create(
        OrganizationType(scheme=scheme, code=str(n), name=f"类型{n}") for n in range(4)
    )
    nation.build(rows * 1.2 / nation.ORGANIZATIONS)
    with connection.cursor() as cursor:
        cursor.execute(DETAILS, {"rows": rows})
    people = [Person(**sealed_fields(name=f"王{n}", phone=f"138{n:08}")) for n in range(rows)]
    for start in range(0, rows, 10_000):
        Person.objects.bulk_create(people[start : start + 10_000])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_organization o SET leader_id = p.id"
            " FROM (SELECT id, row_number() OVER () n FROM registry_person) p,"
            " (SELECT id, row_number() OVER () n FROM registry_organization) q WHERE q.id = o.id AND q.n = p.n"
        )
    nation.analyze()
    return Organization.objects.count()


def export(layout):
    """(seconds, rows, bytes) of one export job as the worker runs it."""
    from accounts.models import User  # noqa: PLC0415
    from registry.services import exports  # noqa: PLC0415

    owner, _made = User.objects.get_or_create(username="bench", defaults={"name": "bench", "is_superuser": True})
    exports.DIRECT_ROWS = 0
    columns = [[name, name] for name in COLUMNS]
    job = exports.create_export(layout=layout, given={}, columns=columns, language="zh-hans", by=owner)
    begun = time.perf_counter()
    exports.work_next()
    seconds = time.perf_counter() - begun
    job.refresh_from_db()
    return seconds, job.total, job.size


def copy():
    sink = io.BytesIO()
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.copy_expert(COPY, sink)
    return time.perf_counter() - begun


def import_export(rows):
    """Seconds django-import-export takes for the same columns of so many rows."""
    from import_export.fields import Field  # noqa: PLC0415
    from import_export.formats.base_formats import XLSX  # noqa: PLC0415
    from import_export.resources import ModelResource  # noqa: PLC0415

    from registry.models import Organization  # noqa: PLC0415

    class Peer(ModelResource):
        kind = Field(attribute="type__name")
        home = Field(attribute="division__full_name")
        head = Field(attribute="leader__name")

        class Meta:
            model = Organization
            fields = ("name", "tier", "kind", "home", "state", "founded", "filing_no", "head", "place")

    found = Organization.objects.select_related("type", "division", "leader").order_by("division_path", "id")
    begun = time.perf_counter()
    XLSX().export_data(Peer().export(found[:rows]))
    return time.perf_counter() - begun


def measure(options):
    from registry.models import DivisionYear  # noqa: PLC0415

    rows = build(options.rows)
    plain, peer = rows / copy(), options.peer_rows / import_export(options.peer_rows)
    print(f"COPY to CSV {plain:.0f} rows/s; django-import-export {peer:.0f} rows/s ({options.peer_rows} rows)")
    ok = True
    for layout in ("list", "survey"):
        seconds, written, size = export(layout)
        rate = written / seconds
        print(f"{layout}: {written} rows in {seconds:.1f} s, {size / 2**20:.1f} MB: {rate:.0f} rows/s,", end=" ")
        print(f"COPY x{rate / plain:.2f}, django-import-export x{rate / peer:.1f}")
        ok = ok and (rate >= LIMIT * peer or layout == "survey")
    print(f"the survey workbook holds {DivisionYear.objects.count()} rows of base figures beside its organizations")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB, the peer's included")
    print(f"processor time: {time.process_time():.1f} s")
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peer-rows", type=int, default=5_000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with embedded.running(embedded.var_dir(ROOT)):
        django.setup()
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            ok = measure(options)
        finally:
            connection.creation.destroy_test_db(name.removeprefix("test_"), verbosity=0)
    sys.exit(not ok)


if __name__ == "__main__":
    main()
