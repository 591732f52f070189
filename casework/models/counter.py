"""Counters of numbers that people write on paper."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class CounterQuerySet(models.QuerySet):
    def rising(self):
        """{series: last number} of the counters the anchor does not know as they are."""
        return dict(self.filter(last__gt=F("anchored")).values_list("series", "last"))


class Counter(models.Model):
    """The last number given in a series. It only rises: a trigger refuses the rest.

    `anchored` is the highest number the anchor outside the database knows.
    """

    series = models.CharField(max_length=60, unique=True, db_collation="C")
    last = models.BigIntegerField(default=0)
    anchored = models.BigIntegerField(default=0)

    objects = CounterQuerySet.as_manager()

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        ordering = ["series"]
        default_permissions = []
        indexes = [models.Index(fields=["series"], name="counter_rising", condition=Q(last__gt=F("anchored")))]

    def __str__(self):
        return f"{self.series}{self.last}"
