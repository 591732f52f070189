"""Yearly figures of divisions and organizations: in force from their year until the next year that has figures."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths

WHOLE = {"null": True, "blank": True}


class YearQuerySet(models.QuerySet):
    def in_force(self, on):
        """The newest figures whose year is not after the date's year."""
        return self.filter(Q(next_year=None) | Q(next_year__gt=on.year), year__lte=on.year)


class DivisionYearQuerySet(YearQuerySet):
    def visible_to(self, user, perm="registry.view_divisionyear"):
        return self.filter(in_paths("division__path", user.paths(perm)))


class DivisionYear(models.Model):
    """Base figures (年度底数) of a division for a year. Empty is unknown, never 0. The services keep `next_year`."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CONFIRMED = "confirmed", _("Confirmed")

    # Whose figures the survey asks for: a street's own staff, funds and station stand beside its communities'.
    LEVELS = ("street", "community")
    # What adds up when places merge, every figure, and what says where the figures come from.
    NUMBERS = (
        "population",
        "registered_pop",
        "households",
        "elderly",
        "facility_area",
        "reg_volunteers",
        "active_volunteers",
        "key_volunteers",
        "staff",
        "certified_staff",
        "social_workers",
        "party_members",
        "fund_count",
        "fund_amount",
    )
    FIGURES = (*NUMBERS, "has_station")
    ABOUT = ("reporter", "report_date", "source", "state")

    division = models.ForeignKey("accounts.Division", models.PROTECT, related_name="years", verbose_name=_("division"))
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(1990)])
    next_year = models.PositiveSmallIntegerField(null=True, editable=False)
    population = models.PositiveIntegerField(_("resident population"), **WHOLE)
    registered_pop = models.PositiveIntegerField(_("household-register population"), **WHOLE)
    households = models.PositiveIntegerField(_("households"), **WHOLE)
    elderly = models.PositiveIntegerField(_("aged 60 and over"), **WHOLE)
    facility_area = models.DecimalField(_("service facility area (m²)"), max_digits=12, decimal_places=2, **WHOLE)
    reg_volunteers = models.PositiveIntegerField(_("registered volunteers"), **WHOLE)
    active_volunteers = models.PositiveIntegerField(_("volunteers active in the year"), **WHOLE)
    key_volunteers = models.PositiveIntegerField(_("backbone volunteers"), **WHOLE)
    staff = models.PositiveIntegerField(_("committee staff"), **WHOLE)
    certified_staff = models.PositiveIntegerField(_("committee staff with a social-work certificate"), **WHOLE)
    social_workers = models.PositiveIntegerField(_("professional social workers"), **WHOLE)
    party_members = models.PositiveIntegerField(_("party members"), **WHOLE)
    fund_count = models.PositiveIntegerField(_("special funds"), **WHOLE)
    fund_amount = models.DecimalField(_("special funds (10,000 yuan)"), max_digits=14, decimal_places=2, **WHOLE)
    has_station = models.BooleanField(_("has a social service station"), **WHOLE)
    reporter = models.CharField(_("reported by"), max_length=100, blank=True)
    report_date = models.DateField(_("reported on"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CONFIRMED)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = DivisionYearQuerySet.as_manager()

    class Meta:
        verbose_name = _("base figures")
        verbose_name_plural = _("base figures")
        ordering = ["division__code", "-year"]
        constraints = [models.UniqueConstraint(fields=["division", "year"], name="division_year_once")]

    def __str__(self):
        return f"{self.division} {self.year}"


class OrganizationYear(models.Model):
    """What an organization reported for one year. Empty means unknown. `next_year` is kept by the services."""

    class PartyForm(models.TextChoices):
        INDEPENDENT = "independent", _("Independent branch")
        JOINT = "joint", _("Joint branch")
        ACTIVITY = "activity", _("Activity branch")
        WORK_GROUP = "work_group", _("Party work group")
        ASSIGNED = "assigned", _("Assigned instructor or liaison")
        NONE = "none", _("None yet")

    FIGURES = (
        "members",
        "volunteers",
        "party_members",
        "party_org",
        "party_form",
        "fulltime",
        "certified",
        "activities",
        "served",
        "income",
    )

    organization = models.ForeignKey(
        "registry.Organization",
        models.CASCADE,
        related_name="years",
        db_index=False,  # organization_year_once begins with it
        verbose_name=_("organization"),
    )
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(1990)])
    next_year = models.PositiveSmallIntegerField(null=True, editable=False)
    members = models.PositiveIntegerField(_("members"), **WHOLE)
    volunteers = models.PositiveIntegerField(_("registered volunteers"), **WHOLE)
    party_members = models.PositiveIntegerField(_("party members"), **WHOLE)
    party_org = models.BooleanField(_("has a party body"), **WHOLE)
    party_form = models.CharField(_("party form"), max_length=12, choices=PartyForm, blank=True)
    fulltime = models.PositiveIntegerField(_("full-time staff"), **WHOLE)
    certified = models.PositiveIntegerField(_("certified social workers"), **WHOLE)
    activities = models.PositiveIntegerField(_("activities in the year"), **WHOLE)
    served = models.PositiveIntegerField(_("person-times served in the year"), **WHOLE)
    income = models.DecimalField(_("yearly funds (yuan)"), max_digits=14, decimal_places=2, **WHOLE)

    objects = YearQuerySet.as_manager()

    class Meta:
        verbose_name = _("yearly figures of an organization")
        verbose_name_plural = _("yearly figures of organizations")
        ordering = ["-year"]
        constraints = [models.UniqueConstraint(fields=["organization", "year"], name="organization_year_once")]

    def __str__(self):
        return f"{self.organization_id} {self.year}"


class RollupMark(models.Model):
    """A division whose figures changed: written in the same transaction as the change, drained by reporting."""

    division = models.ForeignKey("accounts.Division", models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("division to recompute")
        verbose_name_plural = _("divisions to recompute")
        default_permissions = []

    def __str__(self):
        return str(self.division_id)
