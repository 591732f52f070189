"""What people are told: the row first, then its deliveries by the channels they can be reached through."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """One message to one user about one case; it stands in the portal at once, deliveries follow."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    case = models.ForeignKey("casework.Case", models.CASCADE, null=True, related_name="notices")
    code = models.CharField(_("kind"), max_length=40)
    params = models.JSONField(default=dict)
    key = models.CharField(max_length=120, blank=True, editable=False)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        default_permissions = []
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"], name="notice_user")]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], condition=~Q(key=""), name="notice_key_once"),
        ]

    def __str__(self):
        return self.code
