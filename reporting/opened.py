"""A number opened: what it means, how it is computed, from what, and its value at every place below."""

import re
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting import charts
from reporting.boards import Board, figure_named, measure_figure, short_places, short_row, with_unit
from reporting.counting import Line, Split
from reporting.figures import COMPUTED, CURRENT, STORED
from reporting.indicators import INDICATORS, STATED
from reporting.measures import MEASURES
from reporting.structure import type_words
from reporting.targets import judged
from reporting.typed import ids_in, kind_of, label_of

# What a source's rows are, in words a bureau officer would use.
SOURCES = {
    "standing": gettext_lazy(
        "Organizations in force on the day: working normally, with few activities, stopped or under correction, "
        "each with its tier, type and place of that day"
    ),
    "functions": gettext_lazy("Functions (hub, volunteer …) in force on the day of organizations in force on the day"),
    "founded": gettext_lazy("Organizations by the day they were founded"),
    "ended": gettext_lazy("Organizations by the day they were cancelled, revoked or merged"),
    "base": gettext_lazy("The newest confirmed base figures of each community that are not later than the day"),
    "needs": gettext_lazy("Needs raised up to the day"),
    "projects": gettext_lazy("Projects begun up to the day"),
}
ORIGINS = {
    CURRENT: gettext_lazy("today's figures, refreshed after every change"),
    STORED: gettext_lazy("figures kept on that day"),
    COMPUTED: gettext_lazy("counted from dated records"),
}
PLACES = {"community": gettext_lazy("Communities"), "street": gettext_lazy("Streets and towns")}
OPERATORS = {" AND ": "，", ">=": "≥", "<=": "≤", " * ": " × ", " / ": " ÷ ", "IS NOT NULL": gettext_lazy("is known")}


def formula_of(name):
    """How a measure is counted, in words."""
    entry = MEASURES[name]
    if isinstance(entry, Line):
        return _("%(what)s whose own figures pass: %(test)s") % {
            "what": PLACES[entry.place],
            "test": in_words(entry.when),
        }
    if isinstance(entry, Split):
        return _("Divisions of this kind in force on the day") if not entry.of else part_of(entry)
    rows = SOURCES[entry.source.name]
    if entry.sums:
        return _("Sum of “%(label)s” over: %(rows)s. What nobody reported is not counted as 0.") % {
            "label": entry.label,
            "rows": rows,
        }
    return _("Number of “%(label)s” among: %(rows)s.") % {"label": entry.label, "rows": rows}


def number_url(asked, name):
    """The address of a measure; of one type's organizations in the words of its scheme."""
    (whole, types), kind = ids_in(name), kind_of(name)
    query = {"kinds": ".".join(map(str, types)), "scheme": kind.scheme_id} if kind else {}
    return asked.link("measure", whole, **query)


def part_of(entry):
    return _("The part of “%(of)s” that lies directly there: %(label)s.") % {
        "of": MEASURES[entry.of].label,
        "label": entry.label,
    }


def in_words(test):
    """A line's test with the measures' names in words and mathematical signs."""
    for sign, word in OPERATORS.items():
        test = test.replace(sign, str(word))
    return re.sub(r"\w+", lambda found: str(MEASURES[found[0]].label) if found[0] in MEASURES else found[0], test)


@dataclass
class Opened:
    """What every opened number shows; the kinds below say what is special."""

    asked: object
    name: str

    state = gap = missing = chart = None
    additive = False
    query = {}  # what a link to the same number elsewhere says beside the place
    year_missing = None  # the year whose base figures it waits for

    @cached_property
    def board(self):
        return Board(self.asked)

    @property
    def row(self):
        return self.board.row

    @cached_property
    def figure(self):
        return figure_named(self.name)

    @property
    def label(self):
        return self.figure.label

    @property
    def unit(self):
        return self.figure.unit

    @property
    def value(self):
        return self.figure.value(self.row)

    @cached_property
    def parts(self):
        return []

    @property
    def facts(self):
        """(label, text) pairs."""
        facts = [(_("Unit"), self.unit), (_("As of"), self.row.as_of.isoformat()), (_("Figures"), self.origin)]
        return [*facts, (_("Source clause"), self.clause)] if self.clause else facts

    @property
    def origin(self):
        return str(ORIGINS.get(self.row.origin, _("this place did not exist on that day")))

    def part(self, role, name):
        label, value = str(MEASURES[name].label), self.row[name]
        return {"role": role, "label": label, "value": value, "url": self.asked.link("measure", name)}

    @cached_property
    def children(self):
        return [self.child(row) for row in self.board.below]

    def child(self, row):
        url = self.asked.link(self.figure.page, self.name, division=row.division, **self.query)
        return {"name": str(row.division), "value": self.figure.value(row), "url": url}


