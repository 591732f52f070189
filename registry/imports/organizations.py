"""The new organizations of a batch from its lines to their tables, set-wise: no line passes through this process."""

import json
from datetime import date

from django.db import connection

from registry.imports.bulk import SEQUENCE, copy_rows
from registry.imports.facts import FLAGS, FORMS, INDEPENDENT_FROM
from registry.imports.staging import given_slices
from registry.models import Organization, OrganizationYear
from registry.services.standing import first_periods

# The lines of one slice, typed. `period` finds the first periods of organizations founded on one day in one state.
GIVEN = """
    CREATE TEMP TABLE import_given ON COMMIT DROP AS
    SELECT r.id AS line, r.match_id AS pk, r.sealed, v.*, f.*,
        coalesce(f.status, 'active') AS state, coalesce(v.founded, '') AS begun
    FROM registry_importrow r,
        jsonb_to_record(r.values) AS v(
            name text, uscc text, filing_no text, founded text, leader text, place text, place_area numeric,
            targets jsonb, fields jsonb, fund_source jsonb, rating text, volunteer_system_id text, remark text,
            members int, volunteers int, party_members int, party_org text, fulltime int, certified int,
            activities int, served int, income numeric, is_volunteer_org text, is_hub text, found jsonb
        ),
        jsonb_to_record(v.found) AS f(
            key text, tier text, status text, division bigint, district bigint, type bigint
        )
    WHERE r.batch_id = %(batch)s AND r.kind = 'org' AND r.match_how = 'new'
        AND r.status IN ('accept', 'accept_warn') AND r.id > %(after)s
    ORDER BY r.id LIMIT %(size)s
"""
ORGANIZATION = """
    INSERT INTO registry_organization (
        id, uid, name, name_key, tier, state, division_id, division_path, district_id, type_id, legal_form, uscc,
        filing_no, founded, leader_id, place, place_area, targets, fields, fund_sources, rating, volunteer_system_id,
        remark, source, version, created_at, updated_at
    )
    SELECT g.pk, gen_random_uuid(), g.name, g.key, g.tier, g.state, g.division, d.path, g.district, g.type,
        coalesce(%(forms)s::jsonb ->> left(g.uscc, 2), ''), coalesce(g.uscc, ''), coalesce(g.filing_no, ''),
        g.founded::date, l.person, coalesce(g.place, ''), g.place_area, coalesce(g.targets, '[]'),
        coalesce(g.fields, '[]'), coalesce(g.fund_source, '[]'), coalesce(g.rating, ''),
        coalesce(g.volunteer_system_id, ''), coalesce(g.remark, ''),
        %(source)s, 1, %(now)s, %(now)s
    FROM import_given g
    JOIN accounts_division d ON d.id = g.division
    LEFT JOIN import_people l ON l.line = g.line
    ORDER BY g.line
"""
PERIODS = """
    INSERT INTO registry_organizationperiod (
        organization_id, tier, state, division_id, division_now_id, type_id, starts, ends, cause
    )
    SELECT g.pk, g.tier, p.holds, g.division, g.division, g.type, p.starts, p.ends, 'first'
    FROM import_given g JOIN import_periods p ON p.begun = g.begun AND p.state = g.state
    ORDER BY g.line, p.starts
"""
YEARS = """
    INSERT INTO registry_organizationyear (
        organization_id, year, members, volunteers, party_members, party_org, party_form, fulltime, certified,
        activities, served, income
    )
    SELECT pk, %(year)s, members, volunteers, party_members,
        CASE party_org WHEN '是' THEN true WHEN '否' THEN false END,
        CASE
            WHEN party_org IS NULL THEN ''
            WHEN party_org <> '是' THEN %(none)s
            WHEN party_members IS NULL THEN ''
            WHEN party_members >= %(independent_from)s THEN %(independent)s
            ELSE %(joint)s
        END,
        fulltime, certified, activities, served, income
    FROM import_given
    WHERE num_nonnulls(
        members, volunteers, party_members, party_org, fulltime, certified, activities, served, income
    ) > 0
    ORDER BY line
"""
FLAG = """
    INSERT INTO registry_organizationflag (organization_id, flag, starts, evidence)
    SELECT pk, %(flag)s, coalesce(founded::date, %(first_day)s), ''
    FROM import_given WHERE {column} = '是' ORDER BY line
"""


def store_organizations(batch, *, size, now, today):
    """Stores the new organizations slice by slice; yields of each slice (lines, division ids)."""
    form = OrganizationYear.PartyForm
    params = {
        "batch": batch.pk, "size": size, "now": now, "year": batch.year, "source": Organization.Source.IMPORT.value,
        "forms": json.dumps(FORMS), "none": form.NONE.value, "joint": form.JOINT.value,
        "independent": form.INDEPENDENT.value, "independent_from": INDEPENDENT_FROM,
        "first_day": date(batch.year, 1, 1),
    }  # fmt: skip
    with connection.cursor() as cursor:
        for told in given_slices(cursor, GIVEN, params):
            store_slice(cursor, params, today)
            yield told


def store_slice(cursor, params, today):
    cursor.execute("ANALYZE import_given (line, begun, state)")
    store_people(cursor, "SELECT line, leader AS name, sealed FROM import_given")
    cursor.execute(ORGANIZATION, params)
    read_periods(cursor, params["year"], today)
    cursor.execute(PERIODS, params)
    cursor.execute(YEARS, params)
    for column, flag in FLAGS.items():
        cursor.execute(FLAG.format(column=column), params | {"flag": flag})


