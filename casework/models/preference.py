"""What a user likes to see."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ListColumns(models.Model):
    """The columns a user chose for one list; `name` is the list's own name ("registry.organization")."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="list_columns")
    name = models.CharField(max_length=60)
    columns = models.JSONField(default=list)

    class Meta:
        verbose_name = _("chosen columns")
        verbose_name_plural = _("chosen columns")
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="list_columns_once")]

    def __str__(self):
        return self.name
