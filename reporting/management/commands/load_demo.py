"""`manage.py load_demo`: invented data for trying the portal; refused where settings are those of production."""

from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from registry import demo as organizations
from registry.models import Organization
from reporting import demo

DIVISIONS = Path(settings.BASE_DIR) / "registry" / "data" / "divisions"


class Command(BaseCommand):
    help = "Loads four areas with invented organizations and one user per role, all marked as demo data."

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="do nothing when organizations are there already")

    def handle(self, *args, if_empty, **options):
        if not settings.DEBUG:
            raise CommandError(
                "Demo data is for trying the portal only: it is refused with production settings (DEBUG=0)."
            )
        if Organization.objects.exists():
            if if_empty:
                return
            raise CommandError("There are organizations already: demo data goes into an empty portal only.")
        call_command("load_roles", stdout=self.stdout)
        call_command("load_calendar", stdout=self.stdout)
        call_command("load_divisions", *sorted(DIVISIONS.glob("*.csv")), stdout=self.stdout)
        call_command("load_policies", stdout=self.stdout)
        # In one transaction: a first run broken off leaves an empty portal, and the next one starts again.
        with transaction.atomic():
            today = timezone.localdate()
            count = organizations.load(today)
            demo.create_users()
            demo.analyze()
            demo.cases(self.stdout.write)
            demo.surveys(today)
            demo.snapshots(today)
            demo.target_sets(today)
        self.stdout.write(f"{count} demo organizations")
