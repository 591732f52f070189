"""Who works where after a split; the organizations that wait at a street to be placed."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("registry", "0019_found_works")]

    operations = [
        migrations.AddField(
            "divisionchangeline",
            "people",
            models.ManyToManyField(blank=True, related_name="+", to="accounts.assignment"),
        ),
        migrations.AddIndex(
            "organizationperiod",
            models.Index(fields=["division"], condition=Q(cause="to_place"), name="period_to_place"),
        ),
    ]
