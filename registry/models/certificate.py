"""The register of certificates and plaques: which paper is out, which one counts, which was lost or handed back."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths
from registry.models.organization import COUNTED


class CertificateQuerySet(models.QuerySet):
    def visible_to(self, user, perm="registry.view_organization"):
        """Certificates of organizations inside the user's subtrees."""
        return self.filter(in_paths("organization__division_path", user.paths(perm)))

    def valid(self):
        """Those that are out and not replaced, returned or lost; they may have run out."""
        return self.filter(state=Certificate.State.VALID)

    def running_out(self, before):
        """Those out of organizations in force whose last day lies before the day: to be renewed, or overdue."""
        return self.valid().filter(valid_to__lt=before, organization__state__in=COUNTED)


class Certificate(models.Model):
    """One paper or plaque handed to an organization. `valid_to` is its last day; empty means without end.

    `code` opens the public check page and says nothing by itself. `copy_no` counts the copies made for lost ones (补).
    What the check page answers also depends on the organization: see registry.directory.
    """

    class Kind(models.TextChoices):
        FILING = "filing", _("Filing certificate")
        LISTING = "listing", _("Listing certificate")
        PLAQUE = "plaque", _("Plaque")

    class State(models.TextChoices):
        VALID = "valid", _("Out and valid")
        REPLACED = "replaced", _("Replaced by a new one")
        RETURNED = "returned", _("Handed back")
        LOST = "lost", _("Lost")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        "registry.Organization", models.PROTECT, related_name="certificates", verbose_name=_("organization")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.FILING)
    number = models.CharField(_("number"), max_length=60, blank=True)
    code = models.CharField(_("code to check it"), max_length=10, unique=True, db_collation="C", editable=False)
    issued_on = models.DateField(_("issued on"))
    issued_by = models.ForeignKey("accounts.Division", models.PROTECT, related_name="+", verbose_name=_("issued by"))
    valid_to = models.DateField(_("valid until"), null=True, blank=True)
    copy_no = models.PositiveSmallIntegerField(_("copies for lost ones"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.VALID)
    ended_on = models.DateField(_("out of force since"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ["-issued_on", "-id"]
        default_permissions = ["view"]
        permissions = [("issue_certificate", _("Can issue, replace and take back certificates"))]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind"], condition=Q(state="valid"), name="certificate_valid_once"
            ),
            models.CheckConstraint(
                condition=Q(state="valid", ended_on=None) | (~Q(state="valid") & Q(ended_on__isnull=False)),
                name="certificate_ended_with_its_state",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("issued_on")), name="certificate_in_order"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}".strip()
