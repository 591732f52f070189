"""The one record of each organization, and the dated periods of its standing."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths
from registry.models.scheme import Tier


class State(models.TextChoices):
    """Life states. Those in COUNTED are in force: targets count them until the exit date (domain 3.5)."""

    ACTIVE = "active", _("Active")
    DORMANT = "dormant", _("Few activities")
    SUSPENDED = "suspended", _("Activities stopped")
    CORRECTION = "under_correction", _("Under correction")
    CANCELLED = "cancelled", _("Cancelled")
    REVOKED = "revoked", _("Revoked")
    MERGED = "merged", _("Merged into another")


COUNTED = [State.ACTIVE, State.DORMANT, State.SUSPENDED, State.CORRECTION]


class OrganizationQuerySet(models.QuerySet):
    def visible_to(self, user, perm="registry.view_organization"):
        """Organizations homed inside the user's subtrees, and those whose account the user holds."""
        places = in_paths("division_path", user.paths(perm))
        # Read apart: with a subquery in the condition the planner no longer walks the index of places.
        held = list(OrganizationAccount.objects.filter(user=user, ends=None).values_list("organization", flat=True))
        return self.filter(places | Q(pk__in=held) if held else places)

    def under(self, division):
        return self.filter(division_path__startswith=division.path)

    def in_force(self):
        return self.filter(state__in=COUNTED)


class Organization(models.Model):
    """A community social organization. Tier, state, division and type are today's values of its open period."""

    class LegalForm(models.TextChoices):
        ASSOCIATION = "association", _("Association")
        SERVICE = "service", _("Social service agency (private non-enterprise unit)")
        FOUNDATION = "foundation", _("Foundation")

    class Source(models.TextChoices):
        WEB = "web", _("Typed in the portal")
        IMPORT = "import", _("Survey import")
        API = "api", _("API")
        DEMO = "demo", _("Demo data")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    name_key = models.CharField(max_length=100, editable=False, db_collation="C")
    tier = models.CharField(_("tier"), max_length=10, choices=Tier)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.ACTIVE)
    division = models.ForeignKey(
        "accounts.Division",
        models.PROTECT,
        related_name="organizations",
        db_index=False,  # organization_name_key begins with it
        verbose_name=_("home division"),
    )
    division_path = models.CharField(max_length=100, db_collation="C", editable=False)
    # Follows from the division, whose own constraint holds it: a second one would be checked for every stored row.
    district = models.ForeignKey("accounts.Division", models.PROTECT, related_name="+", verbose_name=_("district"))
    type = models.ForeignKey(
        "registry.OrganizationType", models.PROTECT, related_name="organizations", verbose_name=_("type")
    )
    legal_form = models.CharField(_("legal form"), max_length=12, choices=LegalForm, blank=True)
    uscc = models.CharField(_("credit code"), max_length=18, blank=True, db_collation="C")
    filing_no = models.CharField(_("filing number"), max_length=60, blank=True)
    founded = models.DateField(_("founded"), null=True, blank=True)
    ended = models.DateField(_("ended"), null=True, blank=True)
    leader = models.ForeignKey(
        "registry.Person", models.PROTECT, null=True, blank=True, related_name="led", verbose_name=_("leader")
    )
    purpose = models.CharField(_("what it does"), max_length=500, blank=True, default="", db_default="")
    place = models.CharField(_("venue"), max_length=200, blank=True)
    place_area = models.DecimalField(_("venue area (m²)"), max_digits=10, decimal_places=2, null=True, blank=True)
    targets = models.JSONField(_("service targets"), default=list, blank=True)
    fields = models.JSONField(_("service fields"), default=list, blank=True)
    fund_sources = models.JSONField(_("sources of funds"), default=list, blank=True)
    rating = models.CharField(_("grade stated in the survey"), max_length=20, blank=True)
    volunteer_system_id = models.CharField(_("volunteer system number"), max_length=40, blank=True)
    remark = models.TextField(_("remark"), blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        db_index=False,  # organization_successor leaves out those that have none
        verbose_name=_("merged into"),
    )
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.WEB, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["division_path", "id"]
        permissions = [
            ("export_organization", _("Can export organizations")),
            ("import_survey", _("Can import survey workbooks")),
        ]
        indexes = [
            models.Index(fields=["division_path", "id"], name="organization_place"),
            models.Index(fields=["division", "name_key"], name="organization_name_key"),
            models.Index(fields=["successor"], condition=Q(successor__isnull=False), name="organization_successor"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["uscc"], condition=~Q(uscc=""), name="organization_uscc_once"),
            models.UniqueConstraint(
                fields=["district", "filing_no"], condition=~Q(filing_no=""), name="organization_filing_no_once"
            ),
        ]

    def __str__(self):
        return self.name


