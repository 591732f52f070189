"""Reading figures: of one place or all places of a level, on any date, and the rows behind every number."""

import json
from dataclasses import dataclass, field

from django.db import connection, models
from django.db.models import Count
from django.utils import timezone

from accounts.models import Division
from reporting.counting import Line, Measure
from reporting.measures import MEASURES
from reporting.models import Rollup, RollupRun, Snapshot
from reporting.sources import NOW, PLACES, WAS, tree
from reporting.summing import ROW, SUBTREE, Scope, statement
from reporting.typed import TIER_OF, ids_in

CURRENT, STORED, COMPUTED, ABSENT = "current", "snapshot", "computed", "absent"
PLACE = [column.attname for column in Division._meta.concrete_fields]
# A path that no division has.
NOWHERE = "-"


@dataclass(frozen=True)
class Figures:
    """Every measure of a division on a date; `origin` tells where from (absent: no such division on that date)."""

    division: Division
    as_of: object
    origin: str
    values: dict
    types: dict = field(default_factory=dict)
    kind: str = ""
    version: int = 0
    note: str = ""
    changed_at: object = None

    def __getitem__(self, name):
        """A measure, or the organizations of some types ("orgs:12.15")."""
        return self.of_types(*ids_in(name)) if ":" in name else self.values[name]

    def of_types(self, whole, types):
        """Organizations of these types, of the tier the measure counts; empty when there is no such type."""
        tier = TIER_OF[whole]
        if types == (0,):
            return None
        return sum(number for (kind, of), number in self.types.items() if kind in types and tier in ("", of))

    def total(self, names):
        """The sum of several measures; empty when any of them is empty."""
        amounts = [self[name] for name in names]
        return None if None in amounts else sum(amounts)

    def by_type(self):
        """Organizations by type id."""
        counts = {}
        for (kind, _tier), number in self.types.items():
            counts[kind] = counts.get(kind, 0) + number
        return counts


def current_date():
    """The date the stored figures stand for; None before the first full run."""
    return RollupRun.objects.values_list("as_of", flat=True).first()


def figures(division, on=None, basis=WAS):
    """The figures of one division: today's from the rollup, a past date's from its snapshot, else computed."""
    return next(iter(table(division, None, on, basis)), None) or absent(division, on)


def table(division, level, on=None, basis=WAS):
    """The figures of every place of a level inside the division (the division itself without a level), by code."""
    return tables(division, [level], on, basis)[level]


def tables(division, levels, on=None, basis=WAS):
    """The same for several levels, read at once: {level: [Figures]}."""
    stored, today = current_date(), timezone.localdate()
    on = min(on or stored or today, today)
    if stored and on >= stored:
        return current(division, levels, stored)
    found = frozen(division, levels, on) if basis == WAS else dict.fromkeys(levels)
    sizes = sizes_on(division, on) if any(level and found[level] for level in levels) else {}
    lacking = [level for level in levels if not found[level] or len(found[level]) < sizes.get(level, 0)]
    return found | computed(division, lacking, on, basis) if lacking else found


def current(division, levels, today):
    rows = placed(Rollup.objects, division, levels, division.path, "division__").order_by("division__code")
    found = [
        Figures(place, today, CURRENT, values, types, place.kind, changed_at=changed)
        for place, values, types, changed in read(rows, "changed_at")
    ]
    return by_level(found, division, levels)


def frozen(division, levels, on):
    """Figures from the newest version of the snapshots of the date; none where that level was not stored."""
    rows = placed(Snapshot.objects, division, levels, path_on(division, on) or NOWHERE).filter(as_of=on)
    return by_level(kept(rows, "code", "division_id"), division, levels)


def sizes_on(division, on):
    """{level: places inside the division on the date}: what was frozen for one district is not the whole level.

    Of a district or street frozen itself it is what was known then: changes of divisions told later do not count.
    """
    kept = Snapshot.objects.filter(division=division, as_of=on).order_by("-version").values("communities", "streets")
    if division.level in ("district", "street") and (own := kept.first()):
        return {"community": own["communities"], "street": own["streets"]}
    rows = tree(on).filter(path__startswith=path_on(division, on) or NOWHERE, division__virtual=False)
    return dict(rows.order_by().values_list("division__level").annotate(Count("pk")))


def history(division, before):
    """Figures stored for the division's days before a date, oldest first."""
    return kept(Snapshot.objects.filter(division=division, as_of__lt=before), "as_of")


