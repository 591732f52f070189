"""Papers handed in: each judged by the scanner before anybody opens it, and files no row knows swept away."""

import logging
import shlex
import subprocess
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from casework import notices
from casework.models import Attachment

logger = logging.getLogger(__name__)
FOLDER = "attachments"
SECONDS = 60
AT_ONCE = 20
# A request stores the file before its transaction ends; a younger file may still get its row.
ORPHAN_AGE = timedelta(days=1)
VERDICTS = {0: Attachment.Scan.CLEAN, 1: Attachment.Scan.REFUSED}


def tick(most=AT_ONCE):
    """Has waiting files judged, at most so many; returns how many were. Without a scanner nothing waits."""
    done = 0
    while settings.SCAN_COMMAND and done < most and scan_next():
        done += 1
    return done


@transaction.atomic
def scan_next():
    """Judges the next file; False when there is none, or the scanner gave no answer and the file goes on waiting.

    The row is locked meanwhile: a worker that dies leaves it waiting.
    """
    rows = Attachment.objects.to_scan().select_for_update(skip_locked=True, of=("self",))
    row = rows.order_by(F("scanned_at").asc(nulls_first=True), "id").first()
    if row is None:
        return False
    verdict, row.finding = ask_scanner(row)
    row.scan, row.scanned_at = verdict or Attachment.Scan.WAITING, timezone.now()
    row.save(update_fields=["scan", "finding", "scanned_at"])
    if verdict == Attachment.Scan.REFUSED and row.uploaded_by_id:
        notices.tell(row.uploaded_by_id, "scan_refused", case=row.case, params={"note": row.name}, key=f"scan:{row.pk}")
    return verdict is not None


def ask_scanner(row):
    """(verdict, finding) of the command, which reads the file from its input; (None, reason) when it has no answer."""
    try:
        with row.file.open("rb") as file:
            done = subprocess.run(
                shlex.split(settings.SCAN_COMMAND), input=file.read(), capture_output=True, timeout=SECONDS, check=False
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.error("The scanner did not answer: %s", error)
        return None, type(error).__name__
    verdict = VERDICTS.get(done.returncode)
    if verdict is None:
        logger.error("The scanner ended with %s", done.returncode)
    return verdict, done.stdout.decode("utf-8", "replace").strip()[:200]


def sweep(now=None):
    """Deletes stored files whose upload was rolled back; returns how many."""
    return sum(sweep_folder(f"{FOLDER}/{name}", now or timezone.now()) for name in folders())


def folders():
    try:
        return default_storage.listdir(FOLDER)[0]
    except FileNotFoundError:
        return []


def sweep_folder(folder, now):
    names = [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
    known = set(Attachment.objects.filter(file__in=names).values_list("file", flat=True))
    lost = [name for name in names if name not in known]
    old = [name for name in lost if default_storage.get_modified_time(name) < now - ORPHAN_AGE]
    for name in old:
        default_storage.delete(name)
    return len(old)
