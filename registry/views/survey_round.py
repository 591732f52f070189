"""The board of a year's survey: which street has handed in, and a reminder to those that have not."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from accounts.context import current_division
from registry.services import survey_round
from registry.services.imports import PERMISSION
from registry.views.imports import STATE_TONES, MayImport
from registry.work_forms import FiguresFilter, years


class SurveyRound(MayImport, View):
    def get(self, request):
        place, year = place_and_year(request, request.GET)
        rows = survey_round.standing(place, year)
        for row in rows:
            batch = row["batch"]
            row["tone"] = STATE_TONES.get(batch.state, "now") if batch else "none"
            row["wrong"] = batch.counts.get("reject", 0) + batch.counts.get("duplicate", 0) if batch else None
        missing = [row for row in rows if not row["batch"] and not row["reported"]]
        heading = _("Survey round %(year)s · %(place)s") % {"year": year, "place": place}
        context = {
            "form": FiguresFilter({"year": year}),
            "rows": rows,
            "year": year,
            "missing": len(missing),
            "heading": heading,
            "crumbs": [(_("Survey import"), reverse("registry:imports")), (heading, "")],
        }
        return render(request, "registry/survey_round.html", context)

    def post(self, request):
        place, year = place_and_year(request, request.POST)
        missing, one = survey_round.missing(place, year), request.POST.get("street")
        streets = [street for street in missing if not one or str(street.pk) == one]
        told = survey_round.remind(streets=streets, year=year, by=request.user)
        words = {"streets": len(streets), "people": told}
        messages.success(request, _("%(streets)s streets reminded, %(people)s people told.") % words)
        return redirect(f"{reverse('registry:survey_round')}?year={year}")


def place_and_year(request, data):
    """The place of work, where the user may import, and the year asked for, else the newest whole one."""
    place = current_division(request)
    if place is None or not request.user.has_perm(PERMISSION, place):
        raise PermissionDenied
    asked = data.get("year", "")
    return place, next((year for year, text in years() if text == asked), years()[1][0])
