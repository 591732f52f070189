"""The statements that load the tree of divisions: each works on the whole set at once."""

STAGE = """
    DROP TABLE IF EXISTS staged, placed, changed;
    CREATE TEMP TABLE staged (
        file text, line int, code text COLLATE "C", name text, level text, parent text COLLATE "C", kind text,
        short_name text, full_name text, street_type text, virtual boolean, sort_key text COLLATE "C"
    ) ON COMMIT DROP;
    CREATE TEMP TABLE placed (
        code text COLLATE "C", id bigint, parent_id bigint, path text COLLATE "C", fresh boolean
    ) ON COMMIT DROP;
"""

# Placeholder cities (市辖区, 县, 省直辖县级行政区划) are no divisions: what lies below hangs on the province.
SPLICE = """
    WITH gone AS (
        DELETE FROM staged WHERE level = 'city' AND virtual RETURNING code, parent
    ), spliced AS (
        UPDATE staged SET parent = gone.parent FROM gone
        WHERE gone.code = staged.parent AND NOT (level = 'city' AND virtual)
    )
    SELECT count(*) FROM gone
"""

# The same line in two files (a province two areas share) counts once.
SAME_IN_TWO_FILES = """
    DELETE FROM staged s USING staged first
    WHERE first.code = s.code AND first.ctid < s.ctid AND first.file <> s.file
        AND (first.name, first.level, first.parent, first.kind, first.virtual)
        = (s.name, s.level, s.parent, s.kind, s.virtual)
"""

REPEATED = """
    SELECT max(file) || ':' || max(line), code, max(name) FROM staged GROUP BY code HAVING count(*) > 1
    ORDER BY code LIMIT 50
"""

ORPHANS = """
    SELECT s.file || ':' || s.line, s.parent, s.name
    FROM staged s
    LEFT JOIN staged p ON p.code = s.parent
    LEFT JOIN accounts_division d ON p.code IS NULL AND d.code = s.parent AND d.valid_to IS NULL
    LEFT JOIN accounts_division old ON old.code = s.code AND old.valid_to IS NULL
    WHERE (s.level = 'province') <> (s.parent = '')
        OR s.level <> 'province' AND coalesce(p.code, d.code) IS NULL
        OR length(coalesce(p.code, d.code)) >= length(s.code)
        OR old.level <> s.level
    ORDER BY s.file, s.line LIMIT 50
"""

# A known code is the known division. A new code under the same parent, level and name as one division that the files do
# not name any more is that division re-coded; everything else is new.
ADD_PLACES = """
    WITH here AS (
        SELECT s.code, s.name, d.id, coalesce(p.id, q.id) AS parent_id, coalesce(p.path, q.path, '') AS above
        FROM staged s
        LEFT JOIN placed p ON p.code = s.parent
        LEFT JOIN accounts_division q ON p.code IS NULL AND q.code = s.parent AND q.valid_to IS NULL
        LEFT JOIN accounts_division d ON d.code = s.code AND d.valid_to IS NULL
        WHERE s.level = %(level)s
    ), missing AS (
        SELECT d.parent_id, d.name, min(d.id) AS id
        FROM accounts_division d JOIN placed p ON p.id = d.parent_id AND NOT p.fresh
        WHERE d.level = %(level)s AND d.valid_to IS NULL AND NOT EXISTS (SELECT FROM staged s WHERE s.code = d.code)
        GROUP BY d.parent_id, d.name HAVING count(*) = 1
    ), known AS (
        SELECT h.code, h.parent_id, h.above, coalesce(h.id, m.id) AS id
        FROM here h
        LEFT JOIN missing m ON h.id IS NULL AND m.parent_id = h.parent_id AND m.name = h.name
            AND (SELECT count(*) FROM here x WHERE x.parent_id = h.parent_id AND x.name = h.name) = 1
    ), numbered AS MATERIALIZED (
        SELECT code, parent_id, above, id IS NULL AS fresh, coalesce(id, nextval('accounts_division_id_seq')) AS id
        FROM known
    )
    INSERT INTO placed SELECT code, id, parent_id, above || id || '.', fresh FROM numbered
"""

# `kind_now` keeps the bureau's own answer; the file's is taken where nobody has said anything yet, or on request.
CHANGES = """
    CREATE TEMP TABLE changed ON COMMIT DROP AS
    SELECT * FROM (
        SELECT d.id, d.code AS old_code, d.name AS old_name, d.path <> p.path AS moved, s.code, s.name, s.short_name,
            s.full_name, s.street_type, s.virtual, s.sort_key, p.parent_id, p.path,
            CASE WHEN %(take_kinds)s OR d.kind = '' THEN s.kind ELSE d.kind END AS kind,
            (d.code, d.name, d.short_name, d.full_name, d.street_type, d.virtual, d.path)
            IS DISTINCT FROM (s.code, s.name, s.short_name, s.full_name, s.street_type, s.virtual, p.path)
            OR d.kind <> s.kind AND (%(take_kinds)s OR d.kind = '') AS differs
        FROM placed p JOIN staged s USING (code) JOIN accounts_division d ON d.id = p.id
        WHERE NOT p.fresh
    ) pairs
    WHERE differs
"""

