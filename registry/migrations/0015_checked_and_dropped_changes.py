from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0014_leader_gone")]

    operations = [
        migrations.AlterField(
            model_name="divisionchange",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("checked", "Checked"),
                    ("dropped", "Dropped"),
                    ("refused", "Could not be applied"),
                    ("applied", "Applied"),
                ],
                default="draft",
                editable=False,
                max_length=10,
                verbose_name="state",
            ),
        )
    ]
