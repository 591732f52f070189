"""Pages of long lists: a walk along an index instead of OFFSET, and a count that gives up at a cap."""

import base64
import binascii
import json

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.utils.functional import cached_property

CAP = 10_000


class CursorError(ValueError):
    """The cursor in the address is not one of ours."""


class KeysetPage:
    """One page of `queryset` walked along `keys`: all rising, or all falling with a leading "-"; the last is unique.

    `after` and `before` are cursors of this class; a cursor says only where to go on, never what may be seen.
    """

    def __init__(self, queryset, keys, size, *, after="", before=""):
        self.names = [key.removeprefix("-") for key in keys]
        self.backwards = bool(before) and not after
        self.descending = keys[0].startswith("-")
        self.start = self.decode(queryset.model, after or before) if after or before else None
        found = list(self.walk(queryset)[: size + 1])
        self.more, found = len(found) > size, found[:size]
        self.rows = found[::-1] if self.backwards else found

    @property
    def falling(self):
        return self.descending != self.backwards

    def walk(self, queryset):
        ordered = queryset.order_by(*(f"-{name}" if self.falling else name for name in self.names))
        return ordered.filter(beyond(self.names, self.start, "lt" if self.falling else "gt")) if self.start else ordered

    @property
    def next(self):
        """Cursor of the page that follows, or an empty text."""
        return self.encode(self.rows[-1]) if self.rows and (self.more or self.backwards) else ""

    @property
    def previous(self):
        there = self.more if self.backwards else self.start is not None
        return self.encode(self.rows[0]) if self.rows and there else ""

    def encode(self, row):
        values = [getattr(row, name) for name in self.names]
        return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")

    def decode(self, model, cursor):
        try:
            values = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        except (binascii.Error, ValueError, RecursionError) as error:
            raise CursorError(cursor) from error
        if not isinstance(values, list) or len(values) != len(self.names) or not all(map(is_plain, values)):
            raise CursorError(cursor)
        try:
            fields = [model._meta.get_field(name) for name in self.names]
            return [field.to_python(value) for field, value in zip(fields, values, strict=True)]
        except ValidationError as error:
            raise CursorError(cursor) from error


def is_plain(value):
    """PostgreSQL takes neither NUL nor half a surrogate pair in a text."""
    return type(value) is int or (isinstance(value, str) and value.isprintable())


def beyond(names, start, operator):
    """Rows past `start`; the first key's own bound lets the index begin there, the rest breaks ties."""
    first, *others = names
    tie = beyond(others, start[1:], operator) if others else Q(pk__in=[])
    return Q(**{f"{first}__{operator}e": start[0]}) & (Q(**{f"{first}__{operator}": start[0]}) | tie)


class CappedPaginator(Paginator):
    """Counts up to CAP rows, and none when the planner expects more; `count` is then what it expects: `estimated`."""

    @cached_property
    def expected(self):
        return estimate(self.object_list)

    @cached_property
    def counted(self):
        """Rows there are, CAP + 1 when there are more; nothing when so many are expected that counting takes long."""
        return None if self.expected > CAP else self.object_list.order_by()[: CAP + 1].count()

    @property
    def estimated(self):
        return self.counted is None or self.counted > CAP

    @cached_property
    def count(self):
        return max(self.expected, CAP) if self.estimated else self.counted


def estimate(queryset):
    """How many rows the planner expects; it is not asked about a queryset that holds nothing by construction."""
    plan = queryset.order_by().explain(format="json")
    return json.loads(plan)[0]["Plan"]["Plan Rows"] if plan else 0
