"""A dashboard put together: each part reads stored figures once and says where every number leads."""

from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import gettext as _

from accounts.templatetags.portal import STATES, number, tone
from reporting import charts, structure
from reporting.asking import Asked
from reporting.figures import COMPUTED, absent, history
from reporting.indicators import INDICATORS, RATE
from reporting.measures import BASES, MEASURES
from reporting.models import Target, TargetSet
from reporting.sources import WAS
from reporting.targets import (
    EVERYWHERE,
    SHORT,
    Book,
    State,
    binding,
    exact,
    judged,
    level_below,
    quotient,
    sentence,
    widest_gap,
)

TILES = [
    "orgs", "orgs_registered", "orgs_team", "orgs_group", "communities", "members", "volunteer_orgs", "party_members",
    "activities", "served", "population", "reg_volunteers",
]  # fmt: skip
RANKED = [
    *TILES, "hub_or_support_orgs", "founded_12m", "ended_12m", "orgs_dormant", "facility_area", "needs_open",
    "projects",
]  # fmt: skip
ASKED_OF_COMMUNITIES = ["population", "households", "facility_area", "reg_volunteers", "staff"]
DETAIL_LEVELS = {"district", "street"}
SHOWN = 10
WORST_FIRST = [State.MISSED, State.BEHIND, State.ON_TRACK, State.MET, State.NO_DATA]


@dataclass(frozen=True)
class Figure:
    """A measure or an indicator as one number with its name and unit, whichever it is."""

    name: str
    label: str
    unit: str
    page: str
    read: object

    def value(self, row):
        return self.read(row)


def figure_named(name):
    """The figure of a name (an indicator's before a measure's), or None."""
    if name in INDICATORS:
        return indicator_figure(name)
    return measure_figure(name) if name in MEASURES else None


def measure_figure(name):
    entry = MEASURES[name]
    return Figure(name, str(entry.label), str(entry.unit), "measure", lambda row: row[name])


def indicator_figure(name):
    """Ratios are shown in percent."""
    entry = INDICATORS[name]
    factor, unit = (100, "%") if entry.unit is RATE else (1, str(entry.unit))
    return Figure(name, str(entry.label), unit, "indicator", lambda row: scaled(entry.reading(row).value, factor))


def scaled(value, factor):
    return None if value is None else value * factor


