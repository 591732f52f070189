"""How long an import keeps the workbook and the personal numbers it carried; the record of it stays."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from casework import audit, policy
from registry.models import ImportBatch
from registry.services.imports import locked

KEPT_DAYS = 365
State = ImportBatch.State
OVER = (State.STORED, State.CHECKED, State.REFUSED)


def forget_old_imports(today=None):
    """Empties imports as old as their district's `imports.kept_days` says (PIPL art. 19); returns how many.

    A stored one can no longer be undone; one that nobody stored is dropped. Running twice changes nothing.
    """
    today = today or timezone.localdate()
    rows = ImportBatch.objects.filter(state__in=OVER).exclude(content=b"").select_related("division").defer("content")
    return sum(forget(batch) for batch in rows.order_by("id") if is_old(batch, today))


def is_old(batch, today):
    days = int(policy.value("imports.kept_days", default=KEPT_DAYS, division=batch.division, on=today))
    return timezone.localdate(batch.stored_at or batch.created_at) <= today - timedelta(days=days)


@transaction.atomic
def forget(batch):
    batch = locked(batch)
    if batch.state not in OVER:
        return False
    if batch.state == State.STORED:
        batch.rows.exclude(sealed="").update(sealed="")
    else:
        batch.rows.all().delete()
        batch.state = State.CANCELLED
    batch.content = b""
    batch.save(update_fields=["state", "content"])
    audit.record("import.forget", batch, by="system", before={"file": batch.filename})
    return True
