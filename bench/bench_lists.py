"""The organization lists of the administration, the portal and the API in a nation, beside Unfold's as it comes.

Run: python bench/bench_lists.py [--scale 0.1]. Works in a database of its own, which is dropped afterwards. Times are
whole answers through every middleware, in this process. Fails when a page of ours is slower than 150 ms in p95.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

import django
from django.db import connection
from django.test import Client, override_settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config import embedded  # noqa: E402

LIMIT, ROUNDS, PEER_ROUNDS = 0.150, 40, 5
RARE, COMMON, SOME, NONE = "腰鼓", "社区", "舞蹈", "龙舟"
KINDS = "舞蹈队,合唱队,太极拳队,书画社,志愿服务队,邻里互助会,调解会,读书会,棋牌社,老年协会"
NAMES = f"""CASE WHEN n %% 8000 = 0 THEN '{RARE}' ELSE '{COMMON}' END
    || (string_to_array('{KINDS}', ','))[1 + n %% 10] || n"""
ADMIN, API, STOCK = "/admin/registry/organization/", "/api/v1/organizations/", "/stock/registry/organization/"
PORTAL = "/organizations/"


def build(scale):
    from bench import nation  # noqa: PLC0415  (models load after django.setup)
    from registry.models import OrganizationType, Scheme  # noqa: PLC0415

    scheme = Scheme.objects.create(code="bench", name="bench")
    OrganizationType.objects.bulk_create(
        OrganizationType(scheme=scheme, code=str(n), name=f"类型{n}") for n in range(4)
    )
    nation.ORGANIZATION = nation.ORGANIZATION.replace("'组织' || n, '组织' || n", f"{NAMES}, 'k' || n")
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'organization_name_bigrams'")
        (index,) = cursor.fetchone()
        cursor.execute("DROP INDEX organization_name_bigrams")
        sizes = nation.build(scale)
        cursor.execute(index)
    nation.analyze()
    print("{:,} communities, {:,} organizations".format(*sizes), f"made in {time.perf_counter() - begun:.0f} s")


def visitors():
    """(a superuser's client, a district officer's client)."""
    from accounts.models import Division  # noqa: PLC0415
    from tests.builders import make_user  # noqa: PLC0415

    middle = Division.objects.filter(level="district").order_by("path")
    district = middle[middle.count() // 2]
    clients = Client(), Client()
    clients[0].force_login(make_user("bureau_officer", district, is_superuser=True))
    clients[1].force_login(make_user("bureau_officer", district))
    return clients


def deep_cursor():
    """The cursor of the organization in the middle of the nation."""
    from casework.paging import KeysetPage  # noqa: PLC0415
    from registry.models import Organization  # noqa: PLC0415

    rows = Organization.objects.order_by("division_path", "id")
    start = rows[rows.count() // 2]
    page = KeysetPage(rows, ("division_path", "id"), 25)
    return page.encode(start)


def times(client, address, data, rounds):
    """Sorted seconds of answers; the first two warm the caches and are left out."""
    found = []
    for _round in range(rounds + 2):
        begun = time.perf_counter()
        answer = client.get(address, data)
        found.append(time.perf_counter() - begun)
        if answer.status_code != 200:
            raise SystemExit(f"{address} {data}: {answer.status_code}")
    return sorted(found[2:])


def p95(found):
    return found[max(int(len(found) * 0.95) - 1, 0)]


def processor():
    """Seconds of processor time used so far by this process and by its database session, when that runs here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        used = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return time.process_time(), int(used.read_text().split()[0]) / 1e9 if used.exists() else 0.0


def measure(pages):
    """p95 of ours, printed beside the stock admin's median where it has such a page."""
    slowest = 0
    for label, client, address, data, peer in pages:
        before = processor()
        ours = times(client, address, data, ROUNDS)
        here, there = ((after - used) / (ROUNDS + 2) for after, used in zip(processor(), before, strict=True))
        slowest = max(slowest, p95(ours))
        line = f"{label:44} {statistics.median(ours) * 1000:7.1f} ms  p95 {p95(ours) * 1000:7.1f} ms"
        line += f"   processor {here * 1000:6.1f} + {there * 1000:5.1f} ms"
        if peer is not None:
            theirs = statistics.median(times(pages[0][1], STOCK, peer, PEER_ROUNDS))
            line += f"   stock {theirs * 1000:8.1f} ms   {theirs / statistics.median(ours):5.1f} ×"
        print(line, flush=True)
    return slowest


def run(scale):
    from registry.models import Organization  # noqa: PLC0415

    build(scale)
    nation, district = visitors()
    deep = deep_cursor()
    half = {"p": Organization.objects.count() // 50}
    with override_settings(DEBUG=False, ROOT_URLCONF="bench.stock_urls", ALLOWED_HOSTS=["*"], API_RATE=None):
        slowest = measure(
            [
                ("admin, nation, first page", nation, ADMIN, {}, {}),
                ("admin, nation, page in the middle", nation, ADMIN, {"after": deep}, half),
                ("admin, nation, filter by tier", nation, ADMIN, {"tier__exact": "group"}, {"tier__exact": "group"}),
                ("admin, nation, search rare", nation, ADMIN, {"q": RARE}, {"q": RARE}),
                ("admin, nation, search common", nation, ADMIN, {"q": COMMON}, {"q": COMMON}),
                ("admin, nation, search one in ten", nation, ADMIN, {"q": SOME}, {"q": SOME}),
                ("admin, nation, search nothing", nation, ADMIN, {"q": NONE}, {"q": NONE}),
                ("admin, district, first page", district, ADMIN, {}, None),
                ("admin, district, search common", district, ADMIN, {"q": COMMON}, None),
                ("admin, district, search rare", district, ADMIN, {"q": RARE}, None),
                ("portal, nation, first page", nation, PORTAL, {}, None),
                ("portal, nation, page in the middle", nation, PORTAL, {"after": deep}, None),
                ("portal, nation, search common", nation, PORTAL, {"q": COMMON}, None),
                ("portal, nation, search one in ten", nation, PORTAL, {"q": SOME}, None),
                ("portal, district, first page", district, PORTAL, {}, None),
                ("API, nation, first page", nation, API, {}, None),
                ("API, nation, page in the middle", nation, API, {"after": deep}, None),
                ("API, nation, search rare", nation, API, {"q": RARE}, None),
                ("API, nation, search common", nation, API, {"q": COMMON}, None),
                ("API, nation, search one in ten", nation, API, {"q": SOME}, None),
                ("API, district, first page", district, API, {}, None),
            ]
        )
    print("load average", *(f"{load:.1f}" for load in os.getloadavg()))
    return slowest <= LIMIT


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with embedded.running(embedded.var_dir(ROOT)):
        django.setup()
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            ok = run(scale)
        finally:
            connection.creation.destroy_test_db(name.removeprefix("test_"), verbosity=0)
    sys.exit(not ok)


if __name__ == "__main__":
    main()
