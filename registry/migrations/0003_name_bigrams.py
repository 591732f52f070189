from django.db import migrations

# Pairs of neighbouring characters, lower case; a single character is its own "pair". Plain SQL, no extension.
FUNCTION = """
CREATE FUNCTION bigrams(term text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ARRAY(
        SELECT substr(lower(term COLLATE "C"), place, 2)
        FROM generate_series(1, greatest(length(term) - 1, 1)) AS place
    )
$$
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_distinct_pairs")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION bigrams(text)"),
        migrations.RunSQL(
            "CREATE INDEX organization_name_bigrams ON registry_organization USING gin (bigrams(name))",
            "DROP INDEX organization_name_bigrams",
        ),
    ]