@dataclass
class Board:
    """Everything a dashboard shows, read when first asked for."""

    asked: Asked

    @property
    def division(self):
        return self.asked.division

    @property
    def url(self):
        return self.asked.link("dashboard")

    @cached_property
    def places(self):
        """Figures of the place itself, of those one level down and, for places small enough, of each community."""
        detail = ["community"] if self.division.level in DETAIL_LEVELS else []
        return self.asked.tables([None, *filter(None, [self.level]), *detail])

    @cached_property
    def row(self):
        return next(iter(self.places[None]), None) or absent(self.division, self.asked.on)

    @property
    def empty(self):
        return not self.row["orgs"] and not self.row["population"]

    @cached_property
    def note(self):
        """The small print of every chart."""
        late = _("counted from dated records") if self.row.origin == COMPUTED else _("stored figures")
        return _("As of %(day)s, %(origin)s") % {"day": self.row.as_of.isoformat(), "origin": late}

    @cached_property
    def level(self):
        return level_below(self.division)

    @property
    def below(self):
        """Figures of the places one level down."""
        return self.places.get(self.level, []) if self.level else []

    @property
    def communities(self):
        """Figures of the single communities, for places small enough to list them."""
        return self.places.get("community", []) if self.division.level in DETAIL_LEVELS else []

    # Targets

    @cached_property
    def book(self):
        levels = [level for level in self.places if level]
        book = Book(self.division, self.asked.on, tuple(levels))
        for row in self.points:
            book.enter(None, row.as_of, [row])
        book.enter(None, self.asked.on, [self.row])
        for level in levels:
            book.enter(level, self.asked.on, self.places[level])
        return book

    @cached_property
    def results(self):
        return [
            result for target in binding(self.division, self.asked.on) for result in judged(target, self.book, None)
        ]

    @cached_property
    def results_below(self):
        """The results of the running targets at every place one level down."""
        if not self.level:
            return []
        return [result for own in self.running for result in judged(own.target, self.book, self.level)]

    @cached_property
    def running(self):
        """Results of targets still to be reached; all of them when every deadline has passed."""
        return [result for result in self.results if not settled(result)] or self.results

    @cached_property
    def over(self):
        """Results decided for good, where others still run."""
        return [result for result in self.results if settled(result)] if self.running != self.results else []

    @cached_property
    def counts(self):
        numbers = {state: sum(result.state == state for result in self.running) for state in STATES}
        return [
            {"state": state, "number": count, "url": f"{self.asked.link('dashboard', state=state)}#targets"}
            for state, count in numbers.items()
            if count
        ]

    @cached_property
    def lead(self):
        short = {result.target.pk for result in self.running if result.state in SHORT}
        return sentence(self.running, widest_gap(r for r in self.results_below if r.target.pk in short))

    @cached_property
    def lead_over(self):
        return sentence(self.over) if self.over else ""

    @property
    def groups(self):
        return self.targets()

    def shown(self, state=None):
        """The results of a state, as many as the count of its light says; all without one."""
        return [result for result in self.running if result.state == state] if state else self.results

    def targets(self, state=None):
        """The targets by set, sets that still run before those decided for good."""
        results = self.shown(state)
        sets = {result.target.set_id: result.target.set for result in results}
        groups = [self.group(one, [r for r in results if r.target.set_id == pk]) for pk, one in sets.items()]
        return sorted(groups, key=lambda group: group["closed"])

    def group(self, target_set, results):
        running = {result.target.pk for result in self.running}
        return {
            "set": target_set,
            "closed": all(result.target.pk not in running for result in results),
            "rows": [self.target_row(result) for result in results],
        }

    def target_row(self, result):
        target, top = result.target, max(result.line, result.value or 0) or 1
        unit = target.unit
        return {
            "code": target.code,
            "name": target.name,
            "clause": target.clause,
            "deadline": target.deadline,
            "state": str(result.state),
            "tone": tone(result.state),
            "share": None if result.value is None else result.value / top,
            "goal": None if result.state == State.SHARE else result.line / top,
            "value_text": with_unit(result.value, unit),
            "goal_text": with_unit(result.line, unit),
            "gap": result.sentence,
            "url": self.asked.link("target", target.pk),
            "spark": [value for _day, value in self.history(result)],
            "spark_goal": result.line,
        }

    def history(self, result):
        """[(day, value)] of a target on the days whose figures are kept, and on the day shown."""
        return [(row.as_of, value_at(result, row)) for row in self.points]

    @cached_property
    def points(self):
        """Figures kept for earlier days, then those shown."""
        return [*history(self.division, self.asked.on), self.row]

    # Figures

    @cached_property
    def tiles(self):
        return [self.tile(name) for name in TILES]

    def tile(self, name):
        figure, reported = measure_figure(name), f"{name}_reported"
        note = ""
        if MEASURES[name] in BASES and self.row[reported] < self.row["communities"]:
            note = _("%(n)s of %(all)s communities reported") % {
                "n": self.row[reported],
                "all": self.row["communities"],
            }
        url = self.asked.link("measure", name)
        return {"label": figure.label, "value": self.row[name], "unit": figure.unit, "note": note, "url": url}

    @cached_property
    def tiers(self):
        return charts.tiers(self.row, self.asked)

    def types(self, scheme=None):
        """Organizations by type, in a scheme's words."""
        found = structure.kinds(self.row.by_type(), scheme)
        words = {"scheme": scheme.pk} if scheme else {}
        return charts.types(found, [self.asked.link("measure", "orgs", **one.query, **words) for one in found])

    @cached_property
    def trend(self):
        points = structure.trend(self.points, self.division)
        days = [replace(self.asked, on=row.as_of, basis=WAS) for row in points[:-1]]
        return charts.trend(points, [*days, self.asked]) if len(points) > 1 else None

    # Places

    @cached_property
    def places_at_a_glance(self):
        """One tile per place below: organizations, targets met, the worst light."""
        found = {}
        for result in self.results_below:
            if result.state != State.SHARE:
                found.setdefault(result.division.pk, []).append(result.state)
        return [self.glance(row, found.get(row.division.pk, [])) for row in self.below]

    def glance(self, row, states):
        worst = next((state for state in WORST_FIRST if state in states), State.NO_DATA)
        return {
            "name": str(row.division),
            "url": self.asked.link("dashboard", division=row.division),
            "orgs": row["orgs"],
            "state": str(worst),
            "tone": tone(worst),
            "met": states.count(State.MET),
            "judged": len(states) - states.count(State.NO_DATA),
        }

    def ranking(self, name, order):
        """The places below by one figure; places without data come last and bear no rank."""
        figure = figure_named(name) or figure_named("orgs")
        rows = ranked([self.ranked_row(row, figure) for row in self.below], descending=order != "asc")
        return {
            "name": figure.name,
            "order": order,
            "label": figure.label,
            "unit": figure.unit,
            "rows": rows,
            "chart": charts.ranking(rows, figure.label, figure.unit),
            "tall": len(rows) > SHOWN,
            "choices": rank_choices(),
        }

    def ranked_row(self, row, figure):
        return {
            "name": str(row.division),
            "value": figure.value(row),
            "orgs": row["orgs"],
            "url": self.asked.link("dashboard", division=row.division),
            "figure_url": self.asked.link(figure.page, figure.name, division=row.division),
        }

    @cached_property
    def below_line(self):
        """Per target that speaks of every community: those short of the line on the day shown, farthest first."""
        groups = [self.short_group(result.target) for result in self.running if result.target.kind in EVERYWHERE]
        coverage = [self.short_group(r.target) for r in self.running if r.target.kind == Target.Kind.COVERAGE]
        return [group for group in [*groups, *coverage] if group]

    def short_group(self, target):
        short = short_places(target, self.book) if self.communities else []
        if not short:
            return None
        return {
            "name": target.name,
            "line": with_unit(short[0].line, target.unit),
            "short": short,
            "total": len(short),
            "rows": [short_row(result, self.asked) for result in short[:SHOWN]],
            "more": len(short) > SHOWN,
            "url": self.asked.link("target", target.pk),
        }

    @cached_property
    def missing(self):
        """Base figures some communities did not report, with the first names."""
        return [found for found in map(self.unreported, ASKED_OF_COMMUNITIES) if found["total"]]

    def unreported(self, name):
        silent = [str(row.division) for row in self.communities if row[name] is None]
        total = self.row["communities"] - self.row[f"{name}_reported"]
        label = str(MEASURES[name].label)
        return {"label": label, "total": total, "names": "、".join(silent[:SHOWN]), "more": len(silent) > SHOWN}


