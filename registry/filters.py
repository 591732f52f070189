"""The filter of the organization list, for the page and for the export of exactly the same rows."""

from django.db.models import Q

from registry.lookups import search
from registry.models import Organization, OrganizationAlias, OrganizationFlag
from registry.models.organization import COUNTED

DIRECT = ("tier", "type")


def filtered(user, given):
    """Organizations the user may see, narrowed by `OrganizationFilter.given()`; unordered."""
    rows = Organization.objects.visible_to(user)
    rows = rows.filter(**{name: given[name] for name in DIRECT if name in given})
    if "division" in given:
        rows = rows.under(given["division"])
    if "state" in given:
        rows = rows.filter(state__in=COUNTED if given["state"] == "counted" else [given["state"]])
    if "flag" in given:
        held = OrganizationFlag.objects.filter(flag=given["flag"], ends=None)
        rows = rows.filter(pk__in=held.values("organization"))
    if "uscc" in given:
        number = given["uscc"].strip()
        # Read apart: with a subquery in the condition the planner no longer walks the index of places.
        former = OrganizationAlias.objects.filter(text=number).values_list("organization", flat=True)
        rows = rows.filter(Q(uscc=number.upper()) | Q(filing_no=number) | Q(pk__in=list(former[:20])))
    return search(rows, given["q"]) if "q" in given else rows
