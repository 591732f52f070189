from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from accounts.context import current_division
from accounts.models import Division
from casework.paging import CappedPaginator
from registry import readiness
from registry.matters import MATTERS
from registry.models import Organization
from registry.models.scheme import Tier
from registry.views.matters import AGENT, start_url
from registry.views.shown import place_words

VIEW = "registry.view_organization"
PAGE = 30
# A list for those who know the organizations: up to the district.
UNITS = (Division.Level.DISTRICT, Division.Level.STREET, Division.Level.COMMUNITY)


class Ready(View):
    """可升级: whom to help up to the next tier, and what is still missing."""

    def get(self, request):
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        tier = Tier.TEAM if request.GET.get("tier") == Tier.TEAM else Tier.GROUP
        place = current_division(request)
        known = place is not None and place.level in UNITS
        rows = Organization.objects.visible_to(request.user).under(place) if known else Organization.objects.none()
        rungs = readiness.rungs(tier, place)
        found = readiness.ready(rows.select_related("division__parent", "type"), tier, rungs)
        page = CappedPaginator(found, PAGE).get_page(request.GET.get("page"))
        context = {
            "tiers": [(one, Tier(one).label, one == tier) for one in readiness.LADDER],
            "tier": tier,
            "known": known,
            "page": page,
            "rungs": [label for _code, label, _condition in rungs],
            "rows": [line_of(row, tier, rungs, request.user) for row in page],
            "crumbs": [(_("Organizations"), reverse("registry:organizations")), (_("Ready for the next tier"), "")],
        }
        return render(request, "registry/ready.html", context)


def line_of(row, tier, rungs, user):
    matter = MATTERS[readiness.LADDER[tier][0]]
    return {
        "organization": row,
        "place": place_words(row.division),
        "missing": [label for code, label, _condition in rungs if not getattr(row, f"ok_{code}")],
        "url": start_url(matter, row, agent=True) if user.has_perm(AGENT, row) else "",
        "matter": matter.label,
    }
