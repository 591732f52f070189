from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0009_links_and_ratings")]

    operations = [
        migrations.AlterModelOptions(
            name="rating",
            options={
                "default_permissions": [],
                "permissions": [
                    ("view_rating", "Can read ratings of the service"),
                    ("answer_rating", "Can answer bad ratings of the service"),
                ],
                "verbose_name": "rating",
                "verbose_name_plural": "ratings",
            },
        ),
        migrations.AddField("rating", "due", models.DateField(editable=False, null=True, verbose_name="due")),
        migrations.AddField(
            "rating", "answer", models.CharField(blank=True, default="", max_length=500, verbose_name="answer"), False
        ),
        migrations.AddField("rating", "answered_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "rating", "answered_by", models.CharField(blank=True, default="", max_length=150), False
        ),
        migrations.AddField(
            "rating",
            "remedy",
            models.CharField(blank=True, default="", max_length=500, verbose_name="what was put right"),
            False,
        ),
        migrations.AddField("rating", "remedied_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "rating", "remedied_by", models.CharField(blank=True, default="", max_length=150), False
        ),
    ]
