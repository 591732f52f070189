import django.db.models.deletion
from django.db import migrations, models

PLACE = {
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": "accounts.division",
    "verbose_name": "where the case lay",
}
FILL = """
    UPDATE casework_casestep s SET division_id = c.division_id FROM casework_case c WHERE c.id = s.case_id
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0001_initial"), ("casework", "0012_due_days")]

    operations = [
        migrations.AddField("casestep", "division", models.ForeignKey(null=True, **PLACE)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("casestep", "division", models.ForeignKey(**PLACE)),
    ]
