"""Targets against figures: what was reached, by when, how much is missing, and what data is not there yet."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division
from casework import policy
from reporting.figures import ABSENT, COMPUTED, figures, placed, table
from reporting.models import Baseline, Target, TargetSet
from reporting.models.policy import look_up_types
from reporting.results import SHORT, Result, State
from reporting.typed import label_of

LEVELS = Division.Level.values
EVERYWHERE = {Target.Kind.AVERAGE, Target.Kind.RATIO, Target.Kind.GROWTH}
COUNTED_ONCE = {Target.Kind.TOTAL, Target.Kind.YEARLY, Target.Kind.RULE}


@dataclass
class Book:
    """Figures read once per date, baselines and parameters read once, for all targets of one division.

    `levels` are those below the division that will be asked for.
    """

    division: Division
    on: dt.date
    levels: tuple = ()
    pages: dict = field(default_factory=dict)

    def places(self, level, on):
        """Figures of every place of a level inside the division (the division itself for None), by division id."""
        if (level, on) not in self.pages:
            self.enter(level, on, table(self.division, level, on) if level else [figures(self.division, on)])
        return self.pages[level, on]

    def enter(self, level, on, rows):
        """Figures somebody has read already."""
        self.pages[level, on] = {row.division.pk: row for row in rows}

    @cached_property
    def baselines(self):
        """The newest frozen baselines by target and place."""
        rows = placed(Baseline.objects, self.division, [None, *self.levels], self.division.path, "division__")
        rows = rows.order_by("version")
        return {(row.target_id, row.division_id): row for row in rows}

    @cached_property
    def parameters(self):
        return policy.history("targets.basically_percent", division=self.division)

    def basically(self, on):
        """What “basically” means at the division on the date, in percent of the target (default 90)."""
        return Decimal(str(policy.in_force(self.parameters, on, default=90))) / 100


def evaluate(division, on=None):
    """Every target that binds the division on the date (today by default), in the order of its document.

    Targets that do not speak of such a place are left out.
    """
    book = Book(division, on or timezone.localdate())
    return [result for target in binding(division, book.on) for result in judged(target, book, None)]


def binding(division, on):
    """Targets of the sets that bind the division on the date."""
    sets = TargetSet.objects.binding(division, on)
    rows = Target.objects.filter(set__in=sets).select_related("set__policy").order_by("set__code", "order", "code")
    look_up_types(rows)
    return rows


def judged(target, book, level, at=None):
    """Results at the places of a level (the division itself for None), in the order of their codes."""
    as_of, final = (at, False) if at else decisive_date(target, book.on)
    for place, row in book.places(level, as_of).items():
        if applies(target, row):
            line = line_of(target, book, as_of)
            result = Result(target, row.division, row.as_of, line, final=final, origin=row.origin)
            baseline = book.baselines.get((target.pk, place)) if target.baseline_on else None
            measure(result, row, baseline, book)
            yield decide(result, baseline)


def decisive_date(target, on):
    """The date whose figures decide, and whether that is final: a deadline that has passed decides for good.

    A closed set stands still on its last day.
    """
    if target.set.closed and target.set.valid_to:
        on = min(on, target.set.valid_to)
    if target.period != Target.Period.DEADLINE:
        return on, False
    passed = on > target.deadline or (on == target.deadline and on < timezone.localdate())
    return (target.deadline, True) if passed else (on, False)


def applies(target, row):
    """Whether the target speaks of such a place: its level, and urban or rural for a single community."""
    level = row.division.level
    below = LEVELS.index(level) > LEVELS.index(target.level)
    if below and target.kind not in EVERYWHERE and not (target.kind == Target.Kind.TOTAL and target.above):
        return False
    return level != Division.Level.COMMUNITY or target.basis == Target.Basis.ALL or bool(places_of(target, row))


def places_of(target, row):
    """How many communities of the target's kind lie in the place."""
    prefix = "stat_" if target.classing == Target.Classing.STATISTICS else ""
    name = "communities" if target.basis == Target.Basis.ALL else f"communities_{prefix}{target.basis}"
    return row[name]


def line_of(target, book, on):
    """What must be reached: the value, or as far short of it (of an upper limit: beyond it) as “basically” allows."""
    if not target.basically:
        return target.value
    share = book.basically(on)
    return target.value * (share if target.direction == Target.Direction.UP else 2 - share)


def measure(result, row, baseline, book):
    """Numerator, denominator and value, or the name of what is missing."""
    target = result.target
    result.missing = absent(target, row)
    if result.missing:
        return
    result.numerator = exact(row.total(target.above))
    if target.kind == Target.Kind.GROWTH:
        result.denominator = base_of(result, baseline, book)
    elif target.below:
        result.denominator = exact(row.total(target.below))
    if target.kind == Target.Kind.GROWTH or target.below:
        result.value = quotient(result.numerator, result.denominator, target.factor)
    else:
        result.value = result.numerator * target.factor if result.numerator is not None else None
    if result.value is None:
        result.missing = lacking(target, row)
    partly(result, row)
    if row.origin == COMPUTED and result.final:
        result.notes.append(_("No figures were stored on that day; counted afterwards from dated records."))


def absent(target, row):
    """Why nothing can be computed at all: the data is not held, the place was not there, or nobody reported."""
    if not target.above:
        return _("Not recorded yet: %(what)s") % {"what": target.needs}
    if row.origin == ABSENT:
        return _("This place did not exist on that date.")
    if target.reported and not row[target.reported]:
        return _("Not reported: %(what)s") % {"what": target.needs}
    return ""


