"""What everybody may know: who stands in the public directory, and what the code on a certificate answers today."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from casework import policy
from casework.sealing import mask_name
from registry.models import Certificate, Organization, OrganizationAlias
from registry.models.organization import COUNTED, State
from registry.models.scheme import Tier

DIRECTORY, LEADER_NAME = "public.directory", "public.leader_name"
# The matter by which the office mends its own slip.
CORRECTED = "correction"
FEW_DISTRICTS = 60
COUNTED_BELOW = (Division.Level.DISTRICT, Division.Level.STREET)


def published(field="division_path"):
    """The condition "lies where the bureau publishes its directory" (policy public.directory, default yes; SH-43)."""
    condition = None
    for path, shown in policy.values(DIRECTORY):
        inside = Q(**{f"{field}__startswith": path})
        if condition is None:
            condition = Q(pk__isnull=False)
        condition = condition | inside if shown else condition & ~inside
    return Q() if condition is None else condition


def published_organizations():
    """Organizations of publishing districts, ended ones too: their page says that they have ended."""
    return Organization.objects.filter(published())


def listed_organizations():
    """The directory: those on the register today."""
    return published_organizations().in_force()


def published_divisions():
    return Division.objects.in_force().filter(published("path"), virtual=False)


def places_below(place):
    """[(division, organizations on the register or None)]: where to look next.

    Under a district or street each place has its number; higher up counting would take longer than a page may.
    """
    if place is None:
        districts = list(published_divisions().filter(level=Division.Level.DISTRICT).order_by("path")[:FEW_DISTRICTS])
        tops = published_divisions().filter(parent=None).order_by("path")
        return [(row, None) for row in (districts if len(districts) < FEW_DISTRICTS else tops)]
    children = published_divisions().filter(parent=place).order_by("path")
    if place.level not in COUNTED_BELOW:
        return [(row, None) for row in children]
    return [(row, row.listed) for row in children.annotate(listed=Subquery(count_inside())) if row.listed]


def count_inside():
    """Organizations in force inside the outer division, by a range of the index of places."""
    inside = Organization.objects.in_force().filter(
        division_path__gte=OuterRef("path"), division_path__lt=Concat(OuterRef("path"), Value("~"))
    )
    return inside.order_by().annotate(listed=Func(F("pk"), function="COUNT")).values("listed")


def only_district():
    """The district of a portal that serves one; None where there are several."""
    found = published_divisions().filter(level=Division.Level.DISTRICT)[:2]
    return found[0] if len(found) == 1 else None


def leader_shown(organization):
    """The leader's name: in full for registered organizations, else 王* unless policy public.leader_name says so."""
    if organization.leader is None:
        return ""
    if organization.tier == Tier.REGISTERED or policy.value(LEADER_NAME, default=False, division=organization.district):
        return organization.leader.name
    return mask_name(organization.leader.name)


def former_names(organization):
    """Names the organization bore before changes of name, the latest first; what the office corrected is none."""
    rows = organization.aliases.filter(kind=OrganizationAlias.Kind.NAME).exclude(cause=CORRECTED)
    names = dict.fromkeys(rows.values_list("text", flat=True))
    return [name for name in names if name != organization.name]


@dataclass(frozen=True)
class Standing:
    """What a certificate counts for today: tone and mark of its badge, its words, and since when."""

    tone: str
    mark: str
    word: str
    since: date | None = None

    @property
    def holds(self):
        return self.tone == "met"


ENDED = {
    State.CANCELLED: _("The organization was cancelled"),
    State.REVOKED: _("The filing was revoked"),
    State.MERGED: _("The organization was merged into another"),
}
OUT_OF_FORCE = {
    Certificate.State.REPLACED: _("Replaced by a new certificate; this one no longer counts"),
    Certificate.State.RETURNED: _("Handed back; this certificate no longer counts"),
}


def standing(certificate, on):
    """The answer of the check page: the organization's end comes first, then the paper's own, then its last day."""
    organization = certificate.organization
    if organization.state not in COUNTED:
        return Standing("late", "x-circle-fill", ended_word(organization), organization.ended)
    if certificate.state != Certificate.State.VALID:
        return Standing("late", "x-circle-fill", out_of_force(certificate), certificate.ended_on)
    if certificate.valid_to is not None and certificate.valid_to < on:
        return Standing("near", "exclamation-triangle-fill", _("Run out"), certificate.valid_to)
    return Standing("met", "check-circle-fill", _("Valid"))


def ended_word(organization):
    if organization.state == State.MERGED and organization.successor_id:
        return gettext("Merged into “%(name)s”") % {"name": organization.successor}
    return ENDED.get(organization.state, organization.get_state_display())


def out_of_force(certificate):
    if certificate.state != Certificate.State.LOST:
        return OUT_OF_FORCE[certificate.state]
    if is_issued_again(certificate):
        return _("Lost and issued again; this certificate no longer counts")
    return _("Reported lost; this certificate no longer counts")


def is_issued_again(certificate):
    """Whether the organization holds a valid paper of the same kind (read from the prefetched ones where there are)."""
    others = certificate.organization.certificates.all()
    return any(row.state == Certificate.State.VALID and row.kind == certificate.kind for row in others)
