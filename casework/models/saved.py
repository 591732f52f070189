"""What an officer keeps to work faster: filters of the lists of cases, and phrases for opinions."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedFilter(models.Model):
    """A filter of one list of cases under a name of one's own; `query` is read again by the list's own form."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(_("name"), max_length=40)
    queue = models.CharField(max_length=10)
    query = models.CharField(max_length=300)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        default_permissions = []
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_filter_once")]

    def __str__(self):
        return self.name


class Phrase(models.Model):
    """A sentence an officer writes often, offered below the note of every step (常用意见)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="phrases")
    text = models.CharField(_("phrase"), max_length=200)

    class Meta:
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")
        default_permissions = []
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "text"], name="phrase_once")]

    def __str__(self):
        return self.text
