"""Writing the trail: an ordinary call, in the transaction of the write it tells of, with an explicit actor."""

from django.db import models

from accounts.backends import path_of
from casework.models import AuditEvent


def record(action, target=None, *, by, before=None, after=None, note="", path=None):
    """Write one event.

    `by` is a User or a name ("system"); `before`/`after` are plain values (never phone or ID numbers in clear);
    `path` says where it happened when the target has no division of its own.
    """
    return AuditEvent.objects.create(
        actor=getattr(by, "username", by) or "system",
        action=action,
        target=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        target_label=str(target)[:200] if target is not None else "",
        division_path=path if path is not None else place(target),
        before=before,
        after=after,
        note=note,
    )


def place(target):
    """The division path an event belongs to; empty (the whole portal) for things without a place."""
    if isinstance(target, models.Model) and any(
        hasattr(target, name) for name in ("division_path", "path", "division")
    ):
        return path_of(target)
    return ""


def changes(before, after):
    """The two dicts narrowed to the keys whose values differ."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}
