"""A nation of divisions, organizations and figures, made set-wise in the database the settings name.

Sizes follow the nation's own: about 620,000 communities under 40,000 streets and 1,750,000 organizations at scale 1.
Everything is invented. Use a database of your own: existing divisions and organizations stay beside it.
"""

from contextlib import contextmanager

from django.db import connection, transaction

COMMUNITIES, ORGANIZATIONS = 620_000, 1_750_000
TABLES = [
    "accounts_division",
    "accounts_divisionperiod",
    "registry_organization",
    "registry_organizationperiod",
    "registry_organizationflag",
    "registry_organizationyear",
    "registry_divisionyear",
]

# level, how many under one parent (before scaling, provinces only), digits of the code.
DIVISIONS = """
    INSERT INTO accounts_division (code, name, short_name, full_name, level, kind, stat_class, street_type, virtual,
        parent_id, sort_key, path)
    SELECT p.code || to_char(n, %(digits)s), %(word)s || p.code || n, %(word)s || n, p.full_name || %(word)s || n,
        %(level)s, CASE WHEN %(level)s <> 'community' THEN '' WHEN n %% 5 < 2 THEN 'urban' ELSE 'rural' END, '', '',
        false, p.id, '', NULL
    FROM accounts_division p, generate_series(1, %(each)s) n WHERE p.level = %(parent)s
"""
PATHS = """
    UPDATE accounts_division d SET path = coalesce(p.path, '') || d.id || '.'
    FROM accounts_division p WHERE p.id = d.parent_id AND d.level = %(level)s AND d.path IS NULL
"""
PERIODS = """
    INSERT INTO accounts_divisionperiod (division_id, code, name, short_name, kind, parent_id, path, starts)
    SELECT id, code, name, short_name, kind, parent_id, path, '1900-01-01' FROM accounts_division d
    WHERE NOT EXISTS (SELECT FROM accounts_divisionperiod x WHERE x.division_id = d.id)
"""
HOMES = """
    CREATE TEMPORARY TABLE homes AS
    SELECT row_number() OVER () AS place, d.id, d.path, split_part(d.path, '.', 3)::bigint AS district
    FROM accounts_division d WHERE level = 'community' OR (level = 'street' AND id %% 2 = 0)
"""
ORGANIZATION = """
    INSERT INTO registry_organization (uid, name, name_key, tier, state, division_id, division_path, district_id,
        type_id, legal_form, uscc, filing_no, founded, place, targets, fields, fund_sources, rating,
        volunteer_system_id, remark, source, version, created_at, updated_at)
    SELECT gen_random_uuid(), '组织' || n, '组织' || n,
        CASE WHEN n %% 10 = 0 THEN 'registered' WHEN n %% 10 < 8 THEN 'team' ELSE 'group' END,
        CASE WHEN n %% 20 = 0 THEN 'dormant' ELSE 'active' END, h.id, h.path, h.district,
        (SELECT min(id) FROM registry_organizationtype) + n %% (SELECT count(*) FROM registry_organizationtype),
        '', '', '', date '2010-01-01' + (n::bigint * 7919 %% 5400)::int, '', '[]', '[]', '[]', '',
        CASE WHEN n %% 3 = 0 THEN 'V' || n ELSE '' END, '', 'demo', 1, now(), now()
    FROM generate_series(1, %(organizations)s) n
    JOIN homes h ON h.place = 1 + n::bigint * 7919 %% (SELECT count(*) FROM homes)
"""
STANDING = """
    INSERT INTO registry_organizationperiod (organization_id, tier, state, division_id, division_now_id, type_id,
        starts, cause)
    SELECT id, tier, state, division_id, division_id, type_id, founded, '' FROM registry_organization
"""
FLAGS = """
    INSERT INTO registry_organizationflag (organization_id, flag, starts, evidence)
    SELECT id, CASE id %% 7 WHEN 0 THEN 'hub' WHEN 1 THEN 'support' ELSE 'volunteer' END, founded, ''
    FROM registry_organization WHERE id %% 2 = 0
"""
YEARS = """
    INSERT INTO registry_organizationyear (organization_id, year, next_year, members, volunteers, party_members,
        party_org, party_form, fulltime, certified, activities, served, income)
    SELECT id, 2024, NULL, 10 + id %% 90, id %% 50, id %% 8, id %% 3 = 0, '', id %% 4, 0, id %% 60, id %% 900,
        id %% 90000
    FROM registry_organization
"""
FIGURES = """
    INSERT INTO registry_divisionyear (division_id, year, next_year, population, registered_pop, households, elderly,
        facility_area, reg_volunteers, active_volunteers, key_volunteers, staff, certified_staff, social_workers,
        party_members, fund_count, fund_amount, has_station, reporter, source, state, version)
    SELECT id, 2024, NULL, 500 + id %% 6000, 400 + id %% 5000, 200 + id %% 2000, 80 + id %% 900, 60 + id %% 900,
        id %% 700, id %% 200, id %% 9, 4 + id %% 9, id %% 4, id %% 3, id %% 300, id %% 2, id %% 20, id %% 10 > 0, '',
        '', 'confirmed', 1
    FROM accounts_division WHERE level = 'community'
"""
REFERENCES = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = ANY (%s::regclass[])
"""
LEVELS = [("city", "province", 11, "FM00"), ("district", "city", 9, "FM00"), ("street", "district", 13, "FM000")]


@transaction.atomic
def build(scale=1.0):
    """Makes the nation or, by a scale under 1, some of its 31 provinces; returns (communities, organizations)."""
    provinces = max(1, round(31 * scale))
    with connection.cursor() as cursor, references_checked_at_once(cursor):
        make_divisions(cursor, provinces)
        cursor.execute("SELECT count(*) FROM accounts_division WHERE level = 'community'")
        communities = cursor.fetchone()[0]
        organizations = round(ORGANIZATIONS * communities / COMMUNITIES)
        for text in (PERIODS, HOMES, ORGANIZATION, STANDING, FLAGS, YEARS, FIGURES):
            cursor.execute(text, {"organizations": organizations})
    return communities, organizations


@contextmanager
def references_checked_at_once(cursor):
    """One join per foreign key at the end instead of a look-up per row, of which a nation has twenty million."""
    cursor.execute(REFERENCES, [TABLES])
    references = cursor.fetchall()
    for table, name, _rule in references:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, rule in references:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule}")


def make_divisions(cursor, provinces):
    cursor.execute(
        "INSERT INTO accounts_division (code, name, short_name, full_name, level, kind, stat_class, street_type,"
        " virtual, sort_key) SELECT (10 + n)::text, '省' || n, '省' || n, '省' || n, 'province', '', '', '', false, ''"
        " FROM generate_series(1, %s) n",
        [provinces],
    )
    cursor.execute("UPDATE accounts_division SET path = id || '.' WHERE level = 'province' AND path IS NULL")
    for level, parent, each, digits in [*LEVELS, ("community", "street", 16, "FM000")]:
        cursor.execute(DIVISIONS, {"level": level, "parent": parent, "each": each, "digits": digits, "word": level[0]})
        cursor.execute(PATHS, {"level": level})


def analyze():
    """Statistics and visibility maps, as autovacuum leaves them."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
