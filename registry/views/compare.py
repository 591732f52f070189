"""The organization as typed beside those of the register that look like it."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from registry.models import Organization
from registry.services.people import masked
from registry.views.shown import place_words, state_of

HOW = {
    "uscc": _("has the same credit code"),
    "filing_no": _("has the same filing number"),
    "former": _("had the same filing number before"),
    "name": _("has the same name in the same place"),
    "place": _("has the same name in another place of the district"),
    "tier": _("has the same name on another tier"),
    "ended": _("has the same name and has ended"),
    "near": _("has a very similar name"),
}


@dataclass(frozen=True)
class Alike:
    """One look-alike for the page; `organization` is None for one in a place the user does not see."""

    how: str
    sure: bool
    same_phone: bool
    organization: Organization | None
    place: str
    state: dict | None
    phone: str
    reason: str


def compared(request, form, matches):
    """Alike(…) of every match, in order; of records outside the user's places only that they exist."""
    rows = Organization.objects.visible_to(request.user).select_related("division__parent", "type", "leader")
    seen = rows.in_bulk([match.id for match in matches])
    return [alike(request, match, seen.get(match.id)) for match in matches]


def alike(request, match, organization):
    return Alike(
        how=HOW[match.how],
        sure=match.how in ("uscc", "filing_no"),
        same_phone=match.same_phone,
        organization=organization,
        place=place_words(organization.division) if organization else "",
        state=state_of(organization.state) if organization else None,
        phone=masked(organization.leader)["phone"] if organization else "",
        reason=request.POST.get(f"distinct_{match.uid}", "")[:200],
    )
