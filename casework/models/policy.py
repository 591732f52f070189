"""Numbers and choices a policy sets, with the dates they hold."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PolicyValue(models.Model):
    """One parameter in force from `starts` until the day before `ends`; `division` empty means everywhere."""

    key = models.CharField(_("parameter"), max_length=80)
    value = models.JSONField(_("value"))
    division = models.ForeignKey(
        "accounts.Division", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("division")
    )
    policy = models.CharField(_("policy"), max_length=40, blank=True)
    clause = models.CharField(_("source clause"), max_length=200, blank=True)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"), null=True, blank=True)

    class Meta:
        verbose_name = _("policy value")
        verbose_name_plural = _("policy values")
        ordering = ["key", "starts"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "division", "starts"], nulls_distinct=False, name="policy_value_once"
            ),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gt=F("starts")), name="policy_value_in_order"),
        ]

    def __str__(self):
        return f"{self.key} = {self.value}"
