from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0016_fewer_organization_indexes")]

    operations = [
        migrations.AddField(
            model_name="filingperson",
            name="is_unit",
            field=models.BooleanField(default=False, verbose_name="a unit, not a person"),
        ),
    ]
