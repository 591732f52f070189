"""What an officer decided about two records that look alike."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class DistinctPair(models.Model):
    """Two organizations somebody looked at and said are not the same, with the reason: they are not offered again."""

    first = models.ForeignKey("registry.Organization", models.CASCADE, related_name="+", verbose_name=_("organization"))
    second = models.ForeignKey(
        "registry.Organization", models.CASCADE, related_name="+", verbose_name=_("other organization")
    )
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.CharField(_("decided by"), max_length=150)
    at = models.DateTimeField(_("decided"), auto_now_add=True)

    class Meta:
        verbose_name = _("decision that two organizations differ")
        verbose_name_plural = _("decisions that organizations differ")
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="distinct_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="distinct_pair_in_order"),
        ]

    def __str__(self):
        return f"{self.first_id} ≠ {self.second_id}"
