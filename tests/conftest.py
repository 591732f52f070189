"""Fixtures every test may use."""

import pytest
from django.core.cache import cache
from django.db.backends.postgresql.operations import DatabaseOperations

from casework import workdays


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
