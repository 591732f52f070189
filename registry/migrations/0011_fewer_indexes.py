"""Indexes that another index of the same table begins with: each cost every stored row a write and helped no search."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_substitutes"), ("registry", "0010_refused_changes")]

    operations = [
        migrations.AlterField(
            "importrow",
            "batch",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rows",
                to="registry.importbatch",
            ),
        ),
        migrations.AlterField(
            "organizationperiod",
            "division",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="organization_periods",
                to="accounts.division",
            ),
        ),
        migrations.AlterField(
            "organizationperiod",
            "organization",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="periods",
                to="registry.organization",
            ),
        ),
        migrations.AlterField(
            "organizationyear",
            "organization",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="years",
                to="registry.organization",
                verbose_name="organization",
            ),
        ),
    ]
