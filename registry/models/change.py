"""Changes of divisions (区划调整) and the organizations that follow them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths


class DivisionChangeQuerySet(models.QuerySet):
    def visible_to(self, user, perm="registry.view_divisionchange"):
        return self.filter(in_paths("division__path", user.paths(perm)))


class DivisionChange(models.Model):
    """One approved change with its effective date. Drafted, checked by whoever may apply it, applied once on its day.

    History before the date stays as it was. A draft nobody checked is applied by nobody but an officer.
    """

    class Kind(models.TextChoices):
        RENAME = "rename", _("Rename")
        RECODE = "recode", _("New code")
        MERGE = "merge", _("Merge")
        SPLIT = "split", _("Split")
        TRANSFER = "transfer", _("Transfer to another street")
        CLASS = "class_change", _("Change of committee kind")
        ABOLISH = "abolish", _("Abolish")
        CREATE = "create", _("Create")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CHECKED = "checked", _("Checked")
        DROPPED = "dropped", _("Dropped")
        REFUSED = "refused", _("Could not be applied")
        APPLIED = "applied", _("Applied")

    kind = models.CharField(_("kind of change"), max_length=15, choices=Kind)
    division = models.ForeignKey(
        "accounts.Division",
        models.PROTECT,
        related_name="changes",
        verbose_name=_("division"),
        help_text=_("The division that changes; for a merge the one that goes on; for a creation the parent."),
    )
    effective = models.DateField(_("effective date"))
    approval_no = models.CharField(_("approval number"), max_length=100, blank=True)
    new_code = models.CharField(_("new code"), max_length=12, blank=True)
    new_name = models.CharField(_("new name"), max_length=100, blank=True)
    new_kind = models.CharField(_("new committee kind"), max_length=5, blank=True)
    new_parent = models.ForeignKey(
        "accounts.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("new street")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    refusal = models.TextField(_("why it could not be applied"), blank=True, default="", db_default="", editable=False)
    applied_at = models.DateTimeField(_("applied"), null=True, editable=False)

    objects = DivisionChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of divisions")
        verbose_name_plural = _("changes of divisions")
        ordering = ["-effective", "-id"]
        permissions = [("apply_divisionchange", _("Can apply a change of divisions"))]

    def __str__(self):
        return f"{self.get_kind_display()} · {self.division} · {self.effective}"


class DivisionChangeLine(models.Model):
    """A further division in the change: merged away, or split off with the organizations it takes."""

    change = models.ForeignKey(DivisionChange, models.CASCADE, related_name="lines")
    division = models.ForeignKey(
        "accounts.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("division")
    )
    code = models.CharField(_("new code"), max_length=12, blank=True)
    name = models.CharField(_("new name"), max_length=100, blank=True)
    kind = models.CharField(_("committee kind"), max_length=5, blank=True)
    organizations = models.ManyToManyField("registry.Organization", blank=True, related_name="+")
    # Who works at a community that is split goes on at every part, unless lines say at which.
    people = models.ManyToManyField("accounts.Assignment", blank=True, related_name="+")

    class Meta:
        verbose_name = _("division in a change")
        verbose_name_plural = _("divisions in a change")
        default_permissions = []

    def __str__(self):
        return self.name or str(self.division)
