"""The two lists of SH-07: what communities need and what organizations offer."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths


class PlacedQuerySet(models.QuerySet):
    def visible_to(self, user, perm="registry.view_organization"):
        return self.filter(in_paths("division__path", user.paths(perm)))


class Need(models.Model):
    """A need raised in a community (需求清单)."""

    class State(models.TextChoices):
        OPEN = "open", _("Not matched")
        MATCHED = "matched", _("Matched")
        DONE = "done", _("Done")

    number = models.CharField(_("need number"), max_length=40, blank=True)
    division = models.ForeignKey("accounts.Division", models.PROTECT, related_name="needs", verbose_name=_("division"))
    category = models.CharField(_("category"), max_length=40, blank=True)
    content = models.TextField(_("description"))
    targets = models.JSONField(_("service targets"), default=list, blank=True)
    people = models.PositiveIntegerField(_("people concerned"), null=True, blank=True)
    urgency = models.CharField(_("urgency"), max_length=20, blank=True)
    channel = models.CharField(_("raised through"), max_length=40, blank=True)
    raised = models.DateField(_("raised on"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    contact = models.ForeignKey(
        "registry.Person", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering = ["-raised", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["division", "number"], condition=~Q(number=""), name="need_number_once"),
        ]
        indexes = [models.Index(fields=["number"], condition=~Q(number=""), name="need_number")]

    def __str__(self):
        return self.number or self.content[:40]


class Project(models.Model):
    """A service project of an organization (服务项目清单)."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        CLOSED = "closed", _("Closed")
        EVALUATED = "evaluated", _("Evaluated")

    number = models.CharField(_("project number"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=200)
    organization = models.ForeignKey(
        "registry.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name=_("organization"),
    )
    organization_name = models.CharField(_("organization as written"), max_length=100, blank=True)
    division = models.ForeignKey(
        "accounts.Division", models.PROTECT, related_name="projects", verbose_name=_("division")
    )
    category = models.CharField(_("category"), max_length=40, blank=True)
    targets = models.JSONField(_("service targets"), default=list, blank=True)
    starts = models.DateField(_("from"), null=True, blank=True)
    ends = models.DateField(_("to"), null=True, blank=True)
    fund_source = models.CharField(_("source of funds"), max_length=100, blank=True)
    amount = models.DecimalField(_("amount (yuan)"), max_digits=14, decimal_places=2, null=True, blank=True)
    served = models.PositiveIntegerField(_("person-times served"), null=True, blank=True)
    satisfaction = models.DecimalField(_("satisfaction"), max_digits=5, decimal_places=4, null=True, blank=True)
    need = models.ForeignKey(
        Need, models.PROTECT, null=True, blank=True, related_name="projects", verbose_name=_("need")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = _("service project")
        verbose_name_plural = _("service projects")
        ordering = ["-starts", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["division", "number"], condition=~Q(number=""), name="project_number_once"),
        ]
        indexes = [models.Index(fields=["number"], condition=~Q(number=""), name="project_number")]

    def __str__(self):
        return self.name
