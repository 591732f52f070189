"""The one statement that gives every measure of a set of divisions on a date.

The sources of `reporting.sources` are counted once each, grouped by division. Communities are complete with their own
figures; what a street holds (its own and its communities') counts for it and for everything on its path to the root.
The set is all divisions, one subtree, or a few chains of ancestors whose other children are read from the stored
figures; the statement is the same but for that.
"""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from django.db.models import CharField, Count, F, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from psycopg2.extensions import AsIs

from reporting.counting import Line
from reporting.measures import COUNTED_ROWS, LINES, MEASURES, PARTS
from reporting.sources import NOW, PLACES, SOURCES, STANDING, tree, year_before, year_start

COMMUNITY, STREET = "community", "street"
BELOW, ABOVE = "level = 'community'", "level <> 'community'"
# Inside the statement measures go by short names: it is parsed anew after every change.
COLUMN = {name: f"c{number}" for number, name in enumerate(MEASURES)}
ENTRIES = {COLUMN[name]: entry for name, entry in MEASURES.items()}
EVERY = ", ".join(ENTRIES)
SUMS = ", ".join(column for column, entry in ENTRIES.items() if not isinstance(entry, Line))
STREET_LINES = [line for line in LINES if line.place == STREET]
# What a street or anything above holds counts for every division on its path.
ANCESTORS = f"""
    SELECT division_id AS held_by, unnest(string_to_array(rtrim(path, '.'), '.'))::bigint AS division_id
    FROM places WHERE {ABOVE}
"""
STATED = ["code", "name", "level", "kind", "path"]
ROW = ["division_id", *STATED, "types", *MEASURES]
STORED_KINDS = """
    UNION ALL SELECT p.division_id, e.key, e.value::bigint FROM places p
    JOIN accounts_divisionperiod c ON c.parent_id = p.division_id AND c.ends IS NULL
    JOIN reporting_rollup f ON f.division_id = c.division_id CROSS JOIN LATERAL jsonb_each_text(f.types) e
    WHERE c.division_id NOT IN (SELECT division_id FROM places)
"""
ALL, SUBTREE, CHAIN = "all", "subtree", "chain"


@dataclass(frozen=True)
class Scope:
    """Which divisions: everything, the subtree of a path, or exactly these ids (each with all its ancestors).

    `prepared` leaves the ids open as the first argument of a prepared statement.
    """

    mode: str = ALL
    path: str = ""
    ids: tuple = ()
    prepared: bool = False

    @property
    def argument(self):
        if self.prepared:
            return AsIs("$1")
        return {ALL: None, SUBTREE: self.path, CHAIN: list(self.ids)}[self.mode]


SCOPED = object()


def statement(on, *, basis, scope):
    """SQL and parameters of a SELECT with the columns ROW, one row per division of the scope."""
    text, params = composed(basis, scope.mode)
    actual = dates(on, timezone.localdate() if basis == NOW else on)
    stand_ins = {stand_in: actual[name] for name, stand_in in STAND_INS.items()} | {SCOPED: scope.argument}
    return text, [stand_ins.get(param, param) for param in params]


def dates(on, tree_on):
    """Every date and year the statement is asked with."""
    return {"on": on, "year": on.year, "first": year_start(on), "before": year_before(on), "tree": tree_on}


# Composing takes longer than running, so it is done once, with these far-off dates in the place of the real ones.
STAND_INS = dates(dt.date(7777, 7, 7), dt.date(7788, 8, 8))


@lru_cache
def composed(basis, mode):
    """The statement with its dates and the scope's argument left open."""
    on, tree_on = STAND_INS["on"], STAND_INS["tree"] if basis == NOW else STAND_INS["on"]
    parts = {"places": places(tree_on, mode), "ancestors": (ANCESTORS, [])}
    parts |= {source.name: counted(source, on, basis, mode, tree_on) for source in SOURCES}
    parts["own_kinds"] = own_kinds(on, basis, mode, tree_on)
    parts["own"] = (own(), [])
    if mode == CHAIN:
        parts["stored"] = stored(tree_on)
    parts["above"] = (above(mode), [])
    parts["street_lines"] = (street_lines(), [])
    parts["kinds"] = kinds(mode)
    named = ",\n".join(f"{name} AS MATERIALIZED ({text})" for name, (text, _params) in parts.items())
    columns = ", ".join(f"f.{COLUMN[name]} AS {name}" for name in MEASURES)
    stated = ", ".join(f"p.{name}" for name in STATED)
    select = (
        f"SELECT p.division_id, {stated}, coalesce(k.types, '{{}}'::jsonb) AS types, {columns} "
        f"FROM (SELECT division_id, {EVERY} FROM own WHERE {BELOW} UNION ALL {complete()}) f "
        "JOIN places p USING (division_id) LEFT JOIN kinds k USING (division_id)"
    )
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


def counted(source, on, basis, mode, today):
    """One row per division with every measure of the source."""
    entries = [entry for entry in COUNTED_ROWS if entry.source is source]
    figures = {COLUMN[entry.name]: entry.aggregate(on) for entry in entries}
    return compiled(source.placed(on, basis, within=mode != ALL, today=today).values("at").annotate(**figures))


def own_kinds(on, basis, mode, today):
    """Organizations by division, type and tier."""
    key = Concat(Cast("type_id", CharField()), Value("."), F("tier"), output_field=CharField())
    return compiled(
        STANDING.placed(on, basis, within=mode != ALL, today=today)
        .annotate(key=key)
        .values("at", "key")
        .annotate(n=Count("pk"))
    )


