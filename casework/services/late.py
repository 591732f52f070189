"""Where cases lie too long."""

from django.db import models
from django.db.models import Count, F, When

from accounts.models import Division
from casework.models import Case

STREETS = 10


def overdue_by_street(user, place):
    """[(street, how many open cases are overdue)] under the place, among those the user may see; the worst first."""
    rows = Case.objects.visible_to(user).overdue().filter(division_path__startswith=place.path)
    at_home = When(division__level=Division.Level.COMMUNITY, then=F("division__parent"))
    rows = rows.exclude(submitted_at=None).annotate(street=models.Case(at_home, default=F("division")))
    counts = dict(rows.values_list("street").annotate(late=Count("pk")).order_by("-late")[:STREETS])
    streets = Division.objects.in_bulk(counts)
    return [(streets[pk], late) for pk, late in counts.items()]
