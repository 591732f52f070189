import pytest
from django.db import ProgrammingError, connection, transaction

from config import prepare

ROLE = "portal_test_runtime"
AUDIT = "casework_auditevent"


@pytest.fixture
def runtime(db):
    """A database session with the rights of web and workers."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        prepare.restrict(ROLE)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield cursor
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {AUDIT} SET note = 'changed'",
        f"DELETE FROM {AUDIT}",
        f"TRUNCATE {AUDIT}",
        f"DROP TABLE {AUDIT}",
        "CREATE TABLE public.mine (id int)",
        "ALTER TABLE accounts_division ADD COLUMN extra int",
        "DELETE FROM django_migrations",
    ],
)
def test_the_runtime_role_may_not(runtime, statement):
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        runtime.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT count(*) FROM {AUDIT}",
        f"INSERT INTO {AUDIT} SELECT FROM {AUDIT} WHERE false",
        "UPDATE accounts_division SET name = name",
        "CREATE TEMP TABLE staged (id int) ON COMMIT DROP",
    ],
)
def test_the_runtime_role_may(runtime, statement):
    with transaction.atomic():
        runtime.execute(statement)
