from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0011_objection_codes_and_provisional_ends")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="due_days",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.RunSQL(
            "UPDATE casework_case SET due_days = limit_days WHERE due IS NOT NULL AND limit_days IS NOT NULL",
            migrations.RunSQL.noop,
        ),
    ]
