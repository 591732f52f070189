"""Copies of a case for information (抄送)."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CaseCopy(models.Model):
    """Somebody at the case's place is to know of it and need do nothing; `read_at` is empty until they looked."""

    case = models.ForeignKey("casework.Case", models.CASCADE, related_name="copies")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="case_copies")
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("copy of a case")
        verbose_name_plural = _("copies of cases")
        default_permissions = []
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="case_copy_once")]
        indexes = [models.Index(fields=["user"], name="case_copy_unread", condition=models.Q(read_at=None))]

    def __str__(self):
        return f"{self.case} → {self.user}"
