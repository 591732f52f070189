"""Which days offices work, year by year, as the State Council announces them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarDay(models.Model):
    """One day and whether offices work on it (调休 included). A year is known once all its days are here."""

    date = models.DateField(_("day"), primary_key=True)
    working = models.BooleanField(_("working day"))
    note = models.CharField(_("note"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("working-day calendar")
        ordering = ["date"]
        default_permissions = ["view", "change"]

    def __str__(self):
        return f"{self.date:%Y-%m-%d}"
