"""What is said of one target at one place: value, line, state, the gap in words."""

import datetime as dt
import math
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.models import Division
from reporting.models import Target
from reporting.typed import entry_of


class State(models.TextChoices):
    """Lights. After a deadline only met and missed (or no data); a share of a total bears no light of its own."""

    MET = "met", gettext_lazy("Met")
    ON_TRACK = "on_track", gettext_lazy("On track")
    BEHIND = "behind", gettext_lazy("Behind")
    MISSED = "missed", gettext_lazy("Missed")
    NO_DATA = "no_data", gettext_lazy("No data")
    SHARE = "share", gettext_lazy("Share of the total")


SHORT = {State.ON_TRACK, State.BEHIND, State.MISSED}


@dataclass
class Result:
    """One target at one division: `value` in the target's unit, unrounded; `line` what must be reached.

    `as_of` is the date of the figures: the deadline's once it has passed.
    `missing` names data that is not there; `notes` say what a reader must know (computed late, partly reported …).
    """

    target: Target
    division: Division
    as_of: dt.date
    line: Decimal
    state: str = State.NO_DATA
    value: Decimal = None
    numerator: Decimal = None
    denominator: Decimal = None
    expected: Decimal = None
    final: bool = False
    origin: str = ""
    missing: str = ""
    notes: list = field(default_factory=list)

    @property
    def label(self):
        return State(self.state).label

    @property
    def gap(self):
        """How far the value is from the line, in the target's unit; 0 once reached, empty without data."""
        if self.value is None:
            return None
        distance = self.line - self.value
        return max(distance if self.target.direction == Target.Direction.UP else -distance, Decimal(0))

    @property
    def short(self):
        """How many more organizations, places or persons reach the line; empty without data or for an upper limit."""
        if self.gap is None or self.target.direction == Target.Direction.DOWN:
            return None
        wanted = self.line if self.denominator is None else self.line * self.denominator / self.target.factor
        return max(math.ceil(wanted - self.numerator), 0)

    @property
    def progress(self):
        """Percent of the way to the line, 0 to 100; empty without data."""
        if self.value is None or not self.line or self.target.direction == Target.Direction.DOWN:
            return None
        return min(max(self.value / self.line * 100, Decimal(0)), Decimal(100))

    @property
    def sentence(self):
        """The gap in words: “还差 12 个”."""
        if self.state == State.NO_DATA:
            return self.missing
        if self.state == State.SHARE:
            return _("%(number)s here, no line of its own") % {"number": shown(self.value)}
        if not self.gap:
            return _("Reached")
        if self.short is None:
            return _("%(number)s %(unit)s too many") % {"number": shown(self.gap), "unit": self.target.unit}
        return _("%(number)s %(unit)s short") % {"number": shown(self.short), "unit": self.counted_in}

    @property
    def counted_in(self):
        """The unit of `short`: what the numerator counts."""
        if not self.target.denominator and self.target.kind != Target.Kind.GROWTH:
            return self.target.unit
        units = {str(entry_of(name).unit) for name in self.target.above}
        return units.pop() if len(units) == 1 else pgettext("unit", "places")

    def as_json(self):
        """The entry of `manage.py indicators --json`."""
        return {
            "id": self.target.code,
            "value": number(self.value),
            "target": number(self.line),
            "state": str(self.state),
            "numerator": number(self.numerator),
            "denominator": number(self.denominator),
            "as_of": self.as_of.isoformat(),
        }


def number(amount):
    """A plain number for JSON: whole numbers as such."""
    if amount is None:
        return None
    return int(amount) if amount == int(amount) else float(amount)


def shown(amount):
    """A number for a sentence: two decimals at most."""
    return format(round(Decimal(amount), 2).normalize(), ",f")
