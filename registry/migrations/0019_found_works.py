from django.db import migrations, models
from django.db.models import Q

BIGRAMS = "CREATE INDEX {name} ON {table} USING gin (bigrams({column}))"


class Migration(migrations.Migration):
    dependencies = [("registry", "0018_import_decisions")]

    operations = [
        *(
            migrations.RunSQL(BIGRAMS.format(name=name, table=table, column=column), f"DROP INDEX {name}")
            for name, table, column in [
                ("need_content_bigrams", "registry_need", "content"),
                ("project_name_bigrams", "registry_project", "name"),
            ]
        ),
        migrations.AddIndex(
            "need", models.Index(fields=["number"], condition=~Q(number=""), name="need_number")
        ),
        migrations.AddIndex(
            "project", models.Index(fields=["number"], condition=~Q(number=""), name="project_number")
        ),
    ]
