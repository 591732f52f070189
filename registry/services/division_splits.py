"""Who goes to which part of a community that is split: noted on the draft, done when it is applied."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Assignment
from casework import audit
from registry.models import DivisionChange, Organization
from registry.services.division_changes import ADD, lock_change
from registry.services.division_checks import change_lines
from registry.services.guards import require_right


def organizations_of(change):
    """The organizations in force whose home the split community is."""
    return Organization.objects.filter(division=change.division).in_force().order_by("name", "id")


def people_of(change):
    """Who works at the split community, today or from a day to come."""
    rows = Assignment.objects.filter(division=change.division).exclude(ends__lte=timezone.localdate())
    return rows.select_related("user", "role").order_by("role__name", "user__name", "id")


@transaction.atomic
def map_parts(*, change, organizations, people, by):
    """Notes on a draft which part each organization and each assignment goes to; returns the change.

    `organizations` and `people` map ids to lines of the change and replace what was noted; who is left out waits at
    the street (organizations) or goes on at every part (people). Refuses a change checked meanwhile, and ids that are
    not at the place.
    """
    change = lock_change(change)
    if change.kind != DivisionChange.Kind.SPLIT or change.state != DivisionChange.State.DRAFT:
        raise ValidationError(_("This change is checked already. Drop it and draft it anew to change it."))
    require_right(by, ADD, change.division)
    if organizations.keys() - ids(organizations_of(change)) or people.keys() - ids(people_of(change)):
        raise ValidationError(_("Somebody changed what lies at this place meanwhile. Please look at it again."))
    counts = {}
    for line in change_lines(change):
        line.organizations.set([pk for pk, own in organizations.items() if own == line])
        line.people.set([pk for pk, own in people.items() if own == line])
        counts[str(line)] = [line.organizations.count(), line.people.count()]
    audit.record("division_change.map", change, by=by, after={"parts": counts})
    return change


def ids(rows):
    return set(rows.values_list("pk", flat=True))
