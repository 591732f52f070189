import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OWNER = {"on_delete": django.db.models.deletion.CASCADE, "to": settings.AUTH_USER_MODEL}
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0007_issued_papers_and_packages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ID,
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("queue", models.CharField(max_length=10)),
                ("query", models.CharField(max_length=300)),
                ("user", models.ForeignKey(related_name="saved_filters", **OWNER)),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "ordering": ["id"],
                "default_permissions": [],
                "constraints": [models.UniqueConstraint(fields=("user", "name"), name="saved_filter_once")],
            },
        ),
        migrations.CreateModel(
            name="Phrase",
            fields=[
                ID,
                ("text", models.CharField(max_length=200, verbose_name="phrase")),
                ("user", models.ForeignKey(related_name="phrases", **OWNER)),
            ],
            options={
                "verbose_name": "phrase",
                "verbose_name_plural": "phrases",
                "ordering": ["id"],
                "default_permissions": [],
                "constraints": [models.UniqueConstraint(fields=("user", "text"), name="phrase_once")],
            },
        ),
    ]
