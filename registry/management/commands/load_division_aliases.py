from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.services.division_file import DivisionFileError
from registry.services.divisions import load_former_names


class Command(BaseCommand):
    help = "Load former names and codes of divisions from CSV files. Safe to run again."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", type=Path, metavar="CSV")

    def handle(self, *args, **options):
        try:
            report = load_former_names(options["files"], by="system")
        except DivisionFileError as error:
            raise CommandError("\n".join([*error.errors, "Nothing was stored."])) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        self.stdout.write(f"{report.read} read, {report.created} stored.")
        for title, lines in (("Gone without a successor", report.gone), ("Successor not loaded", report.unknown)):
            if lines:
                self.stdout.write(f"{title}: {len(lines)}\n  " + "\n  ".join(lines[:20]))
