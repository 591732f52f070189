import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_fewer_division_indexes"),
        ("registry", "0007_filings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("filing", "Filing certificate"),
                            ("listing", "Listing certificate"),
                            ("plaque", "Plaque"),
                        ],
                        default="filing",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=60, verbose_name="number")),
                (
                    "code",
                    models.CharField(
                        db_collation="C", editable=False, max_length=10, unique=True, verbose_name="code to check it"
                    ),
                ),
                ("issued_on", models.DateField(verbose_name="issued on")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid until")),
                ("copy_no", models.PositiveSmallIntegerField(default=0, verbose_name="copies for lost ones")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("valid", "Out and valid"),
                            ("replaced", "Replaced by a new one"),
                            ("returned", "Handed back"),
                            ("lost", "Lost"),
                        ],
                        default="valid",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="out of force since")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.division",
                        verbose_name="issued by",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="registry.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "certificate",
                "verbose_name_plural": "certificates",
                "ordering": ["-issued_on", "-id"],
                "permissions": [("issue_certificate", "Can issue, replace and take back certificates")],
                "default_permissions": ["view"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "valid")),
                        fields=("organization", "kind"),
                        name="certificate_valid_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_on", None), ("state", "valid")),
                            models.Q(models.Q(("state", "valid"), _negated=True), ("ended_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="certificate_ended_with_its_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("issued_on")), _connector="OR"
                        ),
                        name="certificate_in_order",
                    ),
                ],
            },
        ),
    ]
