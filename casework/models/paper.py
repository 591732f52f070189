"""What the offices hand out: the papers a case's steps issued, and the archive package made at its close."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def paper_stored_as(paper, name):
    """A name that says nothing, in folders of 256."""
    return f"papers/{paper.uid.hex[:2]}/{paper.uid}"


def package_stored_as(package, name):
    return f"packages/{package.uid.hex[:2]}/{package.uid}"


class Made(models.Model):
    """A file a worker makes once. The row is the queue: written with the step it belongs to, made soon after.

    A row that failed goes behind the others; after some attempts it is given up and says why.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Given up")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    tried_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    made_at = models.DateTimeField(_("made"), null=True)

    class Meta:
        abstract = True

    def __str__(self):
        return str(self.uid)


class Paper(Made):
    """A paper a step issued: letter, certificate or form. `data` is what it says, fixed at the step.

    The same data gives the same bytes, so `sha256` proves a paper even when its file has to be made again.
    `number` is the case number and how many papers the case had with this one.
    """

    case = models.ForeignKey("casework.Case", models.PROTECT, related_name="issued")
    step = models.ForeignKey("casework.CaseStep", models.PROTECT, related_name="issued")
    code = models.CharField(_("kind"), max_length=30)
    title = models.CharField(_("title"), max_length=100)
    number = models.CharField(_("number"), max_length=50, db_collation="C")
    data = models.JSONField()
    file = models.FileField(upload_to=paper_stored_as, blank=True)
    issued_at = models.DateTimeField(_("issued"), auto_now_add=True)

    class Meta:
        verbose_name = _("issued paper")
        verbose_name_plural = _("issued papers")
        default_permissions = []
        ordering = ["id"]
        indexes = [models.Index(fields=["tried_at", "id"], name="paper_waiting", condition=Q(state="waiting"))]
        constraints = [
            models.UniqueConstraint(fields=["step", "code"], name="paper_once_a_step"),
            models.UniqueConstraint(fields=["number"], name="paper_number_once"),
        ]

    def __str__(self):
        return f"{self.title} {self.number}"


class Package(Made):
    """The archive package of a closed case: data, trail, papers issued and handed in, checksums. Made once."""

    case = models.OneToOneField("casework.Case", models.PROTECT, related_name="package")
    file = models.FileField(upload_to=package_stored_as, blank=True)

    class Meta:
        verbose_name = _("archive package")
        verbose_name_plural = _("archive packages")
        default_permissions = []
        ordering = ["id"]
        indexes = [models.Index(fields=["tried_at", "id"], name="package_waiting", condition=Q(state="waiting"))]

    def __str__(self):
        return str(self.case)
