"""What the worker does about figures: every two seconds the marks, every night everything."""

from celery import shared_task
from django.utils import timezone

from reporting.rollups import close_day, drain_marks, is_closed
from reporting.services import freeze_due


@shared_task(name="reporting.refresh_rollups")
def refresh_rollups():
    while drain_marks():
        pass


@shared_task(name="reporting.nightly")
def nightly():
    """Asked every hour: a machine that slept at night catches up when it wakes."""
    today = timezone.localdate()
    if not is_closed(today):
        close_day(today=today)
        freeze_due(today=today)
