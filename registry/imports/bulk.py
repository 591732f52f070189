"""Rows into a table by COPY, and identifiers fetched ahead of them."""

import io
import re

import orjson
from django.db import connection

SLICE = 5000
SEQUENCE = "(SELECT pg_get_serial_sequence('{table}', 'id'))::regclass"  # looked up once, not for every row
RISKY = re.compile(r"[\\\t\n\r]")
SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(table, columns, rows):
    """Insert tuples into the table; None becomes NULL, lists and dicts JSON. Returns how many."""
    return copy_lines(table, columns, (b"\t".join([encoded(value) for value in row]) for row in rows))


def copy_lines(table, columns, texts):
    """Insert rows that are in COPY's text format already; returns how many."""
    count, lines = 0, []
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor:
        for line in texts:
            lines.append(line)
            count += 1
            if len(lines) == SLICE:
                send(cursor, statement, lines)
        send(cursor, statement, lines)
    return count


def send(cursor, statement, lines):
    if lines:
        lines.append(b"")
        cursor.copy_expert(statement, io.BytesIO(b"\n".join(lines)))
        lines.clear()


def encoded(value):
    """One value in COPY's text format."""
    if value is None:
        return b"\\N"
    kind = value.__class__
    if kind is str:
        return (value.translate(SPECIAL) if RISKY.search(value) else value).encode()
    if kind is dict or kind is list:
        return as_json(value)
    if kind is bool:
        return b"t" if value else b"f"
    return str(value).encode()


def as_json(value):
    """JSON escapes every control character itself, so only its backslashes need escaping once more."""
    if not value:
        return b"{}" if value.__class__ is dict else b"[]"
    return orjson.dumps(value).replace(b"\\", b"\\\\")


def next_ids(table, count):
    """`count` fresh primary keys of the table, in order."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval({SEQUENCE.format(table=table)}) FROM generate_series(1, %s)", [count])  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


LINE = ("status", "before", "after", "errors", "warnings", "match_id", "match_how")
JSON = frozenset(("before", "after", "errors", "warnings"))


def write_lines(lines):
    """Write verdict, match, messages and changes of staging lines back, by one COPY and one UPDATE."""
    if not lines:
        return
    columns = ", ".join(
        f"{name} {'jsonb' if name in JSON else 'bigint' if name == 'match_id' else 'text'}" for name in LINE
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS import_lines (id bigint, {columns}) ON COMMIT DELETE ROWS")
        cursor.execute("TRUNCATE import_lines")
        copy_rows("import_lines", ("id", *LINE), ((line.pk, *(getattr(line, name) for name in LINE)) for line in lines))
        given = ", ".join(f"{name} = l.{name}" for name in LINE)
        cursor.execute(f"UPDATE registry_importrow r SET {given} FROM import_lines l WHERE l.id = r.id")  # noqa: S608
