"""`manage.py after_restore`: once, after an older backup was restored, before people work again."""

from django.core.management.base import BaseCommand, CommandError

from casework import anchor
from casework.services import trail


class Command(BaseCommand):
    help = "Raise every counter to what the anchor has seen and note which links of the audit trail are lost."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only exit with 1 if it is needed")

    def handle(self, *args, **options):
        try:
            if options["check"]:
                anchor.require_current()
            else:
                self.tell(trail.acknowledge_restore(by="after_restore"))
        except anchor.BehindAnchorError as error:
            raise CommandError(str(error)) from error
        except ValueError as error:
            raise CommandError(f"The anchor itself is not whole: {error}") from error

    def tell(self, done):
        if done is None:
            self.stdout.write("The database is not behind its anchor; nothing to do.")
            return
        for series, (before, last) in sorted(done.counters.items()):
            self.stdout.write(f"Counter {series} raised from {before} to {last}.")
        lost = f"links {done.kept + 1} to {done.seen} are lost" if done.seen > done.kept else "no link is lost"
        self.stdout.write(f"The anchor of {done.seen_at} is acknowledged: {lost}; the trail goes on from {done.kept}.")
