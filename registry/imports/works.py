"""The new needs and projects of a batch from its lines to their tables, set-wise as organizations are."""

import json

from django.db import connection

from registry.imports.compare import NEED_FIELDS, NEED_STATES, PROJECT_FIELDS, PROJECT_STATES
from registry.imports.organizations import store_people
from registry.imports.staging import given_slices
from registry.models import Need, Project

# The lines of one slice, with what they point at.
GIVEN = """
    CREATE TEMP TABLE import_given ON COMMIT DROP AS
    SELECT id AS line, match_id AS pk, sealed, values, (values -> 'found' ->> 'division')::bigint AS division,
        values ->> 'contact' AS contact, values ->> 'org' AS org, values ->> 'need_no' AS need_no
    FROM registry_importrow
    WHERE batch_id = %(batch)s AND kind = %(kind)s AND match_how = 'new'
        AND status IN ('accept', 'accept_warn') AND id > %(after)s
    ORDER BY id LIMIT %(size)s
"""
# `empty` is the record as the model leaves it where a line says nothing; an unknown word of state says nothing either.
RECORDS = """
    INSERT INTO {table}
    SELECT record.*
    FROM jsonb_populate_record(NULL::{table}, %(empty)s) AS empty, import_given g {links},
        jsonb_populate_record(empty, jsonb_strip_nulls(jsonb_build_object(
            'id', g.pk, 'division_id', g.division, 'state', %(states)s::jsonb -> (g.values ->> 'state'), {said}
        ))) AS record
    ORDER BY g.line
"""
CONTACTS = "LEFT JOIN import_people p ON p.line = g.line"
NAMES = "LEFT JOIN import_organizations o ON o.name = g.org LEFT JOIN import_needs n ON n.number = g.need_no"
# The organizations and needs of the area whose name or number is no other's. Read whole, without the lines: of rows
# stored a moment ago the planner knows too little to join them well.
NAMED = """
    DROP TABLE IF EXISTS import_organizations, import_needs;
    CREATE TEMP TABLE import_organizations ON COMMIT DROP AS
    SELECT name, min(id) AS id FROM registry_organization
    WHERE division_path LIKE %(under)s GROUP BY name HAVING count(*) = 1;
    CREATE TEMP TABLE import_needs ON COMMIT DROP AS
    SELECT n.number, min(n.id) AS id FROM registry_need n JOIN accounts_division d ON d.id = n.division_id
    WHERE d.path LIKE %(under)s AND n.number <> '' GROUP BY n.number HAVING count(*) = 1;
    ANALYZE import_organizations, import_needs
"""


def store_needs(batch, *, size):
    """Stores the new needs slice by slice; yields of each slice (lines, division ids)."""
    said = {name: name for name in NEED_FIELDS} | {"need_no": "number"}
    records = record_of(Need, said, {"contact_id": "p.person"}, CONTACTS)
    with connection.cursor() as cursor:
        for told in given_slices(cursor, GIVEN, {"batch": batch.pk, "kind": "need", "size": size}):
            store_people(cursor, "SELECT line, contact AS name, sealed FROM import_given")
            cursor.execute(records, {"empty": empty(Need), "states": json.dumps(NEED_STATES)})
            yield told


def store_projects(batch, *, size):
    """Stores the new projects slice by slice; yields of each slice (lines, division ids)."""
    said = PROJECT_FIELDS | {"proj_no": "number"}
    records = record_of(Project, said, {"organization_id": "o.id", "need_id": "n.id"}, NAMES)
    with connection.cursor() as cursor:
        for at, told in enumerate(given_slices(cursor, GIVEN, {"batch": batch.pk, "kind": "proj", "size": size})):
            if at == 0:  # once: all organizations and needs are stored by now
                cursor.execute(NAMED, {"under": f"{batch.division.path}%"})
            cursor.execute(records, {"empty": empty(Project), "states": json.dumps(PROJECT_STATES)})
            yield told


def record_of(model, said, linked, links):
    """RECORDS of a model: `said` are the columns by the survey's keys, `linked` the columns that `links` give."""
    pairs = [f"'{column}', g.values -> '{key}'" for key, column in said.items()]
    pairs += [f"'{column}', {found}" for column, found in linked.items()]
    return RECORDS.format(table=model._meta.db_table, links=links, said=", ".join(pairs))


def empty(model):
    """The record as the model leaves it, by columns."""
    return json.dumps({field.column: field.get_default() for field in model._meta.concrete_fields})
