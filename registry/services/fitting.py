"""Which matters are about which organizations."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from registry.models.scheme import Tier
from registry.services.guards import is_decided, is_filed

# Matters that enter what the register may know already, from a survey or as a group.
ENTRIES = {"filing": (Tier.TEAM, Tier.GROUP), "listing": (Tier.GROUP,)}


def fits(matter, organization):
    """Whether the matter is about such an organization: a filed one, or entering one that is not filed yet.

    A listed group may be filed as a team; registered organizations have the matters that name their tier.
    """
    if matter.kind in ENTRIES:
        raised = organization.tier == Tier.GROUP and matter.kind == "filing"
        return organization.tier in ENTRIES[matter.kind] and (raised or not is_filed(organization))
    return organization.tier in matter.tiers and is_decided(organization)


def require_unfiled(matter, organization):
    """Refuses to file or list what is filed or listed already, or stands on a higher tier."""
    if organization is not None and matter.kind in ENTRIES and not fits(matter, organization):
        raise ValidationError(_("%(name)s is filed already.") % {"name": organization}, code="filed")


def require_filed(matter, organization, by):
    """Refuses somebody a matter about a filing that never was; what the portal opens itself it answers for itself."""
    asked = organization is not None and matter.kind not in ENTRIES and isinstance(by, User)
    if asked and not fits(matter, organization):
        words = {"matter": matter.label, "name": organization}
        raise ValidationError(
            _("“%(matter)s” is about filed organizations; %(name)s is not filed yet.") % words, code="unfiled"
        )


def require_tier(matter, organization):
    """Refuses a matter without the organization it is about, and one about another tier than the matter is for."""
    if not matter.tiers:
        return
    if organization is None:
        raise ValidationError(_("Please say first which organization this is about."), code="organization")
    if organization.tier not in matter.tiers:
        words = {
            "matter": matter.label,
            "name": organization,
            "tier": Tier(organization.tier).label,
            "tiers": "、".join(str(Tier(tier).label) for tier in matter.tiers),
        }
        raise ValidationError(
            _("“%(matter)s” is not for %(name)s (%(tier)s); it is for: %(tiers)s.") % words, code="tier"
        )
