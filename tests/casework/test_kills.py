"""What is cut off in the middle: a web process, a worker. Nothing is half done, nothing is lost."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casework import channels, deadlines
from casework.models import AuditEvent, Case, CaseStep, Counter, Delivery, Notice, Package, Paper
from casework.workflow import perform
from registry.models import Certificate, Organization, Person
from tests import builders, cases
from tests.setup.processes import ROOT, becomes

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 60
# The button of the page, by a process that dies where the database would make it last ("before", "after").
APPROVE = """
import os, signal, sys, django
django.setup()
from django.db import connection
from django.test import Client
sid, address, version, dies = sys.argv[1:]
client = Client(SERVER_NAME="localhost")
client.cookies["sid"] = sid
commit = connection.commit
def die():
    if dies == "after":
        commit()
    os.kill(os.getpid(), signal.SIGKILL)
if dies:
    connection.ensure_connection()
    connection.commit = die
client.post(address, {"step": "approve", "version": version})
"""
DELIVER = """
import os, signal, django
django.setup()
from casework import channels
def die(rows):
    os.kill(os.getpid(), signal.SIGKILL)
channels.mail = die
channels.tick()
"""
DEADLINES = """
import django
django.setup()
from casework import deadlines
deadlines.run()
"""


@pytest.fixture
def world():
    return cases.make_people(builders.make_world())


def database_url():
    """The database of the test for another process, named so that it is found there."""
    place = connection.settings_dict
    address = f"{place['NAME']}?host={place['HOST']}&port={place['PORT']}&application_name=victim"
    return f"postgresql://{place['USER']}:{place['PASSWORD'] or ''}@/{address}"


def start(code, *args):
    """Another process of the portal on the database of the test."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()},
    )


def sessions(*, waiting=False):
    """How many database sessions the other process has, or has waiting for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim'"
            " AND (NOT %s OR wait_event_type = 'Lock')",
            [waiting],
        )
        return cursor.fetchone()[0]


@contextmanager
def killed_while_waiting(code, *args, lock):
    """Runs `code` until it waits for what `lock()` holds, kills it there, and lets go."""
    with transaction.atomic():
        lock()
        victim = start(code, *args)
        assert becomes(lambda: sessions(waiting=True), SECONDS)
        victim.send_signal(signal.SIGKILL)
        assert victim.wait(SECONDS) == -signal.SIGKILL
    assert becomes(lambda: not sessions(), SECONDS)
    yield


@pytest.fixture
def decision(world):
    """A case before the leader's decision, the leader's browser, and what the button sends."""
    case, client = cases.make_filing(world, "street_decision").case, Client()
    client.force_login(world.leader)
    address = reverse("casework:step", args=[case.uid])
    sent = (client.cookies[settings.SESSION_COOKIE_NAME].value, address, case.version)
    return SimpleNamespace(case=case, client=client, address=address, sent=sent, before=everything())


def everything():
    """How much there is of everything a decision writes."""
    models = (CaseStep, Notice, Delivery, AuditEvent, Paper, Package, Organization, Person, Certificate, Counter)
    states = list(Case.objects.order_by("pk").values_list("state", "version", "number", "outcome"))
    return [states, *(model.objects.count() for model in models), sum(Counter.objects.values_list("last", flat=True))]


def decide(decision):
    """The leader presses the button again."""
    return decision.client.post(decision.address, {"step": "approve", "version": decision.case.version}).status_code


def require_decided_once(world):
    """Everything stands there once, and the next number follows."""
    assert Case.objects.get().outcome == "approved"
    assert Organization.objects.get().filing_no.endswith("-0001")
    assert Certificate.objects.count() == 1
    assert Notice.objects.filter(user=world.applicant, code="approved").count() == 1
    following = cases.make_filing(world, "filed", values={"name": "六联社区朝阳太极队"})
    assert following.organization.filing_no.endswith("-0002")


# Number, record, trail, letter, notices: in this order a decision writes them.
@pytest.mark.parametrize(
    "table", ["casework_counter", "registry_organization", "casework_auditevent", "casework_paper", "casework_notice"]
)
def test_a_web_process_killed_in_the_middle_of_a_decision(world, decision, table):
    def lock():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")

    with killed_while_waiting(APPROVE, *decision.sent, "", lock=lock):
        assert everything() == decision.before
    assert decide(decision) == 302
    require_decided_once(world)


def test_a_web_process_killed_before_its_commit(world, decision):
    assert start(APPROVE, *decision.sent, "before").wait(SECONDS) == -signal.SIGKILL
    assert becomes(lambda: not sessions(), SECONDS)
    assert everything() == decision.before
    assert decide(decision) == 302
    require_decided_once(world)


def test_a_web_process_killed_before_its_answer(world, decision):
    """Whoever presses again, not knowing, decides nothing twice."""
    assert start(APPROVE, *decision.sent, "after").wait(SECONDS) == -signal.SIGKILL
    assert everything() != decision.before
    assert decide(decision) in {403, 409}
    require_decided_once(world)


def test_a_worker_killed_while_it_sends(world):
    """Its lease runs out and the next worker sends; nothing is lost."""
    world.applicant.email = "applicant@example.org"
    world.applicant.save()
    filing = cases.make_filing(world, "street_decision")
    perform(filing.case, "approve", by=world.leader)
    waiting = set(Delivery.objects.filter(state="waiting", channel="email").values_list("pk", flat=True))
    assert waiting
    assert start(DELIVER).wait(SECONDS) == -signal.SIGKILL
    assert set(Delivery.objects.filter(state="waiting", channel="email").values_list("pk", flat=True)) == waiting
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    Delivery.objects.exclude(lease_until=None).update(due_at=timezone.now())
    channels.tick()
    assert Delivery.objects.filter(pk__in=waiting, state="sent").count() == len(waiting)


def test_a_worker_killed_among_the_deadlines(world):
    """Two drafts have run out, the worker dies at the second: one has lapsed, the other does at the next tick."""
    first, second = (
        cases.make_draft(world, values={"name": name}).case for name in ("六联社区甲队伍", "六联社区乙队伍")
    )
    Case.objects.update(due=timezone.localdate() - timedelta(days=1))

    def lock_second():
        Case.objects.select_for_update().get(pk=second.pk)

    with killed_while_waiting(DEADLINES, lock=lock_second):
        states = dict(Case.objects.values_list("pk", "state"))
    assert states == {first.pk: "lapsed", second.pk: "draft"}
    deadlines.run()
    assert set(Case.objects.values_list("state", flat=True)) == {"lapsed"}
    assert sorted(CaseStep.objects.values_list("case", "transition")) == [(first.pk, "lapse"), (second.pk, "lapse")]