def settled(result):
    """Whether a target is decided for good: its deadline has passed, or its set is closed."""
    return result.final or result.target.set.state == TargetSet.State.CLOSED


def with_unit(value, unit):
    """A value and its unit as people write them: 15.3%, 22 个."""
    return number(value) if value is None else f"{number(value)}{unit}" if unit == "%" else f"{number(value)} {unit}"


def value_at(result, row):
    """The target's value for other figures of the same place; a growth keeps its baseline."""
    target = result.target
    top = exact(row.total(target.above)) if target.above else None
    if target.kind == Target.Kind.GROWTH:
        return quotient(top, result.denominator, target.factor)
    if target.below:
        return quotient(top, exact(row.total(target.below)), target.factor)
    return scaled(top, target.factor)


def short_places(target, book, level="community"):
    """Results of the places of a level short of the target's line on the book's day, farthest first."""
    short = [result for result in judged(target, book, level, at=book.on) if result.state in SHORT]
    return sorted(short, key=lambda result: (result.progress is None, result.progress or 0, result.division.code))


def short_row(result, asked):
    url = asked.link("dashboard", division=result.division)
    return {"name": str(result.division), "value": result.value, "gap": result.sentence, "url": url}


def ranked(rows, *, descending):
    """The rows in order, equal values on the same rank."""
    known = sorted((row for row in rows if row["value"] is not None), key=lambda row: row["value"], reverse=descending)
    for at, row in enumerate(known):
        same = at and known[at - 1]["value"] == row["value"]
        row["rank"] = known[at - 1]["rank"] if same else at + 1
    return [*known, *(row for row in rows if row["value"] is None)]


def rank_choices():
    """Indicators and measures a ranking offers."""
    indicators = [(name, str(entry.label)) for name, entry in INDICATORS.items() if name not in MEASURES]
    return [(_("Indicators"), indicators), (_("Numbers"), [(name, str(MEASURES[name].label)) for name in RANKED])]
