"""`manage.py rollup`: brings the stored figures up to date, or stores those of a past date."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reporting import rollups
from reporting.models import Snapshot

FIRST_YEAR = 1949


class Command(BaseCommand):
    help = "Recomputes marked divisions; --full everything; --as-of stores the figures of a past date as a snapshot."

    def add_arguments(self, parser):
        parser.add_argument("--full", action="store_true", help="compute every division anew")
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="a past date, YYYY-MM-DD")
        parser.add_argument("--note", default="", help="why a stored date is stored again")

    def handle(self, *args, full, as_of, note, **options):
        today = timezone.localdate()
        if as_of and as_of > today:
            raise CommandError("The date lies in the future.")
        if as_of and as_of.year < FIRST_YEAR:
            raise CommandError(f"There are no figures before {FIRST_YEAR}.")
        if as_of and as_of < today:
            rows = rollups.snapshot(None, as_of, Snapshot.Reason.PERIOD, note=note, by="system")
            self.stdout.write(f"{rows} divisions stored as of {as_of}")
        elif full:
            run = rollups.rebuild(today)
            self.stdout.write(f"{run.divisions} divisions as of {today}, {run.changed} changed")
        else:
            self.stdout.write(f"{self.drain()} marks taken")

    def drain(self):
        taken = 0
        while marks := rollups.drain_marks():
            taken += marks
        return taken
