"""The one statement that gives every measure of a set of divisions on a date.

The sources of `reporting.sources` are counted once each, grouped by division; communities take their own figures, every
level above adds its children's to its own. The set is all divisions, one subtree, or a few chains of ancestors whose
other children are read from the stored figures; the statement is the same but for that.
"""

from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from django.db.models import CharField, Count, F, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.models import Division
from reporting.counting import Line
from reporting.measures import COUNTED_ROWS, LINES, MEASURES, PARTS
from reporting.sources import NOW, PLACES, SOURCES, STANDING, tree

LEVELS = list(reversed(Division.Level.values))
STATED = ["code", "name", "level", "kind", "path"]
ROW = ["division_id", *STATED, "types", *MEASURES]
ALL, SUBTREE, CHAIN = "all", "subtree", "chain"


@dataclass(frozen=True)
class Scope:
    """Which divisions: everything, the subtree of a path, or exactly these ids (each with all its ancestors)."""

    mode: str = ALL
    path: str = ""
    ids: tuple = ()

    @property
    def argument(self):
        return {ALL: None, SUBTREE: self.path, CHAIN: list(self.ids)}[self.mode]


SCOPED = object()


def statement(on, *, basis, scope):
    """SQL and parameters of a SELECT with the columns ROW, one row per division of the scope."""
    text, params = composed(on, timezone.localdate() if basis == NOW else on, basis, scope.mode)
    return text, [scope.argument if param is SCOPED else param for param in params]


@lru_cache(maxsize=8)
def composed(on, tree_on, basis, mode):
    """The statement with the scope's argument left open; composing it costs more than running it for one chain."""
    parts = {"places": places(tree_on, mode)}
    parts |= {source.name: counted(source, on, basis, mode) for source in SOURCES}
    parts["own_kinds"] = own_kinds(on, basis, mode)
    if mode == CHAIN:
        parts["stored"] = stored(tree_on)
    parts |= {"own_community": (own("="), []), "own_above": (own("<>"), [])}
    parts |= levels(mode)
    parts["kinds"] = kinds(mode)
    everywhere = " UNION ALL ".join(f"SELECT * FROM at_{level}" for level in LEVELS)
    columns = ", ".join(f"f.{name}" for name in MEASURES)
    stated = ", ".join(f"p.{name}" for name in STATED)
    select = (
        f"SELECT p.division_id, {stated}, coalesce(k.types, '{{}}'::jsonb) AS types, {columns} "
        f"FROM ({everywhere}) f JOIN places p USING (division_id) LEFT JOIN kinds k USING (division_id)"
    )
    named = ",\n".join(f"{name} AS MATERIALIZED ({text})" for name, (text, _params) in parts.items())
    return f"WITH {named}\n{select}", [param for _text, params in parts.values() for param in params]


def compiled(queryset):
    text, params = queryset.order_by().query.get_compiler(connection=connection).as_sql()
    return text, list(params)


def places(on, mode):
    """The divisions of the scope as they stood on the date."""
    flags = [f"is_{name}" for name in PLACES]
    rows = tree(on).annotate(level=F("division__level")).filter(narrowed(mode))
    return compiled(rows.values("division_id", "parent_id", *STATED, *flags))


def narrowed(mode):
    if mode == SUBTREE:
        return Q(path__startswith=RawSQL("%s", [SCOPED]))
    if mode == CHAIN:
        return Q(division__in=RawSQL("SELECT unnest(%s::bigint[])", [SCOPED]))
    return Q()


def inside(source, on, basis, mode):
    """The source's rows that lie in the scope."""
    rows = source.placed(on, basis)
    return rows if mode == ALL else rows.filter(at__in=RawSQL("SELECT division_id FROM places", []))


def counted(source, on, basis, mode):
    """One row per division with every measure of the source."""
    entries = [entry for entry in COUNTED_ROWS if entry.source is source]
    figures = {f"m_{entry.name}": entry.aggregate(on) for entry in entries}
    return compiled(inside(source, on, basis, mode).values("at").annotate(**figures))


def own_kinds(on, basis, mode):
    """Organizations by division, type and tier."""
    key = Concat(Cast("type_id", CharField()), Value("."), F("tier"), output_field=CharField())
    return compiled(inside(STANDING, on, basis, mode).annotate(key=key).values("at", "key").annotate(n=Count("pk")))


def own(test):
    """What lies in each division directly: the counted rows, and the parts by kind of place."""
    columns = [f"{zero(entry, f'{entry.source.name}.m_{entry.name}')} AS {entry.name}" for entry in COUNTED_ROWS]
    columns += [f"{part(entry)} AS {entry.name}" for entry in PARTS]
    joins = " ".join(f"LEFT JOIN {source.name} ON {source.name}.at = p.division_id" for source in SOURCES)
    return f"SELECT p.division_id, p.level, {', '.join(columns)} FROM places p {joins} WHERE p.level {test} 'community'"


