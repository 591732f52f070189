"""What is cut off in the middle: a web process, a worker. Nothing is half done, nothing is lost."""

import os
import signal
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casework import channels, deadlines
from casework.models import AuditEvent, Case, CaseStep, Counter, Delivery, Notice, Package, Paper
from casework.workflow import perform
from registry.models import Certificate, Organization, Person
from tests import builders, cases
from tests.setup.processes import becomes

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 60


@pytest.fixture
def world():
    return cases.make_people(builders.make_world())


def start(work, *args):
    """Another process of the portal on the database of the test; it need not load what this one has loaded."""
    process = get_context("fork").Process(target=as_victim, args=(work, *args))
    process.start()
    return process


def as_victim(work, *args):
    """Works in a database session of its own, named so that it is found there."""
    own = connection.copy()
    own.settings_dict["OPTIONS"]["application_name"] = "victim"
    connections["default"] = own
    work(*args)


def killed(process):
    """Whether the process was killed, not ended by itself."""
    process.join(SECONDS)
    return process.exitcode == -signal.SIGKILL


def die(*_args):
    os.kill(os.getpid(), signal.SIGKILL)


def approve(session, address, version, dies=""):
    """The button of the page, by a process that dies where the database would make it last ("before", "after")."""
    client, commit = Client(), connection.commit
    client.cookies[settings.SESSION_COOKIE_NAME] = session

    def die_there():
        if dies == "after":
            commit()
        die()

    if dies:
        connection.ensure_connection()
        connection.commit = die_there
    client.post(address, {"step": "approve", "version": version})


def deliver():
    """A worker that dies while it sends."""
    channels.mail = die
    channels.tick()


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
def killed_while_waiting(work, *args, lock):
    """Lets another process do the work until it waits for what `lock()` holds, kills it there, and lets go."""
    with transaction.atomic():
        lock()
        victim = start(work, *args)
        assert becomes(lambda: sessions(waiting=True), SECONDS)
        victim.kill()
        assert killed(victim)
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

    with killed_while_waiting(approve, *decision.sent, lock=lock):
        assert everything() == decision.before
    assert decide(decision) == 302
    require_decided_once(world)


def test_a_web_process_killed_before_its_commit(world, decision):
    assert killed(start(approve, *decision.sent, "before"))
    assert becomes(lambda: not sessions(), SECONDS)
    assert everything() == decision.before
    assert decide(decision) == 302
    require_decided_once(world)


def test_a_web_process_killed_before_its_answer(world, decision):
    """Whoever presses again, not knowing, decides nothing twice."""
    assert killed(start(approve, *decision.sent, "after"))
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
    assert killed(start(deliver))
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

    with killed_while_waiting(deadlines.run, lock=lock_second):
        states = dict(Case.objects.values_list("pk", "state"))
    assert states == {first.pk: "lapsed", second.pk: "draft"}
    deadlines.run()
    assert set(Case.objects.values_list("state", flat=True)) == {"lapsed"}
    assert sorted(CaseStep.objects.values_list("case", "transition")) == [(first.pk, "lapse"), (second.pk, "lapse")]