def read_periods(cursor, year, today):
    """The first periods of every pair of founding day and state among the lines."""
    cursor.execute("SELECT DISTINCT begun, state FROM import_given")
    rows = []
    for begun, state in cursor.fetchall():
        founded = date.fromisoformat(begun) if begun else None
        for holds, starts, ends in first_periods(founded=founded, state=state, year=year, today=today):
            rows.append((begun, state, str(holds), starts, ends))
    cursor.execute(
        "CREATE TEMP TABLE import_periods (begun text, state text, holds text, starts date, ends date) ON COMMIT DROP"
    )
    copy_rows("import_periods", ("begun", "state", "holds", "starts", "ends"), rows)
    cursor.execute("ANALYZE import_periods")


# `first` is the line whose person all lines of one person get: lines of one ID number, else of one name and phone. One
# that names a known person comes first, then one with the ID number. `fresh` is the id of a person not stored yet.
PEOPLE = """
    CREATE TEMP TABLE import_people ON COMMIT DROP AS
    WITH named AS (
        SELECT g.line, left(g.name, 100) AS name, s.uid, coalesce(s.phone_sealed, '') AS phone_sealed,
            coalesce(s.phone_hash, '') AS phone_hash, coalesce(s.id_sealed, '') AS id_sealed,
            coalesce(s.id_hash, '') AS id_hash
        FROM ({lines}) g
        LEFT JOIN jsonb_to_record(nullif(g.sealed, '')::jsonb) AS s(
            uid uuid, phone_sealed text, phone_hash text, id_sealed text, id_hash text
        ) ON true
        WHERE g.name <> ''
    ), met AS (
        SELECT n.*, coalesce(i.id, k.id) AS known,
            CASE
                WHEN id_hash <> '' THEN id_hash
                WHEN phone_hash <> '' THEN coalesce(
                    nullif(max(id_hash) OVER (PARTITION BY n.name, n.phone_hash), ''), n.phone_hash || n.name
                )
                ELSE line::text
            END AS one
        FROM named n
        LEFT JOIN LATERAL (
            SELECT p.id FROM registry_person p
            WHERE n.id_hash <> '' AND p.id_hash = n.id_hash ORDER BY p.name <> n.name, p.id LIMIT 1
        ) i ON true
        LEFT JOIN LATERAL (
            SELECT min(p.id) AS id FROM registry_person p
            WHERE n.phone_hash <> '' AND p.phone_hash = n.phone_hash AND p.name = n.name
                AND (n.id_hash = '' OR p.id_hash = '')
        ) k ON i.id IS NULL
    ), led AS (
        SELECT m.*,
            first_value(line) OVER (PARTITION BY one ORDER BY known IS NULL, id_hash = '', line) AS first
        FROM met m
    )
    SELECT l.*, known AS person,
        CASE WHEN known IS NULL AND first = line
            THEN nextval({sequence}) END AS fresh
    FROM led l ORDER BY line
"""
NEW_PEOPLE = """
    INSERT INTO registry_person (id, uid, name, phone_sealed, phone_hash, id_sealed, id_hash)
    SELECT fresh, coalesce(uid, gen_random_uuid()), name, phone_sealed, phone_hash, id_sealed, id_hash
    FROM import_people WHERE fresh IS NOT NULL ORDER BY line
"""
SETTLE = """
    UPDATE import_people p SET person = coalesce(f.person, f.fresh)
    FROM import_people f WHERE f.line = p.first AND p.person IS NULL
"""
# Lines of leaders whom the register, or an earlier line, knows by their ID number under another name, or by name and
# phone with another ID number.
ALIKE = """
    WITH named AS (
        SELECT r.id, left(r.values->>'leader', 100) AS name, coalesce(s.phone_hash, '') AS phone_hash, s.id_hash,
            first_value(left(r.values->>'leader', 100)) OVER (PARTITION BY s.id_hash ORDER BY r.id) AS earlier
        FROM registry_importrow r, jsonb_to_record(nullif(r.sealed, '')::jsonb) AS s(phone_hash text, id_hash text)
        WHERE r.batch_id = %s AND r.kind = 'org' AND r.match_how = 'new' AND r.sealed LIKE '%%"id_hash"%%'
            AND r.values->>'leader' <> ''
    )
    SELECT n.id, coalesce(i.name, n.earlier) AS said, i.id IS NULL AND k.id IS NOT NULL AS apart
    FROM named n
    LEFT JOIN LATERAL (
        SELECT p.id, p.name FROM registry_person p WHERE p.id_hash = n.id_hash ORDER BY p.name <> n.name, p.id LIMIT 1
    ) i ON true
    LEFT JOIN LATERAL (
        SELECT min(p.id) AS id FROM registry_person p
        WHERE n.phone_hash <> '' AND p.phone_hash = n.phone_hash AND p.name = n.name
            AND p.id_hash NOT IN ('', n.id_hash)
    ) k ON true
    WHERE coalesce(i.name, n.earlier) <> n.name OR (i.id IS NULL AND k.id IS NOT NULL)
"""


def store_people(cursor, lines, params=None):
    """Leaves `import_people` (line, person) behind: known by ID number, else by phone and name, else new.

    `lines` selects (line, name, sealed). Without a number nobody is recognised again; two ID numbers are two people.
    """
    cursor.execute(PEOPLE.format(lines=lines, sequence=SEQUENCE.format(table="registry_person")), params)
    cursor.execute("ANALYZE import_people (line, first, person)")
    cursor.execute(NEW_PEOPLE)
    cursor.execute(SETTLE)


def doubtful_people(batch):
    """{line id: (name known, apart)} of new lines whose leader may be somebody known; `apart` where IDs differ."""
    with connection.cursor() as cursor:
        cursor.execute(ALIKE, [batch.pk])
        return {line: (name, apart) for line, name, apart in cursor.fetchall()}
