"""Copies of a case for information; where a one-time link was sent to."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0014_rating_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="sent")),
                ("read_at", models.DateTimeField(null=True, verbose_name="read")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="copies", to="casework.case"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="case_copies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "copy of a case",
                "verbose_name_plural": "copies of cases",
                "ordering": ["-id"],
                "default_permissions": [],
                "constraints": [models.UniqueConstraint(fields=("case", "user"), name="case_copy_once")],
                "indexes": [
                    models.Index(condition=models.Q(("read_at", None)), fields=["user"], name="case_copy_unread")
                ],
            },
        ),
        migrations.AddField(
            model_name="onetimelink",
            name="sent_to",
            field=models.CharField(blank=True, editable=False, max_length=20),
        ),
    ]
