"""Fill tables fast: indexes and foreign keys come off first and are built once, over the whole, at the end."""

from contextlib import contextmanager

from django.db import connection

CONSTRAINTS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid = ANY (%(tables)s::regclass[]) AND contype IN ('f', 'u')
"""
INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index
    WHERE indrelid = ANY (%(tables)s::regclass[])
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
"""
OWNED = """
    SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE oid = ANY (%(tables)s::regclass[])
"""


@contextmanager
def rebuilt_indexes(tables):
    """Inside the caller's transaction and with the tables locked: what breaks a rule fails when the rule is put back.

    A role that does not own the tables keeps its indexes and only loads more slowly.
    """
    with connection.cursor() as cursor:
        cursor.execute(OWNED, {"tables": tables})
        rebuild = take_off(cursor, tables) if cursor.fetchone()[0] else []
        yield
        for statement in rebuild:
            cursor.execute(statement)


def take_off(cursor, tables):
    """Drop constraints, then the remaining indexes; the statements that bring them back, indexes first."""
    # Checks still waiting for the end of the transaction would forbid altering the tables: made now.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    cursor.execute(CONSTRAINTS, {"tables": tables})
    constraints = cursor.fetchall()
    cursor.execute(INDEXES, {"tables": tables})
    indexes = cursor.fetchall()
    for table, name, _definition in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    back = sorted(constraints, key=lambda row: row[2].startswith("FOREIGN"))
    return [
        *(definition for _name, definition in indexes),
        *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in back),
    ]