def lacking(target, row):
    """What a formula lacked whose figures are held in principle."""
    if target.basis != Target.Basis.ALL and not places_of(target, row):
        kind = target.get_basis_display()
        return _("There are none here: %(kind)s") % {"kind": kind}
    if target.kind == Target.Kind.GROWTH:
        return _("The baseline of %(date)s is 0 or unknown.") % {"date": target.baseline_on}
    names = [*target.above, *target.below]
    labels = [label_of(name) for name in names if not row[name]] or [target.name]
    return _("No figures: %(what)s") % {"what": _(", ").join(labels)}


def partly(result, row):
    """Says when only some of those who should report have done so."""
    target = result.target
    if target.reported and target.reporters and row[target.reported] < row[target.reporters]:
        result.notes.append(
            _("Reported by %(number)s of %(all)s.") % {"number": row[target.reported], "all": row[target.reporters]}
        )


def base_of(result, baseline, book):
    """The baseline a growth is measured against: frozen, else counted for its date and said to be provisional."""
    if baseline:
        return exact(baseline.numerator)
    target, level = result.target, None if result.division.pk == book.division.pk else result.division.level
    row = book.places(level, target.baseline_on).get(result.division.pk)
    result.notes.append(_("The baseline is not frozen yet; it is counted from dated records."))
    return exact(row.total(target.above)) if row and row.origin != ABSENT else None


def quotient(above, below, factor):
    """above × factor ÷ below; empty when either is missing or nothing is below the line."""
    return None if above is None or not below else above * factor / below


def decide(result, baseline):
    """The state: reached or not; before the deadline the straight line from the baseline tells on track from behind."""
    target = result.target
    if result.value is None:
        result.state = State.NO_DATA
    elif target.kind in COUNTED_ONCE and LEVELS.index(result.division.level) > LEVELS.index(target.level):
        result.state = State.SHARE
    elif reaches(result.value, result.line, target):
        result.state = State.MET
    elif result.final:
        result.state = State.MISSED
    else:
        result.expected = straight_line(result, baseline)
        ahead = result.expected is not None and reaches(result.value, result.expected, target)
        result.state = State.ON_TRACK if ahead else State.BEHIND
    return result


def reaches(value, line, target):
    return value >= line if target.direction == Target.Direction.UP else value <= line


def straight_line(result, baseline):
    """Where the value should be on the date, on straight lines between the known points; empty without an end."""
    points = sorted(milestones(result.target, baseline, result.as_of))
    end = end_of(result.target, result.as_of)
    if end is None or not points:
        return None
    points.append((end, result.line))
    for (start, low), (stop, high) in pairwise(points):
        if start <= result.as_of <= stop and start < stop:
            return low + (high - low) * (result.as_of - start).days / (stop - start).days
    return points[0][1] if result.as_of < points[0][0] else result.line


def end_of(target, on):
    return {Target.Period.DEADLINE: target.deadline, Target.Period.YEARLY: dt.date(on.year, 12, 31)}.get(target.period)


def milestones(target, baseline, on):
    """The points a line starts from: the frozen or stated baseline; before it, and without one, 0 on the first day."""
    if target.period == Target.Period.YEARLY:
        return [(dt.date(on.year, 1, 1), Decimal(0))]
    found = []
    if target.kind == Target.Kind.GROWTH:
        return [(target.baseline_on, target.factor)]
    if baseline and baseline.value is not None:
        found = [(baseline.on, baseline.value)]
    elif target.baseline_on and target.baseline_value is not None:
        found = [(target.baseline_on, target.baseline_value)]
    first = target.set.valid_from
    if target.direction == Target.Direction.UP and first and all(first < date for date, _value in found):
        found.append((first, Decimal(0)))
    return found


def summary(division, on=None):
    """The sentence a leader needs: “19 项目标:12 项达成,4 项推进中,3 项落后;当湖街道差距最大”."""
    results = evaluate(division, on)
    return sentence(results, farthest(division, results, on))


def sentence(results, place=None):
    """How many targets stand where, and the place with the widest gap, in words."""
    states = Counter(result.state for result in results)
    parts = [
        _("%(number)s %(state)s") % {"number": states[state], "state": state.label}
        for state in State
        if states[state] and state != State.SHARE
    ]
    if not parts:
        return _("No target is set for this place.")
    total = sum(states.values()) - states[State.SHARE]
    text = _("%(total)s targets: %(parts)s") % {"total": total, "parts": _(", ").join(parts)}
    return _("%(text)s; the widest gap is in %(place)s") % {"text": text, "place": place} if place else text


def farthest(division, results, on=None):
    """The place one level down that is, on average over the targets short here, farthest from the lines; or None."""
    level = level_below(division)
    if level is None:
        return None
    book = Book(division, on or timezone.localdate(), (level,))
    short = [result.target for result in results if result.state in SHORT]
    return widest_gap(place for target in short for place in judged(target, book, level))


def widest_gap(results):
    """The place whose targets lack most on the way to their lines, out of results at several places; or None."""
    lacks = {}
    for result in results:
        if result.state in SHORT and result.progress is not None:
            lacks[result.division] = lacks.get(result.division, Decimal(0)) + 100 - result.progress
    return max(lacks, key=lambda place: (lacks[place], place.code), default=None)


def level_below(division):
    """The next level that really lies below the division; cities may be left out."""
    levels = LEVELS[LEVELS.index(division.level) + 1 :]
    children = Division.objects.in_force().filter(parent=division, virtual=False)
    present = set(children.order_by().values_list("level", flat=True).distinct())
    return next((level for level in levels if level in present), None)


def exact(amount):
    return None if amount is None else Decimal(amount)
