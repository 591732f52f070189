"""Keeping the stored figures true: a few divisions after a change, everything at night, and snapshots of past dates."""

import json
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division, DivisionPeriod
from casework import audit
from registry.models import (
    DivisionYear,
    Need,
    Organization,
    OrganizationFlag,
    OrganizationPeriod,
    OrganizationYear,
    Project,
    RollupMark,
)
from registry.services.division_changes import apply_due_changes
from reporting.figures import current_date, path_on
from reporting.measures import MEASURES
from reporting.models import Rollup, RollupRun, Snapshot
from reporting.sources import WAS
from reporting.summing import CHAIN, ROW, SUBTREE, Scope, statement

LOCK = 7_305_001
SAMPLE, FEW = 20, 200
COUNTED_MODELS = [Division, DivisionPeriod, Organization, OrganizationPeriod, OrganizationFlag, OrganizationYear]
TABLES = [model._meta.db_table for model in [*COUNTED_MODELS, DivisionYear, Need, Project]]
COLUMNS = ["types", *MEASURES]
HIGH_LEVELS = ["province", "city", "district", "street"]
LISTED = ", ".join(COLUMNS)
DIFFERING = (
    f"({', '.join(f'f.{name}' for name in COLUMNS)}) IS DISTINCT FROM ({', '.join(f'r.{name}' for name in COLUMNS)})"
)


@transaction.atomic
def drain_marks(*, limit=20_000):
    """Recomputes the marked divisions and their ancestors; returns how many marks were taken.

    On a new day everything is computed anew first, since figures are those in force on a date. Marks go in the same
    transaction as the figures come: a worker killed in between leaves both as they were.
    """
    if not locked(wait=False):
        return 0
    today = timezone.localdate()
    if current_date() != today:
        rebuild(today)
    waiting = RollupMark.objects.select_for_update(skip_locked=True, of=["self"]).order_by("pk")
    marks = dict(waiting.values_list("pk", "division")[:limit])
    if marks:
        RollupMark.objects.filter(pk__in=marks).delete()
        refresh(set(marks.values()), today)
    elif uncounted():
        rebuild(today)
    return len(marks)


def uncounted():
    """Whether divisions came in without marks: a large load leaves them to a full run."""
    newest = Division.objects.in_force().select_related("rollup").order_by("-pk").first()
    return newest is not None and not hasattr(newest, "rollup")


@transaction.atomic
def refresh(division_ids, on):
    """Recomputes these divisions and their ancestors from their own rows and their other children's stored figures.

    Nobody waits for the disk: the marks go in this transaction too, so after a crash they ask again.
    """
    ready = begin(on)
    ids = chains(division_ids)
    if len(ids) > FEW:
        analyze_new()
        run(*refreshing(on, Scope(CHAIN, ids=tuple(ids))))
    else:
        if not ready:
            text, params = refreshing(on, Scope(CHAIN, prepared=True))
            run(f"PREPARE {prepared(on)} (bigint[]) AS {text}", params)
        run(f"EXECUTE {prepared(on)} (%s)", [ids])


def begin(on):
    """Takes the lock and the settings of a refresh; whether the statement for a few divisions is prepared already.

    It is planned once per connection and day: planning takes longer than running.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s), set_config('synchronous_commit', 'off', true), "
            "set_config('plan_cache_mode', 'force_generic_plan', true), "
            "EXISTS (SELECT FROM pg_prepared_statements WHERE name = %s)",
            [LOCK, prepared(on)],
        )
        return cursor.fetchone()[-1]


def prepared(on):
    return f"refresh_{on:%Y%m%d}"


def chains(division_ids):
    """The ids of the divisions, of those their rows count at since a merger, and of all their ancestors, in order."""
    wanted = list(division_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unnest(string_to_array(rtrim(path, '.'), '.')::bigint[]) FROM accounts_division "
            "WHERE id = ANY(%s || ARRAY(SELECT new_id FROM accounts_divisionlink WHERE old_id = ANY(%s))) "
            "UNION SELECT unnest(%s::bigint[]) ORDER BY 1",
            [wanted] * 3,
        )
        return [pk for (pk,) in cursor.fetchall()]


def refreshing(on, scope):
    """The statement that stores the figures of the scope's divisions and drops those that have ended."""
    text, params = statement(on, basis=WAS, scope=scope)
    ended = (
        "WITH ended AS (DELETE FROM reporting_rollup r USING accounts_division d "
        "WHERE d.id = r.division_id AND d.valid_to <= %s AND d.id = ANY(%s)) "
    )
    return ended + upsert(f"SELECT f.* FROM ({text}) f"), [on, scope.argument, *params]


@transaction.atomic
def rebuild(on):
    """Computes every division anew and stores what differs; returns the run, with a sample of the drift it repaired.

    A difference is drift only where the stored figures already stood for the same date; otherwise time has passed.
    """
    locked()
    started = timezone.now()
    compare(on)
    drift = drifts(limit=SAMPLE) if current_date() == on else []
    changed = run(
        "DELETE FROM reporting_rollup r USING differing f WHERE f.stored_id = r.division_id AND f.division_id IS NULL"
    )
    changed += run(upsert("SELECT * FROM differing WHERE division_id IS NOT NULL"))
    run("DROP TABLE differing")
    return RollupRun.objects.create(
        as_of=on, started_at=started, divisions=Rollup.objects.count(), changed=changed, drift=drift
    )


@transaction.atomic
def verify(on=None, *, limit=1000):
    """Where the stored figures differ from a full computation: [{"division", "code", "name", "measures": {…}}]."""
    locked()
    compare(on or current_date() or timezone.localdate())
    found = drifts(limit=limit)
    run("DROP TABLE differing")
    return found


