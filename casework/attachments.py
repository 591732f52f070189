"""Papers of a case: checked by their bytes, stored once, replaced but never lost, opened by those who may."""

import hashlib
import re
import unicodedata
import zipfile
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from casework import audit
from casework.models import PARTY, Attachment, Case

NAME = re.compile(r'[<>:"/\\|?*]')
NAME_LENGTH = 120
# How each entry of a ZIP's list of contents begins, and how many a document may have: the list is read in memory.
ENTRY, MOST_ENTRIES = b"PK\x01\x02", 2000


@dataclass(frozen=True)
class Kind:
    """A type of file people may hand in: its name for people, media type and ending."""

    label: str
    media: str
    ending: str
    preview: bool = False


PDF = Kind("PDF", "application/pdf", ".pdf", preview=True)
JPEG = Kind("JPG", "image/jpeg", ".jpg", preview=True)
PNG = Kind("PNG", "image/png", ".png", preview=True)
WEBP = Kind("WEBP", "image/webp", ".webp", preview=True)
DOCX = Kind("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx")
XLSX = Kind("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx")
BY_MEDIA = {kind.media: kind for kind in (PDF, JPEG, PNG, WEBP, DOCX, XLSX)}
MAGIC = (
    (re.compile(rb"%PDF-"), PDF),
    (re.compile(rb"\xff\xd8\xff"), JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PNG),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), WEBP),
)


@transaction.atomic
def store(*, case, slot, upload, by, personal=False, replaces=None, late=False):
    """Stores an uploaded file (name, size, chunks()) in a slot of the case; returns the attachment.

    A party may while the case lies with its parties, during a correction only in the slots it names. Refuses an empty
    or too large file and a type its bytes do not show. A file handed in again unchanged is not stored twice. With
    `replaces` (an attachment of the slot) the new one stands in its place; both are kept. Where a scanner is set up
    nobody opens the file before it was judged. `late` takes it as long as the case is open: the caller knows why.
    """
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    require_place(case, slot, by, late=late)
    data = read(upload)
    kind = kind_of(data)
    digest = hashlib.sha256(data).hexdigest()
    same = case.attachments.current().filter(slot=slot, sha256=digest).first()
    if same:
        return same
    row = Attachment(
        case=case,
        slot=slot,
        name=clean_name(upload.name, kind),
        kind=kind.media,
        size=len(data),
        sha256=digest,
        personal=personal,
        scan=Attachment.Scan.WAITING if settings.SCAN_COMMAND else Attachment.Scan.NONE,
        uploaded_by=by if isinstance(by, User) else None,
    )
    row.file.save(row.name, ContentFile(data), save=True)
    if replaces is not None:
        case.attachments.current().filter(pk=replaces.pk, slot=slot).update(replaced_by=row)
    audit.record("store_paper", case, by=by, after=described(row))
    return row


@transaction.atomic
def remove(*, attachment, by):
    """Takes a paper out of a draft; what was submitted once stays in the case's history."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=attachment.case_id)
    require_place(case, attachment.slot, by)
    attachment.removed_at = timezone.now()
    attachment.save(update_fields=["removed_at"])
    audit.record("remove_paper", case, by=by, before=described(attachment))


def described(attachment):
    return {"paper": attachment.name, "slot": attachment.slot, "sha256": attachment.sha256}


def require_place(case, slot, by, *, late=False):
    """Refuses others than the parties, a case that is not with them, and a slot a correction does not name."""
    if isinstance(by, User) and not case.is_filed_by(by):
        raise PermissionDenied
    unlocked = case.unlocked_anchors()
    here = case.office == PARTY and (unlocked is None or slot in unlocked)
    if not case.is_open or not (here or late):
        raise ValidationError(_("Papers cannot be added here now."), code="locked")


def read(upload):
    """The bytes of the upload, when there are some and not too many."""
    limit = settings.ATTACHMENT_MAX_BYTES
    if upload.size > limit:
        raise ValidationError(
            _("“%(name)s” is larger than %(limit)s MB. Please take a smaller photo or scan.")
            % {"name": upload.name, "limit": limit // 1024 // 1024},
            code="large",
        )
    data = b"".join(upload.chunks())
    if not data:
        raise ValidationError(
            _("“%(name)s” is empty. Please choose the file again.") % {"name": upload.name}, code="empty"
        )
    return data


def kind_of(data):
    """The kind its bytes show; refuses all others."""
    for magic, kind in MAGIC:
        if magic.match(data):
            return kind
    kind = office_kind(data) if data.startswith(b"PK\x03\x04") else None
    if kind is None:
        raise ValidationError(
            _("This type of file cannot be handed in. Please use PDF, JPG, PNG, WEBP, DOCX or XLSX."), code="type"
        )
    return kind


def office_kind(data):
    """DOCX or XLSX by the parts inside; a macro makes it neither."""
    if data.count(ENTRY) > MOST_ENTRIES:
        return None
    try:
        names = set(zipfile.ZipFile(ContentFile(data)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None


def clean_name(name, kind):
    """The sender's file name without signs that mislead or are not seen, with the ending of what the file really is."""
    seen = "".join(sign for sign in str(name) if unicodedata.category(sign) not in ("Cc", "Cf"))
    stem = NAME.sub("", seen).rsplit(".", 1)[0].strip(" .")[:NAME_LENGTH] or _("file")
    return f"{stem}{kind.ending}"
