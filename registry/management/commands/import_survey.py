"""`manage.py import_survey FILE --district CODE`: check a survey workbook and store it, with a report of every line."""

import contextlib
import json
import os
import stat
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import Division
from registry.imports.report import refused, report
from registry.models import ImportBatch
from registry.services import imports
from registry.survey.guard import MAX_BYTES


class Command(BaseCommand):
    help = "Check a survey workbook and store it; exit 0 stored (or would be), 1 refused, 2 wrong usage."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--district", required=True, help="official code of the district (or street, or province)")
        parser.add_argument("--dry-run", action="store_true", help="check only; nothing is stored")
        parser.add_argument("--mode", choices=ImportBatch.Mode.values, default="all")
        parser.add_argument("--year", type=int, default=0, help="survey year; else what the workbook says")
        parser.add_argument("--user", help="login name the import is recorded under")
        parser.add_argument("--report", type=Path, help="where to write the report (JSON, mode 0600)")

    def handle(self, *args, **options):
        division = self.division(options["district"])
        content = self.content(options["file"])
        if not 0 <= options["year"] <= timezone.localdate().year:
            raise CommandError("The year lies in the future.", returncode=2)
        self.by = operator(options["user"])
        with private_file(options["report"]) as stream:
            stored, summary = self.survey(content, division, options)
            if stream:
                json.dump(self.told, stream, ensure_ascii=False, indent=1)
        self.stdout.write(summary)
        if not stored:
            raise SystemExit(1)

    def survey(self, content, division, options):
        """Whether the file was (or would be) stored, and the line that says so; the report is kept in `told`."""
        if len(content) > MAX_BYTES:
            error = {"code": "unsupported_type", "reason": "too_large", "params": {"limit": MAX_BYTES // 2**20}}
            self.told = refused(error)
            return False, self.told["file_error"]["message"]
        batch = imports.create_batch(
            content=content,
            filename=options["file"].name,
            division=division,
            year=options["year"],
            by=self.by,
            worked=True,
        )
        with imports.held(batch):
            stored = self.run_batch(batch, options)
        return stored, self.summary(batch, stored)

    def run_batch(self, batch, options):
        """Check, keep the report, then store or leave no trace; returns whether it was (or would be) stored."""
        imports.check_batch(batch)
        self.told = report(batch)
        good = batch.state == ImportBatch.State.CHECKED and storable(batch, options["mode"])
        changes = any(batch.counts.get(word) for word in imports.STORED_WORDS)
        if good and changes and not options["dry_run"]:
            return self.store(batch, options["mode"])
        discard(batch, dry_run=options["dry_run"] or good)
        return good

    def store(self, batch, mode):
        with transaction.atomic():
            imports.confirm_batch(batch=batch, mode=mode, by=batch.owner)
            imports.begin_work(batch, ImportBatch.State.STORING)
            batch.save(update_fields=["state", "lease_until"])
        batch.refresh_from_db()
        return imports.store_batch(batch).state == ImportBatch.State.STORED

    def division(self, code):
        found = Division.objects.in_force().filter(code=code).exclude(level=Division.Level.COMMUNITY).first()
        if found is None:
            raise CommandError(f"No district, street or province has the code {code}.", returncode=2)
        return found

    def content(self, path):
        try:
            with path.open("rb") as stream:
                return stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from None

    def summary(self, batch, stored):
        if self.told["file_error"]:
            return self.told["file_error"]["message"]
        counts = "  ".join(
            f"{word} {batch.counts.get(word, 0)}"
            for word in ("accept", "accept_warn", "update", "skip", "duplicate", "reject")
        )
        return f"{'ok' if stored else 'refused'}: {counts}"


def storable(batch, mode):
    try:
        imports.require_storable(batch, mode)
    except imports.NotStorableError:
        return batch.counts.get("total") == batch.counts.get("skip")
    return True


@transaction.atomic
def discard(batch, *, dry_run):
    """A dry run leaves nothing; a refused file leaves its batch without lines and content."""
    if dry_run:
        batch.rows.all().delete()
        ImportBatch.objects.filter(pk=batch.pk).delete()
        return
    batch.rows.all().delete()
    ImportBatch.objects.filter(pk=batch.pk).update(content=b"", state=ImportBatch.State.REFUSED)


def operator(username):
    """The named user, else the account commands are recorded under: it cannot sign in."""
    users = get_user_model().objects
    if username:
        found = users.filter(username=username).first()
        if found is None:
            raise CommandError(f"No user {username}.", returncode=2)
        return found
    found, created = users.get_or_create(
        username=imports.OPERATOR, defaults={"name": "import_survey", "is_active": False}
    )
    if created:
        found.set_unusable_password()
        found.save(update_fields=["password"])
    return found


def private_file(path):
    """The report's file open before anything is stored, for the operator's eyes only; nothing where none is asked."""
    if path is None:
        return contextlib.nullcontext()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):  # /dev/null stays everybody's
            os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", returncode=2) from None
    return os.fdopen(descriptor, "w", encoding="utf-8")