@transaction.atomic
def verify_drained():
    """The same after every mark there is: none comes in between, since whoever drains waits for this lock."""
    locked()
    while drain_marks():
        pass
    return verify()


@transaction.atomic
def snapshot(division, on, reason, *, by, note="", levels=None):
    """Stores the figures of a subtree (everything without a division) as of a date; returns how many rows.

    What is stored already stays: the same date is stored again, as a new version, only with a note that says why, or
    when it was stored before the day was over.
    """
    scope = Scope(SUBTREE, path=path_on(division, on)) if division else Scope()
    tune(work_mem="256MB", enable_nestloop="on" if division else "off")
    text, params = statement(on, basis=WAS, scope=scope)
    newest = (
        "SELECT division_id, max(version) AS version, max(created_at) AS at "
        "FROM reporting_snapshot WHERE as_of = %s GROUP BY 1"
    )
    fresh = "true" if note else "v.version IS NULL OR v.at < %s"
    ended = [] if note else [timezone.make_aware(datetime.combine(on + timedelta(days=1), time.min))]
    again = note or _("Stored anew when the day was over")
    stored = run(
        f"INSERT INTO reporting_snapshot ({', '.join(ROW)}, as_of, version, reason, note, by, created_at) "
        f"SELECT {', '.join(f'f.{name}' for name in ROW)}, %s, coalesce(v.version, 0) + 1, %s, "
        "CASE WHEN v.version IS NULL THEN %s ELSE %s END, %s, now() "
        f"FROM ({text}) f LEFT JOIN ({newest}) v USING (division_id) WHERE ({fresh}) AND f.level = ANY(%s)",
        [on, reason, note, again, getattr(by, "username", by), *params, on, *ended, levels or Division.Level.values],
    )
    audit.record(
        "reporting.snapshot",
        division,
        by=by,
        after={"as_of": on.isoformat(), "reason": str(reason), "rows": stored},
        note=note,
    )
    return stored


def close_day(*, today):
    """The night's work: changes of divisions due, the stored figures checked and put right, days that passed frozen."""
    apply_due_changes(today)
    while drain_marks():
        pass
    done = rebuild(today)
    for day in passed_days(today):
        freeze_day(day)
    done.closed = True
    done.save(update_fields=["closed"])
    return done


def is_closed(today):
    return RollupRun.objects.filter(as_of=today, closed=True).exists()


def passed_days(today):
    """Days that ended since a night last froze them, or since figures were first computed: at most a month's worth."""
    runs = RollupRun.objects.filter(as_of__lt=today).order_by("-as_of").values_list("as_of", flat=True)
    before = runs.filter(closed=True).first() or runs.last() or today
    first = max(before, today - timedelta(days=31))
    return [first + timedelta(days=number) for number in range((today - first).days)]


def freeze_day(day):
    """Snapshots due when a day ends: a month for streets and above, a year for all, a deadline for its places."""
    following = day + timedelta(days=1)
    if (following.month, following.day) == (1, 1):
        snapshot(None, day, Snapshot.Reason.PERIOD, by="system")
    elif following.day == 1:
        snapshot(None, day, Snapshot.Reason.PERIOD, by="system", levels=HIGH_LEVELS)
    due = Q(target_sets__targets__deadline=day) | Q(policies__target_sets__targets__deadline=day)
    for division in Division.objects.filter(due).distinct():
        snapshot(division, day, Snapshot.Reason.DEADLINE, by="system")


def compare(on):
    """Computes every division on the date; those that differ from the stored figures go to the table `differing`.

    Its columns are the fresh figures, empty where there is no such division any more, and `stored_id`.
    """
    analyze_new()
    tune(work_mem="256MB", enable_nestloop="off")
    text, params = statement(on, basis=WAS, scope=Scope())
    run(
        "CREATE TEMPORARY TABLE differing ON COMMIT DROP AS SELECT r.division_id AS stored_id, f.* "
        f"FROM ({text}) f FULL JOIN reporting_rollup r ON r.division_id = f.division_id WHERE {DIFFERING}",
        params,
    )


def analyze_new():
    """Gather statistics of tables that have none yet: a plan made blind for a first large load takes minutes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s) AND reltuples < 0", [TABLES])
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")


def drifts(*, limit):
    """The rows of `differing` with [stored, computed] per measure."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(f.division_id, f.stored_id), f.code, f.name, to_jsonb(r), to_jsonb(f) "
            "FROM differing f LEFT JOIN reporting_rollup r ON r.division_id = f.stored_id LIMIT %s",
            [limit],
        )
        rows = cursor.fetchall()
    return [
        {
            "division": pk,
            "code": code,
            "name": name,
            "measures": difference(json.loads(before or "{}"), json.loads(after or "{}")),
        }
        for pk, code, name, before, after in rows
    ]


def difference(before, after):
    return {name: [before.get(name), after.get(name)] for name in COLUMNS if before.get(name) != after.get(name)}


def upsert(select):
    """The statement that stores rows of ROW's columns as current figures."""
    updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    columns = ", ".join(f"n.{name}" for name in COLUMNS)
    return (
        f"INSERT INTO reporting_rollup (division_id, {LISTED}, changed_at) "
        f"SELECT n.division_id, {columns}, now() FROM ({select}) n "
        f"ON CONFLICT (division_id) DO UPDATE SET {updates}, changed_at = excluded.changed_at"
    )


def run(text, params=None):
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.rowcount


def tune(**settings):
    """Planner settings for the rest of the transaction."""
    calls = ", ".join("set_config(%s, %s, true)" for _setting in settings)
    run(f"SELECT {calls}", [part for setting in settings.items() for part in setting])


def locked(*, wait=True):
    """One computation at a time: takes the lock till the end of the transaction, or says that another has it."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return cursor.fetchone()[0]