def part(entry):
    """A measure's own part at one kind of place, or the place itself."""
    amount = "1"
    if entry.of:
        base = MEASURES[entry.of]
        amount = zero(base, f"{base.source.name}.m_{base.name}")
    return f"CASE WHEN p.is_{entry.place} THEN {amount} ELSE 0 END"


def zero(entry, text):
    return text if entry.nullable else f"coalesce({text}, 0)"


def levels(mode):
    """Communities from their own figures; every level above from its own and the levels below."""
    names = [name for name, entry in MEASURES.items() if not isinstance(entry, Line)]
    parts, below = {}, ["stored"] if mode == CHAIN else []
    for level in LEVELS:
        parts[f"at_{level}"] = (level_rows(level, names, below), [])
        sums = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
        up = f"SELECT p.parent_id AS division_id, {sums} FROM at_{level} JOIN places p USING (division_id) GROUP BY 1"
        parts[f"up_{level}"] = (up, [])
        below.append(f"up_{level}")
    return parts


def level_rows(level, names, below):
    """The complete rows of one level: sums, then the lines that count divisions of this level."""
    lines = ", ".join(line_column(line, level) for line in LINES)
    if level == LEVELS[0]:
        zeros = ", ".join(f"0 AS below_{line.name}" for line in LINES)
        inner = f"SELECT division_id, {', '.join(names)}, {zeros} FROM own_community"
    else:
        inner = added(level, names, below)
    return (
        f"SELECT r.division_id, {', '.join(f'r.{name}' for name in names)}, {lines} "
        "FROM places p JOIN (" + inner + ") r USING (division_id)"
    )


def added(level, names, below):
    """Own figures of a level's divisions plus what the levels below sum up to."""
    zeros = ", ".join("0" for _line in LINES)
    lines = ", ".join(line.name for line in LINES)
    sources = [f"SELECT division_id, {', '.join(names)}, {zeros} FROM own_above WHERE level = '{level}'"]
    sources += [f"SELECT division_id, {', '.join(names)}, {lines} FROM {name}" for name in below]
    heads = ", ".join([*names, *(f"below_{line.name}" for line in LINES)])
    sums = [f"{zero(MEASURES[name], f'sum({name})')} AS {name}" for name in names]
    sums += [f"coalesce(sum(below_{line.name}), 0) AS below_{line.name}" for line in LINES]
    union = " UNION ALL ".join(sources)
    return (
        f"SELECT u.division_id, {', '.join(sums)} FROM ({union}) u(division_id, {heads}) "
        f"JOIN places h USING (division_id) WHERE h.level = '{level}' GROUP BY u.division_id"
    )


def line_column(line, level):
    test = f"CASE WHEN p.is_{line.place} AND ({line.when}) THEN 1 ELSE 0 END"
    return f"{test if line.place == level else f'r.below_{line.name}'} AS {line.name}"


def stored(on):
    """What the children outside the scope add, by parent, from the stored figures."""
    sums = ", ".join(f"sum(f.{name}) AS {name}" for name in MEASURES)
    children, params = compiled(outside(on).values("division_id", "parent_id"))
    text = f"SELECT c.parent_id AS division_id, {sums} FROM ({children}) c JOIN reporting_rollup f USING (division_id)"
    return f"{text} GROUP BY 1", params


def outside(on):
    """Children of the scope's divisions that are not in the scope themselves."""
    here = RawSQL("SELECT unnest(%s::bigint[])", [SCOPED])
    return tree(on).filter(parent__in=here).exclude(division__in=here)


def kinds(mode):
    """Organizations by type and tier of every division, added along the path to the root."""
    here = "SELECT p.division_id, p.path, o.key, o.n FROM own_kinds o JOIN places p ON p.division_id = o.at"
    if mode == CHAIN:
        here += (
            " UNION ALL SELECT p.division_id, p.path, e.key, e.value::int FROM places p"
            " JOIN accounts_divisionperiod c ON c.parent_id = p.division_id AND c.ends IS NULL"
            " JOIN reporting_rollup f ON f.division_id = c.division_id"
            " CROSS JOIN LATERAL jsonb_each_text(f.types) e"
            " WHERE c.division_id NOT IN (SELECT division_id FROM places)"
        )
    along = (
        f"SELECT a::bigint AS division_id, h.key, sum(h.n) AS n FROM ({here}) h "
        "CROSS JOIN LATERAL unnest(string_to_array(rtrim(h.path, '.'), '.')) a GROUP BY 1, 2"
    )
    text = f"SELECT division_id, jsonb_object_agg(key, n) AS types FROM ({along}) s GROUP BY division_id"
    return text, []
