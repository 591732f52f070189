"""The audit tables refuse what would falsify them, for the runtime role and for their owner."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from casework import audit
from casework.chain import link_events
from casework.models import AuditEvent, AuditLink, Counter
from config import prepare

pytestmark = pytest.mark.django_db
ROLE = "portal_test_trail"
TAMPERING = [
    "UPDATE casework_auditevent SET actor = 'somebody else'",
    "DELETE FROM casework_auditevent",
    "TRUNCATE casework_auditevent",
    "UPDATE casework_auditlink SET hash = repeat('0', 64)",
    "DELETE FROM casework_auditlink",
    "TRUNCATE casework_auditlink",
    "DELETE FROM casework_counter",
    "TRUNCATE casework_counter",
    "UPDATE casework_counter SET last = last - 1",
    "UPDATE casework_counter SET series = 'other'",
]
STRUCTURE = [
    "ALTER TABLE casework_auditevent DISABLE TRIGGER ALL",
    "DROP TRIGGER casework_trail_stays ON casework_auditevent",
    "ALTER TABLE casework_auditlink RENAME TO gone",
    "DROP TABLE casework_auditlink",
    "SET session_replication_role = replica",
]


@pytest.fixture
def trail():
    audit.record("test", by="somebody")
    link_events()
    Counter.objects.create(series="S-", last=4)


@pytest.fixture
def runtime(trail):
    """A session with the rights of web and workers, as deploy/postgres-roles.sh and config.prepare give them."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")
        prepare.restrict(ROLE)
        # A superuser's session may switch triggers off whatever role it has set; a real one belongs to the role.
        cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {ROLE}")
        yield cursor
        cursor.execute("RESET SESSION AUTHORIZATION")


def refused(cursor, statement):
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        cursor.execute(statement)
    return str(caught.value)


@pytest.mark.parametrize("statement", [*TAMPERING[:-2], *STRUCTURE])
def test_the_runtime_role_lacks_the_right(runtime, statement):
    message = refused(runtime, statement)
    assert "permission denied" in message or "must be owner" in message


@pytest.mark.parametrize("statement", TAMPERING)
def test_triggers_refuse_everybody(trail, statement):
    with connection.cursor() as cursor:
        message = refused(cursor, statement)
    assert "only added to" in message or "only rises" in message


@pytest.mark.parametrize("statement", TAMPERING[-2:])
def test_the_runtime_role_cannot_turn_a_counter_back(runtime, statement):
    assert "only rises" in refused(runtime, statement)


def test_the_runtime_role_writes_links_and_counts(runtime):
    event = audit.record("test", by="somebody")
    assert link_events() == 1
    assert AuditLink.objects.get(event_id=event.pk).seq == 2
    Counter.objects.filter(series="S-").update(last=5)


def test_the_time_of_an_event_is_the_database_s_whatever_the_writer_says():
    forged = AuditEvent.objects.create(at=datetime(2001, 1, 1, tzinfo=UTC), actor="a", action="b")
    forged.refresh_from_db()
    assert timezone.now() - forged.at < timedelta(minutes=1)


def test_an_event_knows_its_time_without_being_read_again():
    event = audit.record("test", by="somebody")
    assert event.at == AuditEvent.objects.get(pk=event.pk).at


def test_times_rise_within_a_transaction():
    first, second = audit.record("one", by="somebody"), audit.record("two", by="somebody")
    assert first.at < second.at
