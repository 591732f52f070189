"""How an officer read a header row last time: kept under the fingerprint of its texts, offered again."""

import contextlib
import hashlib
import json

from registry.models import ColumnMemory
from registry.survey.columns import NOTE_COLUMNS


def remember_columns(batch, by):
    """Keeps a mapping by hand under the signature of the header texts it was made for."""
    for sheet in batch.columns:
        mapping = batch.mapping.get(sheet["kind"])
        if mapping:
            ColumnMemory.objects.update_or_create(
                user=by, signature=signature(sheet), defaults={"mapping": {sheet["kind"]: mapping}}
            )


def signature(sheet):
    """A header row's fingerprint: kind and texts in order, without the columns our own marked copies add."""
    texts = [sheet["kind"], *(column[2] for column in sheet["columns"] if column[2] not in NOTE_COLUMNS)]
    return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


def remembered(batch, by):
    """The mapping this user made for these header rows before, merged over all sheets; empty when there is none."""
    found = {}
    rows = dict(ColumnMemory.objects.filter(user=by).values_list("signature", "mapping"))
    for sheet in batch.columns:
        with contextlib.suppress(KeyError):
            found |= rows[signature(sheet)]
    return found
