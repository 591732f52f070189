"""Reading dated policy values."""

import time
from functools import lru_cache

from django.db.models import Q
from django.utils import timezone

from casework.models import PolicyValue

# Another process may have loaded a policy: what this one holds of a place is read again after a second.
HELD_SECONDS = 1
PLACES = 256


def value(key, *, default, division=None, on=None):
    """The value of `key` in force at the division on the date (today by default): the nearest ancestor's wins."""
    return in_force(history(key, division=division), on or timezone.localdate(), default=default)


def history(key, *, division=None):
    """Every value `key` ever had at the division or above it, for asking about several dates."""
    return histories((key,), division=division)[key]


def histories(keys, *, division=None):
    """{key: rows} of several keys at the division or above it; rows as `history` gives them."""
    found = held(division.path if division else "", int(time.monotonic() / HELD_SECONDS))
    return {key: found.get(key, ()) for key in keys}


@lru_cache(maxsize=PLACES)
def held(path, _second):
    """{key: rows} of everything at the place with that path or above it; one step of a case asks for a dozen."""
    places, found = [int(part) for part in path.split(".") if part], {}
    for row in PolicyValue.objects.filter(Q(division=None) | Q(division__in=places)).select_related("division"):
        found.setdefault(row.key, []).append(row)
    return found


def forget():
    """Read the values anew; called by whoever wrote some."""
    held.cache_clear()


def in_force(rows, on, *, default):
    """The value among the rows of a history that holds on the date."""
    held = [row for row in rows if row.starts <= on and (row.ends is None or row.ends > on)]
    best = max(held, key=lambda row: (len(row.division.path) if row.division else 0, row.starts), default=None)
    return best.value if best else default


def values(key, *, on=None):
    """[(division path, value)] in force anywhere, the widest first: each holds below its path until a nearer one."""
    on = on or timezone.localdate()
    rows = PolicyValue.objects.filter(Q(ends=None) | Q(ends__gt=on), key=key, starts__lte=on)
    rows = rows.select_related("division")
    pairs = [(row.division.path if row.division else "", row.starts, row.value) for row in rows]
    pairs.sort(key=lambda pair: (len(pair[0]), pair[1]))
    return [(path, held) for path, _starts, held in pairs]