def own():
    """What lies in each division directly: the counted rows, the parts by kind of place, the lines of communities."""
    columns = [
        f"{typed(entry, f'{entry.source.name}.{COLUMN[entry.name]}')} AS {COLUMN[entry.name]}" for entry in COUNTED_ROWS
    ]
    columns += [f"{part(entry)} AS {COLUMN[entry.name]}" for entry in PARTS]
    joins = " ".join(f"LEFT JOIN {source.name} ON {source.name}.at = p.division_id" for source in SOURCES)
    rows = f"SELECT p.*, {', '.join(columns)} FROM places p {joins}"
    lines = [f"{passes(line) if line.place == COMMUNITY else 0} AS {COLUMN[line.name]}" for line in LINES]
    return f"SELECT division_id, parent_id, level, {SUMS}, {', '.join(lines)} FROM ({rows}) r"


def part(entry):
    """A measure's own part at one kind of place, or the place itself."""
    amount = "1"
    if entry.of:
        base = MEASURES[entry.of]
        amount = typed(base, f"{base.source.name}.{COLUMN[base.name]}")
    return f"CASE WHEN p.is_{entry.place} THEN {amount} ELSE 0 END"


def typed(entry, text):
    """The expression in the type of the measure's column: sums of sums would grow wider, and slower, at every level."""
    if entry.nullable:
        return text if entry.decimals else f"({text})::bigint"
    return f"coalesce({text}, 0)::int"


def passes(line):
    """1 where the place is of the line's kind and its complete row passes the test."""
    when = re.sub(r"\w+", lambda word: COLUMN.get(word[0], word[0]), line.when)
    return f"CASE WHEN is_{line.place} AND ({when}) THEN 1 ELSE 0 END"


def above(mode):
    """Streets and everything above: each with its own figures and those of all divisions below it.

    What a division holds (its own figures, its communities' sums, its children stored elsewhere) counts for it and for
    every division on its path.
    """
    totals = ", ".join(f"{total(entry, column)} AS {column}" for column, entry in ENTRIES.items())
    held = (
        f"SELECT division_id, {EVERY} FROM own WHERE {ABOVE} "
        f"UNION ALL SELECT parent_id, {totals} FROM own WHERE {BELOW} GROUP BY 1"
    )
    if mode == CHAIN:
        held += " UNION ALL SELECT * FROM stored"
    rows = f"SELECT a.division_id, {totals} FROM ({held}) h JOIN ancestors a ON a.held_by = h.division_id GROUP BY 1"
    lines = {COLUMN[line.name]: f" + {passes(line)}" if line in STREET_LINES else "" for line in LINES}
    lined = ", ".join(f"{column}{more} AS {column}" for column, more in lines.items())
    return f"SELECT division_id, {SUMS}, {lined} FROM ({rows}) r JOIN places p USING (division_id)"


def total(entry, column):
    """The sum of a column in the column's own type."""
    if entry.nullable:
        return typed(entry, f"sum({column})")
    return f"sum({column})::int"


def street_lines():
    """How many streets of the set below each division pass each line that counts streets."""
    sums = ", ".join(f"sum({COLUMN[line.name]})::int AS {COLUMN[line.name]}" for line in STREET_LINES)
    return (
        f"SELECT a.division_id, {sums} FROM above s JOIN places p USING (division_id) "
        "JOIN ancestors a ON a.held_by = s.division_id AND a.division_id <> a.held_by "
        "WHERE p.level = 'street' GROUP BY 1"
    )


def complete():
    """The rows above communities with the streets below them counted in."""
    columns = ", ".join(
        f"a.{column} + coalesce(s.{column}, 0)" if MEASURES[name] in STREET_LINES else f"a.{column}"
        for name, column in COLUMN.items()
    )
    return f"SELECT a.division_id, {columns} FROM above a LEFT JOIN street_lines s USING (division_id)"


def stored(on):
    """What the children outside the scope add, by parent, from the stored figures."""
    sums = ", ".join(f"{total(entry, f'f.{entry.name}')} AS {column}" for column, entry in ENTRIES.items())
    children, params = compiled(outside(on).values("division_id", "parent_id"))
    text = f"SELECT c.parent_id AS division_id, {sums} FROM ({children}) c JOIN reporting_rollup f USING (division_id)"
    return f"{text} GROUP BY 1", params


def outside(on):
    """Children of the scope's divisions that are not in the scope themselves."""
    here = RawSQL("SELECT unnest(%s::bigint[])", [SCOPED])
    return tree(on).filter(parent__in=here).exclude(division__in=here)


def kinds(mode):
    """Organizations by type and tier of every division, added up the same way."""
    own_rows = "FROM own_kinds o JOIN places p ON p.division_id = o.at"
    held = (
        f"SELECT o.at, o.key, o.n {own_rows} WHERE {ABOVE} "
        f"UNION ALL SELECT p.parent_id, o.key, sum(o.n)::bigint {own_rows} WHERE {BELOW} GROUP BY 1, 2"
    )
    if mode == CHAIN:
        held += STORED_KINDS
    along = (
        f"SELECT a.division_id, h.key, sum(h.n)::bigint AS n FROM ({held}) h(held_by, key, n) "
        "JOIN ancestors a USING (held_by) GROUP BY 1, 2"
    )
    rows = f"SELECT o.at AS division_id, o.key, o.n {own_rows} WHERE {BELOW} UNION ALL {along}"
    return f"SELECT division_id, jsonb_object_agg(key, n) AS types FROM ({rows}) s GROUP BY division_id", []
