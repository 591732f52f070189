"""The import batch is a row: who, which file, how far, and every line of the file with its verdict."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths
from casework.models.sealed import SealedBytesField, SealedPersonField


class ImportBatchQuerySet(models.QuerySet):
    def visible_to(self, user, perm="registry.import_survey"):
        return self.filter(in_paths("division__path", user.paths(perm)))


class ImportBatch(models.Model):
    """One uploaded survey workbook. Workers take it by state; `lease_until` frees a killed worker's batch."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting to be checked")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked, waiting for your decision")
        CONFIRMED = "confirmed", _("Waiting to be stored")
        STORING = "storing", _("Being stored")
        STORED = "stored", _("Stored")
        REFUSED = "refused", _("Refused")
        CANCELLED = "cancelled", _("Dropped")
        UNDONE = "undone", _("Undone")

    class Mode(models.TextChoices):
        ALL = "all", _("All or nothing")
        GOOD = "good", _("Good rows only")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    division = models.ForeignKey(
        "accounts.Division", models.PROTECT, related_name="+", verbose_name=_("district or street")
    )
    year = models.PositiveSmallIntegerField(_("survey year"))
    filename = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField(_("size"))
    content = SealedBytesField(
        bound=lambda row: (row.uid, "content"),
        editable=False,
        help_text="The sealed original; emptied when the batch is purged.",
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    mode = models.CharField(_("mode"), max_length=5, choices=Mode, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    columns = models.JSONField(default=list, blank=True)
    notices = models.JSONField(default=list, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    decisions = models.JSONField(default=dict, blank=True, editable=False, help_text="What was said of single lines.")
    file_error = models.JSONField(null=True, blank=True)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    stored_at = models.DateTimeField(_("stored"), null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")
        ordering = ["-id"]

    def __str__(self):
        return f"{self.filename} ({timezone.localtime(self.created_at):%Y-%m-%d %H:%M})"

    @property
    def is_kept(self):
        """Whether the workbook is still there, asked without reading it: undo and the marked workbook need it."""
        return ImportBatch.objects.filter(pk=self.pk).exclude(content=b"").exists()


class ImportRow(models.Model):
    """One line of the workbook as read: `values` masked of personal data, which lies sealed in `sealed`.

    `before` and `after` hold what storing changed, object by object: undo reads them.
    """

    # Without an index (see import_row_status) and a constraint: a worker that holds the batch writes its lines.
    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows", db_index=False)
    kind = models.CharField(max_length=4)
    sheet = models.CharField(max_length=100)
    row = models.PositiveIntegerField()
    status = models.CharField(max_length=12, blank=True)
    values = models.JSONField(default=dict)
    sealed = SealedPersonField(blank=True)
    errors = models.JSONField(default=list, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    match_id = models.BigIntegerField(null=True)
    match_how = models.CharField(max_length=20, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        verbose_name = _("line of an import")
        verbose_name_plural = _("lines of imports")
        ordering = ["id"]
        default_permissions = []
        indexes = [models.Index(fields=["batch", "kind", "status"], name="import_row_status")]

    def __str__(self):
        return f"{self.sheet}!{self.row}"


class ColumnMemory(models.Model):
    """How a user mapped a header last time; keyed by the header row's signature."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    signature = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("remembered columns")
        verbose_name_plural = _("remembered columns")
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["user", "signature"], name="column_memory_once")]

    def __str__(self):
        return self.signature