class OpenedMeasure(Opened):
    additive = True

    @cached_property
    def figure(self):
        return measure_figure(self.name)

    @property
    def clause(self):
        return MEASURES[self.name].clause

    @property
    def formula(self):
        return formula_of(self.name)

    @cached_property
    def children(self):
        """Every place below, and what belongs to this place itself: the lines add up to the total."""
        rows = super().children
        known = [row["value"] for row in rows if row["value"] is not None]
        rest = None if self.value is None else self.value - sum(known)
        own = {"name": _("Of %(place)s as a whole, in none of these") % {"place": self.asked.division}, "value": rest}
        return [*rows, own] if rows and rest else rows


@dataclass
class OpenedKinds(OpenedMeasure):
    """Organizations of some types, in the words of a scheme or in their own."""

    types: tuple = ()
    scheme: object = None

    @cached_property
    def words(self):
        return "、".join(dict.fromkeys(type_words(self.types, self.scheme).values()))

    @property
    def query(self):
        return {"kinds": ".".join(map(str, self.types))} | ({"scheme": self.scheme.pk} if self.scheme else {})

    @cached_property
    def figure(self):
        whole = measure_figure(self.name)
        return replace(whole, label=f"{whole.label} · {self.words}", read=self.number)

    def number(self, row):
        return row.of_types(self.name, self.types)

    @property
    def formula(self):
        return f"{super().formula} {_('Of these, those of the type %(words)s.') % {'words': self.words}}"


class OpenedIndicator(Opened):
    @property
    def entry(self):
        return INDICATORS[self.name]

    @property
    def clause(self):
        return self.entry.clause

    @property
    def formula(self):
        return str(self.entry.formula)

    @cached_property
    def parts(self):
        above = [self.part(_("Above the line"), name) for name in self.entry.numerator]
        return [*above, *(self.part(_("Below the line"), name) for name in self.entry.denominator)]

    @property
    def year_missing(self):
        names = {*self.entry.numerator, *self.entry.denominator}
        return self.row.as_of.year if self.missing and names & STATED else None

    @cached_property
    def missing(self):
        reading = self.entry.reading(self.row)
        if reading.state == "no_data":
            return _("There is no figure for it here yet; it is never counted as 0.")
        if reading.state == "partial":
            return _("%(n)s of %(all)s communities reported") % {"n": reading.reported, "all": reading.due}
        return ""


@dataclass
class OpenedTarget(Opened):
    """A target at a place: its name is the target itself."""

    @cached_property
    def result(self):
        return next((result for result in self.board.results if result.target.pk == self.name.pk), None)

    @property
    def label(self):
        return self.name.name

    @property
    def unit(self):
        return self.name.unit

    @property
    def value(self):
        return self.result.value

    @property
    def state(self):
        return str(self.result.state)

    @property
    def gap(self):
        return self.result.sentence

    @property
    def clause(self):
        return self.name.clause

    @property
    def formula(self):
        return self.name.formula

    @property
    def year_missing(self):
        names = {*self.name.above, *self.name.below}
        return self.result.as_of.year if self.result.missing and names & STATED else None

    @cached_property
    def missing(self):
        return " ".join([*filter(None, [self.result.missing]), *self.result.notes])

    @property
    def facts(self):
        result, target = self.result, self.name
        facts = [
            (_("Target number"), target.code),
            (_("Line"), with_unit(result.line, target.unit)),
            (_("As of"), result.as_of.isoformat()),
            (_("Deadline"), target.deadline.isoformat() if target.deadline else _("standing")),
            (_("Places"), target.get_basis_display()),
            (_("Source"), f"{target.set.name} {target.clause}"),
        ]
        if result.expected is not None:
            facts.append((_("Expected by now"), with_unit(result.expected, target.unit)))
        return [*facts, *self.since]

    @property
    def since(self):
        """The value since a deadline that has passed."""
        if not self.result.final:
            return []
        now = next(judged(self.name, self.board.book, None, at=self.asked.on), None)
        return [(_("On the day shown"), with_unit(now.value, self.unit))] if now else []

    @cached_property
    def parts(self):
        decided = replace(self.asked, on=self.result.as_of)
        row = self.board.book.places(None, self.result.as_of)[self.asked.division.pk]
        named = [(_("Above the line"), name) for name in self.name.above]
        named += [(_("Below the line"), name) for name in self.name.below]
        return [
            {"role": role, "label": label_of(name), "value": row[name], "url": number_url(decided, name)}
            for role, name in named
        ]

    @cached_property
    def chart(self):
        known = [(day, value) for day, value in self.board.history(self.result) if value is not None]
        links = [replace(self.asked, on=day).link("target", self.name.pk) for day, _value in known]
        return charts.target(self.result, known, links) if len(known) > 1 else None

    @cached_property
    def children(self):
        return [
            {
                "name": str(result.division),
                "value": result.value,
                "state": str(result.state),
                "url": self.asked.link("target", self.name.pk, division=result.division),
            }
            for result in (judged(self.name, self.board.book, self.board.level) if self.board.level else [])
        ]

    @cached_property
    def short(self):
        """All communities short of the line on the day shown."""
        short = short_places(self.name, self.board.book) if self.board.communities else []
        return [short_row(result, self.asked) for result in short]
