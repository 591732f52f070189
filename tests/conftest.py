"""Fixtures every test may use, and how the workers share the tests."""

import gc
import math
import re

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import override_settings
from hypothesis import settings as chances
from xdist.scheduler import LoadFileScheduling

from accounts.hashers import PortalArgon2Hasher
from accounts.models import user
from accounts.services.roles import load_roles
from casework import policy, workdays
from tests import migrated

# What takes longest, the longest first: else one worker would be alone with it at the end.
LONG = (
    "tests/browser/",
    "tests/test_access.py",
    "tests/setup/test_run.py",
    "tests/adminapi/test_api_hostile.py",
    "tests/adminapi/test_admin_access.py",
    "tests/setup/test_embedded.py",
    "tests/casework/test_redis_away.py",
    "tests/casework/test_flows.py",
    "tests/casework/test_papers.py",
    "tests/casework/test_races.py",
    "tests/reporting/test_truth.py",
    "tests/casework/test_case_pages.py",
    "tests/casework/test_documents.py",
    "tests/casework/test_kills.py",
    "tests/reporting/pages/",
    "tests/reporting/test_measures.py",
)
# What only migrations and the table of roles fill.
KEPT = {"auth_group", "auth_group_permissions", "auth_permission", "django_content_type"}
# A busy machine is no fault of the code.
chances.register_profile("patient", deadline=None)
chances.load_profile("patient")


class ByFile(LoadFileScheduling):
    """A file goes to one worker; the files that share a running portal are one."""

    def _split_scope(self, nodeid):
        return "tests/browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    """Long files first; in a file, who makes a world of its own does so before the world its module shares is there."""
    items.sort(key=lambda item: (turn(item.nodeid), item.path, "made_world" in getattr(item, "fixturenames", ())))


def pytest_collection_finish():
    """What the modules hold stays to the end: nobody looks through it for rubbish again, nor so often for little."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def turn(nodeid):
    return next((at for at, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker, testrun_uid, worker_id):
    """The workers' databases are copies of one."""
    if worker_id != "master":
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated.database(testrun_uid)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The empty database has the portal's roles, as every portal has; loading them for each test would take a third."""
    with django_db_blocker.unblock():
        load_roles()


@pytest.fixture(scope="session", autouse=True)
def _static_files_when_asked_for():
    """A new client need not look at every static file there is."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords():
    """The portal's hasher with the least there is: what makes guessing dear would make signing in so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PortalArgon2Hasher, "time_cost", 1)
        patch.setattr(PortalArgon2Hasher, "memory_cost", 8)
        yield


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(worker_id):
    """Each worker empties a cache of its own, not the one another worker counts in just now."""
    if worker_id == "master":
        yield
        return
    whole, number = settings.CACHES["default"], 3 + int(worker_id.removeprefix("gw"))
    place = re.sub(r"(db=|/)2$", rf"\g<1>{number}", whole["LOCATION"])
    with override_settings(CACHES={"default": {**whole, "LOCATION": place}}):
        yield


@pytest.fixture(autouse=True)
def _empty_cache(request, monkeypatch):
    """A test that may touch the database starts with an empty cache as well, and no cache runs out while it counts."""
    workdays.forget()
    policy.forget()
    user.rights_of.cache_clear()
    for module in (policy, user):
        monkeypatch.setattr(module, "HELD_SECONDS", math.inf)
    if request.node.get_closest_marker("django_db"):
        cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _flush_may_empty_the_trail():
    """After a test that commits: tables are emptied in spite of the triggers of the audit trail, and the roles stay.

    By DELETE: a TRUNCATE makes the file of every table and index anew.
    """
    flush, sql_flush = DatabaseOperations.execute_sql_flush, DatabaseOperations.sql_flush

    def deletes(operations, style, tables, **_options):
        return [f"DELETE FROM {operations.quote_name(table)}" for table in tables if table not in KEPT]

    def flush_without_triggers(operations, statements):
        return flush(operations, ["SET LOCAL session_replication_role = replica", *statements])

    DatabaseOperations.sql_flush, DatabaseOperations.execute_sql_flush = deletes, flush_without_triggers
    yield
    DatabaseOperations.sql_flush, DatabaseOperations.execute_sql_flush = sql_flush, flush
