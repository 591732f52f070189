"""What the offices keep about organizations between two matters: periodic reports, credit lists, samples, contacts."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths


class PlacedQuerySet(models.QuerySet):
    def visible_to(self, user, perm="registry.view_organization"):
        """Rows about organizations inside the user's subtrees."""
        return self.filter(in_paths("organization__division_path", user.paths(perm)))


class ReportQuerySet(PlacedQuerySet):
    def standing(self):
        """Without orders to correct whose case ended before it was decided: nothing came of those."""
        return self.exclude(result="correcting", case__closed_at__isnull=False)


class PeriodicReport(models.Model):
    """What came of an organization's report for a period: the street's confirmation of a year (年度确认), the
    community's review of a half-year (SH-42). `period` reads 2025 or 2025H2; the case holds the report itself.
    """

    class Kind(models.TextChoices):
        ANNUAL = "annual", _("Annual confirmation")
        HALF_YEAR = "half_year", _("Half-year report")

    class Result(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        REMARKS = "remarks", _("Confirmed with remarks")
        CORRECTING = "correcting", _("Ordered to correct")
        NOT_CONFIRMED = "not_confirmed", _("Not confirmed")
        GOOD = "good", _("Reviewed: good")
        FAIR = "fair", _("Reviewed: fair")
        POOR = "poor", _("Reviewed: poor")

    organization = models.ForeignKey("registry.Organization", models.CASCADE, related_name="reports")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    period = models.CharField(_("period"), max_length=6, db_collation="C")
    result = models.CharField(_("result"), max_length=15, choices=Result)
    note = models.TextField(_("note"), blank=True)
    on = models.DateField(_("on"))
    case = models.ForeignKey("casework.Case", models.PROTECT, null=True, related_name="+")

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("periodic report")
        verbose_name_plural = _("periodic reports")
        ordering = ["-period", "-id"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind", "period"], name="periodic_report_once"),
        ]

    def __str__(self):
        return f"{self.organization_id} {self.period}: {self.result}"


class CreditQuerySet(PlacedQuerySet):
    def in_force(self, on):
        """Entries that stood on a list on the day."""
        return self.filter(Q(ends=None) | Q(ends__gt=on), starts__lte=on)


class CreditEvent(models.Model):
    """An organization's way onto a list and off it: proposed, told and heard, listed from `starts` until `ends`.

    `cause` names what the portal proposed it for ("annual:2025") so that it proposes once. Registered organizations
    have the two lists of the ministry's order; `watch` is the local one (domain 3.10).
    """

    class Kind(models.TextChoices):
        WATCH = "watch", _("Watch list")
        ABNORMAL = "abnormal", _("List of abnormal activity")
        SERIOUS = "serious", _("List of serious offenders")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        TOLD = "told", _("Told, may be heard")
        LISTED = "listed", _("Listed")
        REMOVED = "removed", _("Taken off")
        DROPPED = "dropped", _("Dropped")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey("registry.Organization", models.CASCADE, related_name="credit_events")
    kind = models.CharField(_("list"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    grounds = models.CharField(_("grounds"), max_length=300)
    document = models.CharField(_("document number"), max_length=60, blank=True)
    cause = models.CharField(max_length=40, blank=True, editable=False)
    proposed_on = models.DateField(_("proposed on"))
    hear_until = models.DateField(_("to be heard until"), null=True, blank=True)
    starts = models.DateField(_("from"), null=True, blank=True)
    ends = models.DateField(_("to"), null=True, blank=True)
    reason = models.CharField(_("reason of the end"), max_length=300, blank=True)

    objects = CreditQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        ordering = ["-proposed_on", "-id"]
        default_permissions = []
        permissions = [("list_credit", _("Can put organizations on credit lists and take them off"))]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "cause"], condition=~Q(cause=""), name="credit_cause_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["listed", "removed"], starts__isnull=False)
                | (~Q(state__in=["listed", "removed"]) & Q(starts=None)),
                name="credit_listed_from",
            ),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="credit_in_order"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.grounds}"


class Sample(models.Model):
    """One random draw of filed organizations of a district for a quarter (domain 3.6: 10 % by default).

    `population` are the ids drawn from, in order; with `seed` the draw can be done again and gives the same rows.
    """

    division = models.ForeignKey("accounts.Division", models.PROTECT, related_name="+", verbose_name=_("district"))
    period = models.CharField(_("quarter"), max_length=6, db_collation="C")
    percent = models.PositiveSmallIntegerField(_("share (%)"))
    seed = models.CharField(max_length=64)
    population = models.JSONField()
    population_hash = models.CharField(max_length=64)
    drawn_at = models.DateTimeField(_("drawn"), auto_now_add=True)
    drawn_by = models.CharField(_("drawn by"), max_length=150)

    class Meta:
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        ordering = ["-period", "-id"]
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["division", "period"], name="sample_once")]

    def __str__(self):
        return f"{self.division} {self.period}"


class SampledOrganization(models.Model):
    """One organization a sample hit, and the case it is looked at in: none yet, or never and `problem` says why."""

    sample = models.ForeignKey(Sample, models.CASCADE, related_name="drawn")
    organization = models.ForeignKey("registry.Organization", models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    case = models.ForeignKey("casework.Case", models.PROTECT, null=True, related_name="+")
    problem = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        default_permissions = []
        ordering = ["position"]
        indexes = [models.Index(fields=["sample", "position"], condition=Q(case=None), name="sampled_waiting")]
        constraints = [models.UniqueConstraint(fields=["sample", "organization"], name="sampled_once")]

    def __str__(self):
        return f"{self.sample_id}: {self.organization_id}"


class ContactAttempt(models.Model):
    """One try to reach an organization: on which day, how, and whether somebody answered.

    `leader_gone` is the leader said to have died or left; a new leader on record makes it past.
    """

    class Way(models.TextChoices):
        PHONE = "phone", _("Telephone")
        VISIT = "visit", _("Visit")
        LETTER = "letter", _("Letter")

    organization = models.ForeignKey("registry.Organization", models.CASCADE, related_name="contacts")
    on = models.DateField(_("on"))
    way = models.CharField(_("how"), max_length=10, choices=Way)
    reached = models.BooleanField(_("reached"))
    leader_gone = models.ForeignKey(
        "registry.Person", models.SET_NULL, null=True, related_name="+", verbose_name=_("leader died or left")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.CharField(_("by"), max_length=150)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact attempt")
        verbose_name_plural = _("contact attempts")
        ordering = ["-on", "-id"]
        default_permissions = []

    def __str__(self):
        return f"{self.on}: {self.get_way_display()}"
