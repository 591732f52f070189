"""Columns that hold sealed values: each knows what its value is bound to and seals it again under the newest key."""

import json

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Substr
from django.db.models.lookups import Exact

from casework.sealing import head, is_newest, lookup_hash, seal, seal_file, unseal, unseal_file


class Sealed:
    """What a change of keys needs of a column; `reseal` finds every column of this kind by itself.

    For the database it is an ordinary column. `slice_size` rows are held in memory at once.
    """

    slice_size = 2000
    hashed = ""
    has_look_up = False

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.get_internal_type()}", args, kwargs

    @property
    def columns(self):
        """The names a new seal writes."""
        return [self.name, *filter(None, [self.hashed])]


class SealedTextField(Sealed, models.TextField):
    """A text sealed for its row's `uid` under the name `bound`; `hashed` is the column of its look-up hash, if any."""

    def __init__(self, *args, bound="", hashed="", **kwargs):
        self.bound, self.hashed = bound, hashed
        super().__init__(*args, **kwargs)

    @property
    def has_look_up(self):
        return bool(self.hashed)

    def outdated(self):
        """Which rows are sealed with another than the newest key and cipher."""
        return ~Q(**{self.name: ""}) & ~Q(**{f"{self.name}__contains": head()})

    def seal_again(self, row, *, look_ups):
        """Sets what is outdated on the row; returns whether anything was."""
        values = {name: getattr(row, name) for name in self.columns}
        done = again(values, row.uid, self.bound, self.name, self.hashed, look_ups=look_ups)
        for name, value in values.items():
            setattr(row, name, value)
        return done


class SealedPersonField(SealedTextField):
    """The sealed columns a person will have, as JSON: {"uid", "phone_sealed", "phone_hash", "id_sealed", "id_hash"}."""

    has_look_up = True

    def seal_again(self, row, *, look_ups):
        values = json.loads(getattr(row, self.name) or "{}")
        found = [name.removesuffix("_sealed") for name in values if name.endswith("_sealed")]
        done = [
            again(values, values["uid"], bound, f"{bound}_sealed", f"{bound}_hash", look_ups=look_ups)
            for bound in found
        ]
        if any(done):
            setattr(row, self.name, json.dumps(values, separators=(",", ":")))
        return any(done)


class SealedBytesField(Sealed, models.BinaryField):
    """A file sealed as a whole; `bound(row)` says for which row's uid and under which name."""

    slice_size = 1

    def __init__(self, *args, bound=None, **kwargs):
        self.bound = bound
        super().__init__(*args, **kwargs)

    def outdated(self):
        begins = Substr(self.name, 1, len(head()), output_field=models.BinaryField())
        return ~Q(**{self.name: b""}) & ~Q(Exact(begins, Value(head().encode())))

    def seal_again(self, row, *, look_ups):
        uid, field = self.bound(row)
        content = unseal_file(getattr(row, self.name), row_uid=uid, field=field)
        setattr(row, self.name, seal_file(content, row_uid=uid, field=field))
        return True


def again(values, uid, bound, name, hashed, *, look_ups):
    """Seals and hashes `values[name]` anew where key, cipher or the look-up key are not today's."""
    old = is_newest(values[name])
    if old and not (look_ups and hashed):
        return False
    text = unseal(values[name], row_uid=uid, field=bound)
    fresh = lookup_hash(text, bound)
    if old and values[hashed] == fresh:
        return False
    values[name] = seal(text, row_uid=uid, field=bound)
    if hashed:
        values[hashed] = fresh
    return True
