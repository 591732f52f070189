"""What may happen to the register between the check of a file and its storing."""

import datetime as dt

from django.db import connection
from django.db.models import Q

from accounts.models import Division
from casework.models import AuditEvent
from registry.models import Organization

WROTE = ("import.store", "import.undo")
VERDICTS = """
    SELECT coalesce(sum(hashtextextended(concat_ws('|', kind, sheet, row, status,
        CASE WHEN match_how <> 'new' THEN match_id END, before, after), 0)), 0)::text
    FROM registry_importrow WHERE batch_id = %s
"""


def verdicts(batch):
    """One number for what was found of all lines: the same again means that the officer saw what will be stored."""
    with connection.cursor() as cursor:
        cursor.execute(VERDICTS, [batch.pk])
        return cursor.fetchone()[0]


def lock_area(division):
    """Imports of one district store one after the other, and no form registers an organization there meanwhile.

    It waits as long as that takes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    inside = Q(pk__in=division.ancestor_ids) | Q(path__startswith=division.path)
    districts = Division.objects.select_for_update(no_key=True).filter(inside, level=Division.Level.DISTRICT)
    list(districts.order_by("pk").values_list("pk"))


def register_moved(batch):
    """Whether the area was written to after the check: then the lines' matches may be out of date."""
    checked = dt.datetime.fromisoformat(batch.counts["checked_at"])
    parts = batch.division.path.rstrip(".").split(".")
    above = [".".join(parts[:number]) + "." for number in range(1, len(parts))]
    inside = Q(division_path__in=above) | Q(division_path__startswith=batch.division.path)
    return (
        Organization.objects.under(batch.division).filter(updated_at__gt=checked).exists()
        or AuditEvent.objects.filter(inside, action__in=WROTE, at__gt=checked).exists()
    )
