"""Figures of divisions: kept up to date in Rollup, frozen in Snapshot; both carry one column per measure."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from accounts.models.division import in_paths
from reporting.measures import MEASURES


def column(measure):
    """The column of a measure: counts are whole and never empty; sums are empty where nobody reported."""
    if not measure.nullable:
        return models.IntegerField(measure.label, default=0)
    if measure.decimals:
        return models.DecimalField(measure.label, max_digits=20, decimal_places=measure.decimals, null=True)
    return models.BigIntegerField(measure.label, null=True)


class FigureRow(models.Model):
    """Every measure of one division; `types` counts organizations by type and tier: {"<type id>.<tier>": number}."""

    types = models.JSONField(_("by type and tier"), default=dict)

    class Meta:
        abstract = True


for name, measure in MEASURES.items():
    FigureRow.add_to_class(name, column(measure))


class RollupQuerySet(models.QuerySet):
    def visible_to(self, user, perm="reporting.view_rollup"):
        return self.filter(in_paths("division__path", user.paths(perm)))


class Rollup(FigureRow):
    """Today's figures of a division. The date they stand for is that of the last full run; tasks alone write here."""

    division = models.OneToOneField(
        Division, models.CASCADE, primary_key=True, related_name="rollup", verbose_name=_("division")
    )
    changed_at = models.DateTimeField(_("changed"))

    objects = RollupQuerySet.as_manager()

    class Meta:
        verbose_name = _("current figures")
        verbose_name_plural = _("current figures")
        default_permissions = ["view"]

    def __str__(self):
        return str(self.division)


class Snapshot(FigureRow):
    """Figures of a division on a past date, as known when stored. Never changed: a correction is a new version.

    Code, name, kind, level and place in the tree are those of the date, so a later reclassification moves nothing.
    """

    class Reason(models.TextChoices):
        BASELINE = "baseline", _("Baseline")
        DEADLINE = "deadline", _("Deadline")
        PERIOD = "period", _("End of a period")
        CORRECTION = "correction", _("Correction")

    division = models.ForeignKey(Division, models.PROTECT, related_name="snapshots", verbose_name=_("division"))
    as_of = models.DateField(_("as of"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    note = models.CharField(_("note"), max_length=300, blank=True)
    by = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("stored"))
    code = models.CharField(_("official code"), max_length=12, db_collation="C")
    name = models.CharField(_("name"), max_length=100)
    level = models.CharField(_("level"), max_length=10, choices=Division.Level)
    kind = models.CharField(_("committee kind"), max_length=5, choices=Division.Kind, blank=True)
    path = models.CharField(_("path"), max_length=100, db_collation="C")

    objects = RollupQuerySet.as_manager()

    class Meta:
        verbose_name = _("frozen figures")
        verbose_name_plural = _("frozen figures")
        ordering = ["-as_of", "path", "-version"]
        default_permissions = ["view"]
        indexes = [models.Index(fields=["as_of", "level", "path"], name="snapshot_date_place")]
        constraints = [
            models.UniqueConstraint(fields=["division", "as_of", "version"], name="snapshot_version_once"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(note=""), name="snapshot_corrected_with_note"),
        ]

    def __str__(self):
        return f"{self.name} {self.as_of} ({self.version})"


class RollupRun(models.Model):
    """One full computation of all divisions: the date it stands for, how long it took and how many rows it changed."""

    as_of = models.DateField(_("as of"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), auto_now_add=True)
    divisions = models.PositiveIntegerField(_("divisions"))
    changed = models.PositiveIntegerField(_("rows changed"))
    drift = models.JSONField(_("drift found before"), default=list)
    closed = models.BooleanField(_("days before it are frozen"), default=False)

    class Meta:
        verbose_name = _("full computation")
        verbose_name_plural = _("full computations")
        ordering = ["-id"]
        default_permissions = ["view"]

    def __str__(self):
        return f"{self.as_of} ({timezone.localtime(self.finished_at):%Y-%m-%d %H:%M})"