def kept(rows, *order):
    """The newest version of each stored figure."""
    found = read(rows.order_by(*order, "-version").distinct(*order), "as_of", "kind", "version", "note")
    return [Figures(place, on, STORED, values, types, *rest) for place, values, types, on, *rest in found]


def placed(rows, division, levels, path, prefix=""):
    """Rows of the division itself (for the level None) and of the levels inside it."""
    if levels == [None]:
        return rows.filter(division=division)
    wanted = [level or division.level for level in levels]
    return rows.filter(**{f"{prefix}path__startswith": path, f"{prefix}level__in": wanted})


def by_level(found, division, levels):
    """Placeholders are no places of a level."""
    return {
        level: [
            row
            for row in found
            if (row.division == division if level is None else row.division.level == level and not row.division.virtual)
        ]
        for level in levels
    }


def read(rows, *more):
    """(division, measures, types, *more) of each row; objects of 150 fields would take several times as long."""
    names = [f"division__{name}" for name in PLACE]
    end, last = len(PLACE), len(PLACE) + len(MEASURES)
    for row in rows.values_list(*names, *MEASURES, "types", *more):
        place = Division.from_db(rows.db, PLACE, row[:end])
        yield place, dict(zip(MEASURES, row[end:last], strict=True)), typed(row[last]), *row[last + 1 :]


def typed(types):
    """{(type id, tier): number} from the stored form."""
    return {(int(key.split(".")[0]), key.split(".")[1]): int(number) for key, number in types.items()}


def computed(division, levels, on, basis):
    """Figures counted from the base rows, as they are known today."""
    path = division.path if basis == NOW else path_on(division, on)
    rows = count(division, levels, on, basis, path) if path else []
    places = Division.objects.in_bulk([row["division_id"] for row in rows])
    found = [
        Figures(
            places[row["division_id"]],
            on,
            COMPUTED,
            {name: row[name] for name in MEASURES},
            typed(json.loads(row["types"])),
            row["kind"],
        )
        for row in rows
    ]
    return by_level(found, division, levels)


def count(division, levels, on, basis, path):
    """The rows of the statement for the division and the levels inside it, as dictionaries."""
    text, params = statement(on, basis=basis, scope=Scope(SUBTREE, path=path))
    wanted = [level or division.level for level in levels]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(ROW)} FROM ({text}) f WHERE level = ANY(%s) ORDER BY code", [*params, wanted]
        )
        return [dict(zip(ROW, row, strict=True)) for row in cursor.fetchall()]


def absent(division, on):
    values = {name: None if measure.nullable else 0 for name, measure in MEASURES.items()}
    return Figures(division, on or timezone.localdate(), ABSENT, values)


def path_on(division, on):
    """Where the division lay in the tree on the date; empty when it did not exist."""
    return tree(on).filter(division=division).values_list("path", flat=True).first() or ""


def drill(name, division, on=None, basis=WAS):
    """The rows behind a number: as many (or with `counted` adding up to as much) as the figure says.

    Rows are of the measure's source (periods or functions of organizations, base figures, needs, projects) or, for
    numbers of divisions, periods of divisions. Each has `at`, its division.
    """
    entry, on = MEASURES[name], on or current_date() or timezone.localdate()
    inside = tree(timezone.localdate() if basis == NOW else on).filter(path__startswith=place(division, on, basis))
    if isinstance(entry, Measure):
        return behind(entry, inside, on, basis)
    if isinstance(entry, Line):
        return inside.filter(PLACES[entry.place], division__in=passing(entry, division, on, basis)).annotate(
            at=models.F("division")
        )
    inside = inside.filter(PLACES[entry.place])
    if entry.of:
        return behind(MEASURES[entry.of], inside, on, basis)
    return inside.annotate(at=models.F("division"))


def place(division, on, basis):
    """The path to look under; one that matches nothing when the division did not exist on the date."""
    return division.path if basis == NOW else path_on(division, on) or NOWHERE


def behind(measure, inside, on, basis):
    rows = measure.source.placed(on, basis).filter(measure.condition(on), at__in=inside.values("division"))
    if measure.distinct:
        rows = rows.order_by(measure.distinct).distinct(measure.distinct)
    return rows.annotate(counted=models.F(measure.sums)) if measure.sums else rows


def passing(line, division, on, basis):
    """Ids of the divisions that pass a line's test on the date."""
    if on >= (current_date() or timezone.localdate()):
        return Rollup.objects.filter(division__path__startswith=division.path, **{line.name: 1}).values("division")
    return [row.division.pk for row in table(division, line.place, on, basis) if row[line.name]]
