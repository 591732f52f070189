"""Brings the database up to date: tables, roles, policies and, on a development machine, demo data.

LOAD_DEMO=0 leaves the demo data out. RUNTIME_ROLE names the database role of web and workers: it gets the rights on
rows and none on the structure, and may only add to the audit trail.
"""

import argparse
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg2 import sql

from config.environment import env, env_bool

RUNTIME_RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON casework_auditevent, casework_auditlink FROM {role}",
    "REVOKE DELETE, TRUNCATE ON casework_counter FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts-to", type=Path, help="write the demo accounts into this file")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    step("migrate", interactive=False)
    if env("RUNTIME_ROLE"):
        restrict(env("RUNTIME_ROLE"))
    step("after_restore", check=True)
    step("load_roles")
    step("load_policies")
    step("load_calendar")
    if settings.DEBUG and env_bool("LOAD_DEMO", True):
        step("load_demo", if_empty=True)
        with (arguments.accounts_to or Path(os.devnull)).open("w", encoding="utf-8") as accounts:
            step("demo_accounts", stdout=accounts)


def step(command, **options):
    sys.stderr.write(f"-- {command}\n")
    call_command(command, **options)


def restrict(role):
    """Gives a database role what the running portal needs and no more."""
    with connection.cursor() as cursor:
        for statement in RUNTIME_RIGHTS:
            cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)))


if __name__ == "__main__":
    main()
