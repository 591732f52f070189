from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0017_founding_units"),
    ]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="decisions",
            field=models.JSONField(
                blank=True, default=dict, editable=False, help_text="What was said of single lines."
            ),
        ),
    ]
