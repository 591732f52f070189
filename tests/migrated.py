"""One migrated database for all workers of a run: the migrations take as long as two hundred tests."""

import fcntl

from django.conf import settings
from django.db import connection


def database(run):
    """The name of a database as the migrations leave it; the first worker of the run makes it, the others wait."""
    test, made_for = connection.settings_dict["TEST"], settings.VAR_DIR / "migrated.txt"
    name = f"test_{connection.settings_dict['NAME']}_migrated"
    with made_for.open("a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.seek(0)
        if mark.read() != run:
            make(test, name)
            mark.truncate(0)
            mark.write(run)
    return name


def make(test, name):
    own_name, test["NAME"] = test["NAME"], name
    portal = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.creation.destroy_test_db(portal, verbosity=0, keepdb=True)
    test["NAME"] = own_name
