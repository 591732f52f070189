"""Fixtures every test may use."""

import pytest
from django.core.cache import cache
from django.db.backends.postgresql.operations import DatabaseOperations

from accounts.services.roles import load_roles
from casework import workdays


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The empty database has the portal's roles, as every portal has; loading them for each test would take a third."""
    with django_db_blocker.unblock():
        load_roles()


@pytest.fixture(autouse=True)
def _empty_cache(request):
    """A test that may touch the database starts with an empty cache as well."""
    workdays.forget()
    if request.node.get_closest_marker("django_db"):
        cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _flush_may_empty_the_trail():
    """The triggers of the audit trail must let one thing happen: emptying tables after a test that commits."""
    flush = DatabaseOperations.execute_sql_flush

    def flush_without_triggers(operations, statements):
        return flush(operations, ["SET LOCAL session_replication_role = replica", *statements])

    DatabaseOperations.execute_sql_flush = flush_without_triggers
    yield
    DatabaseOperations.execute_sql_flush = flush