class OrganizationPeriod(models.Model):
    """Tier, state, division and type of an organization from `starts` until the day before `ends`.

    `division_now` is where that place lies today: equal to `division` until divisions merge, split or are recoded.
    An organization has one open period while it exists and none with an exit state other than the last: one that ended
    on the very day its standing began, or was met as ended, has a last period that counts for no day.
    """

    # Both without an index of their own: period_starts_once and period_division_dates begin with them.
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="periods", db_index=False)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier)
    state = models.CharField(_("state"), max_length=20, choices=State)
    division = models.ForeignKey(
        "accounts.Division", models.PROTECT, related_name="organization_periods", db_index=False
    )
    # Begins as the division, and later names one the services have just looked up.
    division_now = models.ForeignKey("accounts.Division", models.PROTECT, related_name="+")
    type = models.ForeignKey("registry.OrganizationType", models.PROTECT, related_name="+")
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"), null=True, blank=True)
    cause = models.CharField(_("cause"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("period of an organization")
        verbose_name_plural = _("periods of organizations")
        ordering = ["starts"]
        indexes = [
            models.Index(fields=["division", "starts", "ends"], name="period_division_dates"),
            models.Index(fields=["division"], condition=Q(cause="to_place"), name="period_to_place"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "starts"], name="period_starts_once"),
            models.UniqueConstraint(fields=["organization"], condition=Q(ends=None), name="period_open_once"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gt=F("starts")), name="period_in_order"),
        ]

    def __str__(self):
        return f"{self.organization_id}: {self.tier} {self.state} {self.starts}"


class OrganizationAlias(models.Model):
    """A name or number an organization had: it still leads to the record, and to the one it was merged into."""

    class Kind(models.TextChoices):
        NAME = "name", _("Former name")
        NUMBER = "number", _("Former number")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="aliases")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    text = models.CharField(_("name or number"), max_length=100)
    until = models.DateField(_("until"))
    cause = models.CharField(_("cause"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("former name or number")
        verbose_name_plural = _("former names and numbers")
        ordering = ["-until", "-id"]
        default_permissions = []
        indexes = [models.Index(fields=["text"], name="organization_alias_text")]

    def __str__(self):
        return self.text


class OrganizationFlag(models.Model):
    """A function an organization has for a time (hub, volunteer …): `flag` is the code of a Term of list "flag"."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="flags")
    flag = models.CharField(_("function"), max_length=40)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"), null=True, blank=True)
    evidence = models.CharField(_("evidence"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("function of an organization")
        verbose_name_plural = _("functions of organizations")
        indexes = [models.Index(fields=["flag", "organization"], name="flag_organization")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "flag"], condition=Q(ends=None), name="organization_flag_open_once"
            ),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gt=F("starts")), name="organization_flag_in_order"),
        ]

    def __str__(self):
        return self.flag


class Classification(models.Model):
    """The kind of an organization in another than its main scheme, where somebody said so; else the mapping answers."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="classifications")
    type = models.ForeignKey("registry.OrganizationType", models.PROTECT, related_name="classifications")
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"), null=True, blank=True)

    class Meta:
        verbose_name = _("classification")
        verbose_name_plural = _("classifications")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "type"], condition=Q(ends=None), name="classification_once"
            ),
        ]

    def __str__(self):
        return str(self.type)


class OrganizationAccount(models.Model):
    """A user acts for an organization (its account holder or helper)."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="accounts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="organization_accounts")
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"), null=True, blank=True)

    class Meta:
        verbose_name = _("organization account")
        verbose_name_plural = _("organization accounts")
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], condition=Q(ends=None), name="account_open_once"),
        ]

    def __str__(self):
        return f"{self.user} · {self.organization}"