KINDS_KEPT = """
    SELECT s.code, s.name
    FROM placed p JOIN staged s USING (code) JOIN accounts_division d ON d.id = p.id
    LEFT JOIN changed c ON c.id = d.id
    WHERE NOT p.fresh AND s.kind <> coalesce(c.kind, d.kind)
    ORDER BY s.code
"""

LEFT_OUT = """
    SELECT d.code, d.name
    FROM accounts_division d
    WHERE d.level IN ('street', 'community') AND d.valid_to IS NULL
        AND d.parent_id IN (SELECT id FROM placed WHERE NOT fresh)
        AND NOT EXISTS (SELECT FROM placed p WHERE p.id = d.id)
    ORDER BY d.code
"""

ALIASES = """
    INSERT INTO accounts_divisionalias (division_id, code, name, street_name, note)
    SELECT c.id, CASE WHEN c.code <> c.old_code THEN c.old_code ELSE '' END, c.old_name,
        CASE WHEN c.moved AND d.level = 'community' THEN above.name ELSE '' END, ''
    FROM changed c JOIN accounts_division d ON d.id = c.id LEFT JOIN accounts_division above ON above.id = d.parent_id
    WHERE c.code <> c.old_code OR c.name <> c.old_name OR c.moved
    ON CONFLICT DO NOTHING
"""

CHANGE_DIVISIONS = """
    UPDATE accounts_division d
    SET code = c.code, name = c.name, short_name = c.short_name, full_name = c.full_name, street_type = c.street_type,
        virtual = c.virtual, sort_key = c.sort_key, parent_id = c.parent_id, path = c.path, kind = c.kind
    FROM changed c WHERE c.id = d.id
"""

ADD_DIVISIONS = """
    INSERT INTO accounts_division (id, code, name, short_name, full_name, level, kind, stat_class, street_type, virtual,
        parent_id, path, sort_key, valid_from)
    SELECT p.id, s.code, s.name, s.short_name, s.full_name, s.level, s.kind, '', s.street_type, s.virtual,
        p.parent_id, p.path, s.sort_key, %(valid_from)s::date
    FROM placed p JOIN staged s USING (code) WHERE p.fresh
"""

REPAIR_PATHS = """
    UPDATE accounts_division d SET path = above.path || d.id || '.'
    FROM accounts_division above WHERE above.id = d.parent_id AND d.path <> above.path || d.id || '.'
"""

# Open periods that no longer say what their division says today.
STRAYING = """
    DROP TABLE IF EXISTS straying;
    CREATE TEMP TABLE straying ON COMMIT DROP AS
    SELECT p.id, p.starts, d.id AS division_id, d.code, d.name
    FROM accounts_divisionperiod p JOIN accounts_division d ON d.id = p.division_id
    WHERE p.ends IS NULL AND d.valid_to IS NULL
        AND (p.code, p.name, p.short_name, p.kind, p.parent_id, p.path)
        IS DISTINCT FROM (d.code, d.name, d.short_name, d.kind, d.parent_id, d.path)
"""

LATER_PERIODS = "SELECT code, name, starts FROM straying WHERE starts > %(on)s ORDER BY code LIMIT 50"

CLOSE_PERIODS = """
    UPDATE accounts_divisionperiod p SET ends = %(on)s FROM straying s WHERE s.id = p.id AND p.starts < %(on)s
"""

CHANGE_PERIODS = """
    UPDATE accounts_divisionperiod p
    SET code = d.code, name = d.name, short_name = d.short_name, kind = d.kind, parent_id = d.parent_id, path = d.path
    FROM straying s JOIN accounts_division d ON d.id = s.division_id
    WHERE s.id = p.id AND p.ends IS NULL
"""

ADD_PERIODS = """
    INSERT INTO accounts_divisionperiod (division_id, code, name, short_name, kind, parent_id, path, starts)
    SELECT d.id, d.code, d.name, d.short_name, d.kind, d.parent_id, d.path,
        coalesce(%(starts)s::date, d.valid_from, DATE '1900-01-01')
    FROM accounts_division d
    LEFT JOIN accounts_divisionperiod p ON p.division_id = d.id AND p.ends IS NULL
    WHERE d.valid_to IS NULL AND p.id IS NULL
    ORDER BY d.id
"""
