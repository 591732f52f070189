"""Two indexes fewer on organizations: one begins another index, the other is of use for few rows only."""

import django.db.models.deletion
from django.db import migrations, models

PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("registry", "0015_checked_and_dropped_changes")]

    operations = [
        migrations.AlterField(
            "organization",
            "division",
            models.ForeignKey(
                db_index=False,
                on_delete=PROTECT,
                related_name="organizations",
                to="accounts.division",
                verbose_name="home division",
            ),
        ),
        migrations.AlterField(
            "organization",
            "successor",
            models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=PROTECT,
                related_name="merged",
                to="registry.organization",
                verbose_name="merged into",
            ),
        ),
        migrations.AddIndex(
            "organization",
            models.Index(
                condition=models.Q(("successor__isnull", False)), fields=["successor"], name="organization_successor"
            ),
        ),
    ]
