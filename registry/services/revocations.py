"""Whom somebody proposed to revoke: named to the street and listed until it opens the revocation, which hears them."""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from casework import notices
from casework.services import links
from casework.services.handling import holders_of
from registry.matters.authority import REVOKE
from registry.models import Filing, Organization, PeriodicReport
from registry.services.confirmations import ENDED, FAILED, to_revoke

PROPOSED = "to_revoke"
MOST_TOLD = 20


def ask(case, by, data):
    """Effect of a proposal: whoever may open the revocation at the place is told, with the way to the record."""
    organization, step = case.filing.organization, case.steps.last()
    link = links.address("registry:organization", organization.uid)
    params = {"name": organization.name, "link": link, "note": step.note}
    for user in holders_of("registry.order_filing", case.division_path)[:MOST_TOLD]:
        notices.tell(user.pk, "to_revoke", case=case, params=params, key=f"to_revoke:{case.pk}")


def to_be_revoked(on=None):
    """Organizations in force a case proposed to revoke, whose newest year was refused, or who missed too many years;
    until a revocation is opened about them.
    """
    about = Q(pk__in=proposals().values("organization")) | Q(pk__in=refusals().values("organization"))
    about |= Q(pk__in=to_revoke(on).values("pk"))
    return Organization.objects.in_force().filter(about, tier__in=REVOKE.tiers)


def proposals():
    """Filings of cases that ended with the proposal and were not followed up."""
    since = opened().filter(case__opened_at__gte=OuterRef("case__closed_at"))
    return Filing.objects.filter(case__state=PROPOSED).exclude(Exists(since))


def refusals():
    """Refused years after which no other was decided and nothing was opened."""
    annual = PeriodicReport.objects.standing().filter(kind=PeriodicReport.Kind.ANNUAL)
    later = annual.filter(organization=OuterRef("organization"), period__gt=OuterRef("period"))
    since = opened().filter(case__opened_at__date__gte=OuterRef("on"))
    return annual.filter(result__in=FAILED).exclude(Exists(later)).exclude(Exists(since))


def opened():
    """Revocations opened about an organization; one withdrawn or lapsed settles nothing."""
    about = Filing.objects.filter(organization=OuterRef("organization"), case__kind=REVOKE.kind)
    return about.exclude(case__outcome__in=ENDED)


def reasons(organizations):
    """{id: why it is on the list}, with two queries."""
    refused = refusals().filter(organization__in=organizations).values_list("organization", flat=True)
    found = dict.fromkeys(refused, _("Annual confirmation refused"))
    for filing in proposals().filter(organization__in=organizations).select_related("case"):
        found[filing.organization_id] = _("Proposed by the case %(number)s") % {"number": filing.case.number}
    missed = _("Annual confirmation missed year after year")
    return {row.pk: found.get(row.pk, missed) for row in organizations}
