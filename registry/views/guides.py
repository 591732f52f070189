"""Guides of the matters (办事指南) for everybody, and the blank forms they name."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Division
from registry.directory import only_district, published_divisions
from registry.matters import MATTERS
from registry.samples import SAMPLES, sample
from registry.services import applicants, guides
from registry.views.public import Open, crumbs

DISTRICTS = 200


class Guides(Open):
    def get(self, request):
        context = {"matters": applicants.open_to_applicants(), "crumbs": crumbs((_("Service guides"), ""))}
        return render(request, "apply/guides.html", context)


class Guide(Open):
    def get(self, request, kind):
        matter = matter_of(kind)
        districts = published_divisions().filter(level=Division.Level.DISTRICT).order_by("path")[:DISTRICTS]
        district = next((row for row in districts if str(row.pk) == request.GET.get("division")), None)
        district = district or only_district()
        steps = guides.steps(matter, district)
        context = {
            "matter": matter,
            "districts": districts,
            "district": district,
            "steps": steps,
            "days": guides.office_days(steps),
            "conditions": guides.conditions(matter, district),
            "contacts": guides.contacts(district),
            "crumbs": crumbs((_("Service guides"), reverse("public:guides")), (matter.label, "")),
        }
        return render(request, "apply/guide.html", context)


def matter_of(kind):
    matter = MATTERS.get(kind)
    if matter is None or matter.by_authority:
        raise Http404
    return matter


class Sample(Open):
    def get(self, request, code):
        if code not in SAMPLES:
            raise Http404
        response = HttpResponse(sample(code), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{code}.pdf"'
        return response
