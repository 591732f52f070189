"""Papers handed in with a case: stored once, versioned, served only through a permission."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def stored_as(attachment, name):
    """A name that says nothing, in folders of 256."""
    return f"attachments/{attachment.uid.hex[:2]}/{attachment.uid}"


class AttachmentQuerySet(models.QuerySet):
    def current(self):
        """What is handed in now: neither replaced nor removed, nor refused by the scan."""
        return self.filter(replaced_by=None, removed_at=None).exclude(scan=Attachment.Scan.REFUSED)

    def openable(self):
        """What may be opened: with a scanner only what it found clean (fail closed), without one everything."""
        scan = Attachment.Scan
        return self.filter(scan__in=(scan.CLEAN,) if settings.SCAN_COMMAND else (scan.CLEAN, scan.NONE))

    def to_scan(self):
        """What the scanner has not judged, files from before there was one included."""
        return self.filter(scan__in=(Attachment.Scan.WAITING, Attachment.Scan.NONE))


class Attachment(models.Model):
    """One file of a case in a slot (the code of a paper). A newer file of the slot replaces it and both are kept.

    `kind` is the type its bytes show, never the one its sender claims. Nobody opens a file before its scan is over;
    `finding` is what the scanner called it.
    """

    class Scan(models.TextChoices):
        WAITING = "waiting", _("Waiting for the scan")
        CLEAN = "clean", _("Checked")
        NONE = "none", _("Not scanned, no scanner is set up")
        REFUSED = "refused", _("Refused by the scan")

    case = models.ForeignKey("casework.Case", models.PROTECT, related_name="attachments")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slot = models.CharField(_("paper"), max_length=60)
    name = models.CharField(_("file name"), max_length=200)
    kind = models.CharField(_("type"), max_length=80)
    size = models.PositiveIntegerField(_("size (bytes)"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    file = models.FileField(upload_to=stored_as)
    personal = models.BooleanField(_("holds personal data"), default=False)
    scan = models.CharField(_("scan"), max_length=10, choices=Scan, default=Scan.WAITING)
    finding = models.CharField(_("finding of the scan"), max_length=200, blank=True)
    scanned_at = models.DateTimeField(_("scanned"), null=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    replaced_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replaces")
    removed_at = models.DateTimeField(_("removed"), null=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        default_permissions = []
        permissions = [("open_personal_paper", _("Can open papers with personal data"))]
        ordering = ["id"]

    def __str__(self):
        return self.name
