"""Sealing again after a change of keys: every sealed column of the portal, whichever app it belongs to."""

from django.apps import apps
from django.db import transaction
from django.db.models import Q

from casework import audit
from casework.models.sealed import Sealed


def sealed_columns():
    """{model: its sealed columns} of the whole project."""
    found = {model: [field for field in model._meta.local_fields if isinstance(field, Sealed)] for model in every()}
    return {model: columns for model, columns in found.items() if columns}


def every():
    return [model for model in apps.get_models() if not model._meta.proxy]


def reseal(*, slice_size=None, look_ups=False, by):
    """Seals every value again that is not sealed with the newest key and cipher, in slices; returns how many rows.

    With `look_ups` every value with a look-up hash is opened and hashed anew where the hash is of a former LOOKUP_KEY.
    A second run finds nothing to do. Writes one audit event when anything changed.
    """
    counts = {
        model._meta.label: reseal_table(model, columns, slice_size, look_ups)
        for model, columns in sealed_columns().items()
    }
    done = {label: count for label, count in counts.items() if count}
    if done:
        audit.record("reseal", by=by, after={"rows": done, "look_ups": look_ups})
    return sum(done.values())


def reseal_table(model, columns, slice_size, look_ups):
    size = min(slice_size or Sealed.slice_size, *(column.slice_size for column in columns))
    rows, done, last = to_do(model, columns, look_ups).order_by("pk"), 0, 0
    while pks := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:size]):
        last = pks[-1]
        done += reseal_slice(model, columns, pks, look_ups)
    return done


def to_do(model, columns, look_ups):
    """The rows to open: those with an outdated seal, and for new look-up hashes all that have one."""
    if look_ups and any(column.has_look_up for column in columns):
        return model.objects.all()
    found = Q(pk__in=[])
    for column in columns:
        found |= column.outdated()
    return model.objects.filter(found)


@transaction.atomic
def reseal_slice(model, columns, pks, look_ups):
    rows = model.objects.select_for_update(of=("self",)).filter(pk__in=pks)
    changed = [row for row in rows if sum(column.seal_again(row, look_ups=look_ups) for column in columns)]
    model.objects.bulk_update(changed, [name for column in columns for name in column.columns])
    return len(changed)
