"""Organizations a split or an end of their place left at the division above, until they are placed (domain 10.2)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Division
from accounts.models.division import in_paths
from casework import audit
from registry.models import Organization, OrganizationPeriod
from registry.services.division_moves import move_cases
from registry.services.divisions import realign_organizations
from registry.services.guards import lock_organization, require_past, require_right
from registry.services.organizations import describe, save_change
from registry.services.standing import WAITS, assign_standing, bring_history, turn_period

RIGHT = "registry.change_organization"
HOMES = (Division.Level.STREET, Division.Level.COMMUNITY)
PLACED, STREET_WIDE = "division_change", "street_wide"


def to_place(user, right=RIGHT):
    """Organizations in force still homed where a change of divisions left them, at places where the user may move them.

    Whoever is found to work for the whole street is told so once (`place_organizations`) and waits no more.
    """
    left = OrganizationPeriod.objects.filter(cause=WAITS, division=F("organization__division"))
    return Organization.objects.visible_to(user, right).in_force().filter(pk__in=left.values("organization"))


def homes_for(user, organizations):
    """The streets and communities in force below the present homes of the organizations, where the user may write."""
    left = Division.objects.filter(pk__in=organizations.order_by().values("division"))
    below = Division.objects.visible_to(user, RIGHT).in_force().filter(level__in=HOMES, virtual=False)
    below = below.filter(in_paths("path", left.values_list("path", flat=True))).exclude(pk__in=left)
    return below.select_related("parent").order_by("code")


@transaction.atomic
def place_organizations(*, organizations, division, reason, by, on=None):
    """Homes waiting organizations somewhere below their present home, or says that they work for all of it (None).

    `on` is the day they begin to count there; without one they do since the change of divisions, as if it had named
    them. Their open cases go along. The change of divisions decided it: no case is needed. Refuses an empty reason, an
    organization that waits no more, and a place not below its present home. Returns how many.
    """
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("Please give the reason.")})
    if on is not None:
        require_past(on, "on")
    for organization in sorted(organizations, key=lambda row: row.pk):
        place(lock_organization(organization), division, on, reason.strip(), by)
    realign_organizations(by=by)
    return len(organizations)


def place(organization, division, on, reason, by):
    street = organization.division
    waiting = organization.periods.filter(cause=WAITS, division=street)
    first = waiting.order_by("starts").first()
    if first is None:
        raise ValidationError(_("%(name)s is placed already.") % {"name": organization})
    require_right(by, RIGHT, organization)
    if division is None:
        waiting.update(cause=STREET_WIDE)
        audit.record("stay_at_street", organization, by=by, note=reason)
        return
    below = division != street and division.level in HOMES and division.path.startswith(street.path)
    if not below or division.valid_to or division.virtual:
        words = {"name": organization, "street": street}
        raise ValidationError({"division": _("%(name)s belongs to a community of %(street)s.") % words})
    before = describe(organization)
    assign_standing(organization, {"division": division})
    bring_history(organization, street.pk)
    waiting.update(cause=PLACED)
    if on is None or on <= first.starts:
        since = organization.periods.filter(division=street, starts__gte=first.starts)
        since.update(division=division, division_now=division)
    else:
        turn_period(organization, on, PLACED)
    move_cases(street, {organization.pk: division}, street)
    save_change("place", organization, before, by=by, note=reason, places=[street.pk])
