"""The audit trail is only added to, its times are the database's, and counters only rise, whoever asks."""

import casework.models.audit
from django.db import migrations, models


REFUSE = """
    CREATE FUNCTION casework_trail_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit trail is only added to';
    END $$;
    CREATE TRIGGER casework_trail_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON casework_auditevent
        FOR EACH STATEMENT EXECUTE FUNCTION casework_trail_stays();
    CREATE TRIGGER casework_trail_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON casework_auditlink
        FOR EACH STATEMENT EXECUTE FUNCTION casework_trail_stays();

    CREATE FUNCTION casework_event_time() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.at := clock_timestamp();
        RETURN NEW;
    END $$;
    CREATE TRIGGER casework_event_time BEFORE INSERT ON casework_auditevent
        FOR EACH ROW EXECUTE FUNCTION casework_event_time();

    CREATE FUNCTION casework_counter_rises() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a counter only rises: numbers are never given twice';
    END $$;
    CREATE TRIGGER casework_counter_rises BEFORE UPDATE ON casework_counter
        FOR EACH ROW WHEN (NEW.last < OLD.last OR NEW.series <> OLD.series)
        EXECUTE FUNCTION casework_counter_rises();
    CREATE TRIGGER casework_counter_stays BEFORE DELETE OR TRUNCATE ON casework_counter
        FOR EACH STATEMENT EXECUTE FUNCTION casework_counter_rises();
"""
ALLOW = """
    DROP TRIGGER casework_counter_stays ON casework_counter;
    DROP TRIGGER casework_counter_rises ON casework_counter;
    DROP FUNCTION casework_counter_rises();
    DROP TRIGGER casework_event_time ON casework_auditevent;
    DROP FUNCTION casework_event_time();
    DROP TRIGGER casework_trail_stays ON casework_auditlink;
    DROP TRIGGER casework_trail_stays ON casework_auditevent;
    DROP FUNCTION casework_trail_stays();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0003_cases'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditLink',
            fields=[
                ('seq', models.BigIntegerField(primary_key=True, serialize=False)),
                ('event_id', models.BigIntegerField(unique=True)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'verbose_name': 'audit link',
                'verbose_name_plural': 'audit links',
                'ordering': ['seq'],
                'default_permissions': [],
            },
        ),
        migrations.CreateModel(
            name='CalendarDay',
            fields=[
                ('date', models.DateField(primary_key=True, serialize=False, verbose_name='day')),
                ('working', models.BooleanField(verbose_name='working day')),
                ('note', models.CharField(blank=True, max_length=100, verbose_name='note')),
            ],
            options={
                'verbose_name': 'calendar day',
                'verbose_name_plural': 'working-day calendar',
                'ordering': ['date'],
                'default_permissions': ['view', 'change'],
            },
        ),
        migrations.CreateModel(
            name='Counter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('series', models.CharField(db_collation='C', max_length=60, unique=True)),
                ('last', models.BigIntegerField(default=0)),
                ('anchored', models.BigIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'counter',
                'verbose_name_plural': 'counters',
                'ordering': ['series'],
                'default_permissions': [],
            },
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='at',
            field=models.DateTimeField(db_default=casework.models.audit.ClockTime(), db_index=True, editable=False, verbose_name='at'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['actor', '-id'], name='audit_actor'),
        ),
        migrations.AddIndex(
            model_name='counter',
            index=models.Index(condition=models.Q(('last__gt', models.F('anchored'))), fields=['series'], name='counter_rising'),
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
