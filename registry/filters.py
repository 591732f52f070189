"""The filter of the organization list, for the page and for the export of exactly the same rows."""

from django.db.models import Q

from registry.lookups import search
from registry.models import Organization, OrganizationAlias, OrganizationFlag
from registry.models.organization import COUNTED
from registry.survey.words import clean, latin

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
        rows = rows.filter(numbered(given["uscc"].strip()))
    return looked_up(rows, given["q"].strip()) if "q" in given else rows


def numbered(number):
    """The condition "has or had this credit code or filing number"."""
    # Read apart: with a subquery in the condition the planner no longer walks the index of places.
    former = OrganizationAlias.objects.filter(text=number).values_list("organization", flat=True)
    return Q(uscc=number.upper()) | Q(filing_no=number) | Q(pk__in=list(former[:20]))


def looked_up(rows, text):
    """The rows that have or had the text as their number, else those whose name contains it.

    Only what holds a digit is looked for among the numbers: most names hold none.
    """
    number = latin(clean(text))
    if any(map(str.isdigit, number)):
        same = rows.filter(numbered(number))
        if same.exists():
            return same
    return search(rows, text)
