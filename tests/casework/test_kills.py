"""What is cut off in the middle: a web process, a worker. Nothing is half done, nothing is lost."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from casework import channels, deadlines
from casework.models import Case, CaseStep, Counter, Delivery, Notice
from casework.workflow import perform
from registry.models import Certificate, Organization
from tests import builders, cases
from tests.setup.processes import ROOT, becomes

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 60
APPROVE = """
import sys, django
django.setup()
from accounts.models import User
from casework.models import Case
from casework.workflow import perform
perform(Case.objects.get(), "approve", by=User.objects.get(pk=sys.argv[1]))
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


def start(code, *args):
    """Another process of the portal on the database of the test, named so that it is found there."""
    settings = connection.settings_dict
    place = f"{settings['NAME']}?host={settings['HOST']}&port={settings['PORT']}&application_name=victim"
    url = f"postgresql://{settings['USER']}:{settings['PASSWORD'] or ''}@/{place}"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url},
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


def lock_notices():
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE casework_notice IN ACCESS EXCLUSIVE MODE")


def test_a_web_process_killed_at_the_end_of_an_approval(world):
    """The notices come last: when it dies there, number, organization, certificate and step were all written."""
    case = cases.make_filing(world, "street_decision").case
    steps, told = case.steps.count(), Notice.objects.count()
    with killed_while_waiting(APPROVE, world.leader.pk, lock=lock_notices):
        stored = Case.objects.get()
    assert (stored.state, stored.version) == ("street_decision", case.version)
    assert not Organization.objects.exists()
    assert not Certificate.objects.exists()
    assert not Counter.objects.filter(series__contains="-T-").exists()
    assert (CaseStep.objects.count(), Notice.objects.count()) == (steps, told)
    done = perform(stored, "approve", by=world.leader, version=case.version)
    assert done.outcome == "approved"
    assert Organization.objects.get().filing_no.endswith("-0001")


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
