import time
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.services.division_file import DivisionFileError
from registry.services.divisions import load_tree

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "divisions"


class Command(BaseCommand):
    help = "Load the tree of divisions from CSV files; without files, the four areas that come with the portal."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="*", type=Path, metavar="CSV")
        parser.add_argument("--effective", type=date.fromisoformat, help="Day from which changed names and codes hold.")
        parser.add_argument("--take-kinds", action="store_true", help="Let the file overrule the bureau's urban/rural.")

    def handle(self, *args, **options):
        begun = time.perf_counter()
        files = options["files"] or sorted(SHIPPED.glob("*.csv"))
        try:
            report = load_tree(files, effective=options["effective"], take_kinds=options["take_kinds"], by="system")
        except DivisionFileError as error:
            raise CommandError("\n".join([*error.errors, "Nothing was stored."])) from error
        except ValidationError as error:
            raise CommandError("\n".join([*error.messages, "Nothing was stored."])) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        self.tell(report, time.perf_counter() - begun)

    def tell(self, report, seconds):
        self.stdout.write(
            f"{report.read} read, {report.spliced} placeholder cities left out, {report.created} created, "
            f"{report.changed} changed, {report.read / seconds:.0f} rows/s."
        )
        self.list("Changed", report.changes, report.changed)
        self.list("Own urban/rural kept", report.kinds_kept[:20], len(report.kinds_kept))
        self.list("Not in the files, left as they are", report.left_out[:20], len(report.left_out))

    def list(self, title, examples, count):
        if count:
            self.stdout.write(f"{title}: {count}\n  " + "\n  ".join(examples))
