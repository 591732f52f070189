"""Frozen figures are never changed, by whatever road: a correction is a new row."""

from django.db import migrations

REFUSE = """
    CREATE FUNCTION reporting_snapshot_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'frozen figures are never changed; store a new version';
    END $$;
    CREATE TRIGGER reporting_snapshot_stays BEFORE UPDATE ON reporting_snapshot
        FOR EACH STATEMENT EXECUTE FUNCTION reporting_snapshot_stays();
"""
ALLOW = """
    DROP TRIGGER reporting_snapshot_stays ON reporting_snapshot;
    DROP FUNCTION reporting_snapshot_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0002_figures")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
