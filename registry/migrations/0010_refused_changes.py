from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_former_names")]

    operations = [
        migrations.AddField(
            model_name="divisionchange",
            name="refusal",
            field=models.TextField(
                blank=True, db_default="", default="", editable=False, verbose_name="why it could not be applied"
            ),
        ),
        migrations.AlterField(
            model_name="divisionchange",
            name="state",
            field=models.CharField(
                choices=[("draft", "Draft"), ("refused", "Could not be applied"), ("applied", "Applied")],
                default="draft",
                editable=False,
                max_length=10,
                verbose_name="state",
            ),
        ),
    ]
