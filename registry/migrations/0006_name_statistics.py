"""Statistics on the searched form of names, so that the planner knows a common term and walks the list's own order.

Without them a substring search of a common term sorted every match: a page of 116,000 organizations took 1.0 s, with
them 0.1 s (bench/bench_lists.py --scale 0.05).
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_faster_writing")]

    operations = [
        migrations.RunSQL(
            'CREATE STATISTICS organization_name_lower ON (lower(name COLLATE "C")) FROM registry_organization',
            "DROP STATISTICS organization_name_lower",
        ),
    ]
