"""The export is a row: who asked for what, how far it is, and the sealed pieces of its file until they expire."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.models.sealed import SealedBytesField


class ExportJobQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own exports only: a file holds what its owner may see."""
        return self.filter(owner=user)


class ExportJob(models.Model):
    """One export. `filters` says which rows, never which ids; who may see them is asked again when it runs.

    Workers take it by state with skip_locked; `lease_until` frees a killed worker's job.
    """

    class Layout(models.TextChoices):
        LIST = "list", _("As on screen")
        SURVEY = "survey", _("Survey workbook, to correct and upload again")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being written")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Dropped")
        EXPIRED = "expired", _("Expired")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    layout = models.CharField(_("layout"), max_length=10, choices=Layout)
    filters = models.JSONField(default=dict, blank=True)
    filter_text = models.CharField(_("filter"), max_length=500, blank=True)
    columns = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField(_("year of the figures"), null=True, blank=True)
    unmasked = models.BooleanField(_("phones in full"), default=False)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    filename = models.CharField(_("file"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        default_permissions = []
        indexes = [models.Index(fields=["owner", "-id"], name="export_job_owner")]

    def __str__(self):
        return self.filename or str(self.uid)

    @property
    def is_open(self):
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def is_ready(self):
        return self.state == self.State.DONE and self.expires_at > timezone.now()


class ExportPiece(models.Model):
    """A sealed piece of an export's file: every web host can send it, and no disk holds it in clear.

    `attempt` tells the pieces of the attempt that finished from those a slower worker left.
    """

    job = models.ForeignKey(ExportJob, models.CASCADE, related_name="pieces", verbose_name=_("export"))
    attempt = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    content = SealedBytesField(bound=lambda row: (row.job.uid, f"piece {row.attempt}.{row.number}"))

    class Meta:
        verbose_name = _("piece of an export")
        verbose_name_plural = _("pieces of exports")
        ordering = ["number"]
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["job", "attempt", "number"], name="export_piece_once")]

    def __str__(self):
        return f"{self.job_id}/{self.number}"
