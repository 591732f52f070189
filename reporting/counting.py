"""The three kinds of measure. Each gives the figure per division and the rows behind it."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.db.models.functions import Least

EVERY = Q()
PLACES = "at"  # `distinct`: places, each once however many rows lie there (those it took over beside its own)


@dataclass(frozen=True)
class Measure:
    """Rows of `source` passing `where`: their number, the sum of field `sums`, or the different values of `distinct`.

    `since` (a function of the date) bounds flows: rows whose field `since_field` is on or after it.
    """

    name: str
    label: object
    unit: object
    source: object
    where: Q = EVERY
    sums: str = ""
    distinct: str = ""
    since: object = None
    since_field: str = ""
    decimals: int = 0
    clause: str = ""

    @property
    def nullable(self):
        """Sums are empty where nobody reported; numbers of rows are never empty."""
        return bool(self.sums)

    def condition(self, on):
        """What a row of the source must pass to be counted on the date; empty means every row."""
        test = self.where & Q(**{f"{self.since_field}__gte": self.since(on)}) if self.since else self.where
        return test & Q(**{f"{self.sums}__isnull": False}) if self.sums else test

    def aggregate(self, on):
        """The aggregate over the source's rows of one division."""
        test = (self.condition(on) if not self.sums else self.where) or None
        if self.sums:
            return Sum(self.sums, filter=test)
        if self.distinct == PLACES:
            return Least(Count("pk", filter=test), 1)
        return Count(self.distinct or "pk", filter=test, distinct=bool(self.distinct))


@dataclass(frozen=True)
class Split:
    """The part of measure `of` lying directly at places of the kind `place`; without `of`, the places themselves."""

    name: str
    label: object
    unit: object
    place: str
    of: str = ""
    clause: str = ""
    decimals: int = 0
    nullable: bool = False


@dataclass(frozen=True)
class Line:
    """How many places of the kind `place` pass the SQL test `when` over the measures of their own complete row."""

    name: str
    label: object
    unit: object
    place: str
    when: str
    clause: str = ""
    decimals: int = 0
    nullable: bool = False
