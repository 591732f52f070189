"""One-time links: somebody without an account answers one question about one case."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OneTimeLink(models.Model):
    """A link sent to a party by short message: its token is kept as a digest only; used once, for some days."""

    class Purpose(models.TextChoices):
        CONFIRM = "confirm", _("Confirm what was filed in one's name")
        RATE = "rate", _("Rate the service")

    class Answer(models.TextChoices):
        NONE = "", _("No answer yet")
        YES = "yes", _("Confirmed")
        NO = "no", _("Objected")

    purpose = models.CharField(max_length=10, choices=Purpose)
    case = models.ForeignKey("casework.Case", models.CASCADE, related_name="links")
    party = models.ForeignKey("casework.CaseParty", models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    sent_at = models.DateTimeField(default=timezone.now)
    # The mobile number, masked.
    sent_to = models.CharField(max_length=20, blank=True, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=5, choices=Answer, blank=True, default=Answer.NONE)
    words = models.CharField(_("words"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("one-time link")
        verbose_name_plural = _("one-time links")
        default_permissions = []
        ordering = ["-id"]

    def __str__(self):
        return f"{self.get_purpose_display()} · {self.case}"
