"""Brings the database up to date: tables, roles, policies and, on a development machine, demo data.

LOAD_DEMO=0 leaves the demo data out.
"""

import argparse
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command, get_commands

from config.environment import env_bool


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts-to", type=Path, help="write the demo accounts into this file")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    step("migrate", interactive=False)
    step("load_roles")
    step("load_policies")
    if settings.DEBUG and env_bool("LOAD_DEMO", True):
        step("load_demo", if_empty=True)
        with (arguments.accounts_to or Path(os.devnull)).open("w", encoding="utf-8") as accounts:
            step("demo_accounts", stdout=accounts)


def step(command, **options):
    if command not in get_commands():
        return
    sys.stderr.write(f"-- {command}\n")
    call_command(command, **options)


if __name__ == "__main__":
    main()
