"""Pages for everybody, without signing in: the directory, an organization's profile, the check of a certificate."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View

from accounts.limits import Misses
from casework.paging import CappedPaginator
from casework.short_codes import read_code, spelled
from casework.views.public_notices import crumbs
from registry.directory import (
    former_names,
    leader_shown,
    listed_organizations,
    only_district,
    places_below,
    published_divisions,
    published_organizations,
    standing,
)
from registry.filters import looked_up
from registry.models import Certificate
from registry.models.organization import COUNTED
from registry.public_forms import CheckForm, DirectoryFilter
from registry.views.lists import chips_at, page_of, total_text
from registry.views.shown import Shown, place_words, state_of

PAGE = 24
READ_AFTER = ("division__parent", "type")  # the page first: a join would be made for every match of a search
MISSES = Misses("certificate", limit=20, seconds=60)


@method_decorator(login_not_required, name="dispatch")
class Open(View):
    """A page for everybody, whether signed in or not."""


class Front(Open):
    def get(self, request):
        return render(request, "public/front.html", {"check": CheckForm()})


class Directory(Open):
    def get(self, request):
        place = place_asked(request.GET)
        form = DirectoryFilter(request.GET or None, place=place)
        given = form.given() if form.is_bound else {}
        rows = narrowed(given)
        page = page_of(rows.prefetch_related(*READ_AFTER), request.GET, PAGE)
        shown = Shown(request.user)
        district = only_district() if place is None else None
        context = {
            "form": form,
            "chips": chips_at(reverse("public:organizations"), form, given, request.GET),
            "cards": [card(shown, row) for row in page.rows],
            "page": page,
            "total": total_text(CappedPaginator(rows, PAGE)),
            "filtered": bool(given),
            "browsing": given.keys() <= {"division"},
            "here": place or district,
            "places": places_below(place or district),
            "crumbs": crumbs((_("Directory of organizations"), "")),
        }
        return render(request, "public/directory.html", context)


def place_asked(address):
    """The division in the address, when it exists and publishes; None otherwise."""
    raw = address.get("division", "")
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):
        return None
    return published_divisions().filter(pk=int(raw)).first()


def narrowed(given):
    rows = listed_organizations().filter(**{name: given[name] for name in ("tier", "type") if name in given})
    if "division" in given:
        rows = rows.under(given["division"])
    return looked_up(rows, given["q"].strip()) if "q" in given else rows


def card(shown, organization):
    return {
        "organization": organization,
        "tier": shown.tier(organization.tier, organization.type),
        "where": place_words(organization.division),
        "state": state_of(organization.state),
    }


class Profile(Open):
    def get(self, request, uid):
        rows = published_organizations().select_related("division__parent", "district", "type__scheme", "leader")
        organization = get_object_or_404(rows, uid=uid)
        shown, today = Shown(request.user), timezone.localdate()
        directory = (_("Directory of organizations"), reverse("public:organizations"))
        context = {
            **card(shown, organization),
            "in_force": organization.state in COUNTED,
            "leader": leader_shown(organization),
            "former": former_names(organization),
            "functions": [shown.flags.get(row.flag, row.flag) for row in organization.flags.filter(ends=None)],
            "year": organization.years.filter(next_year=None).first(),
            "certificates": held(organization, today),
            "crumbs": crumbs(directory, (organization.name, "")),
        }
        return render(request, "public/profile.html", context)


def held(organization, today):
    """[(certificate, what it counts for today)] of the papers that are out."""
    return [(paper, standing(paper, today)) for paper in organization.certificates.valid()]


class Check(Open):
    """The form, and the answer to what was typed into it."""

    def get(self, request):
        form = CheckForm(request.GET or None)
        if not form.is_bound or not form.is_valid():
            return answer(request, {"check": form})
        return check(request, form, form.cleaned_data["code"])


class Scan(Open):
    """The answer behind the QR code of a certificate."""

    def get(self, request, code):
        return check(request, CheckForm(), code)


def check(request, form, text):
    """Live, out of the register itself; a code that is none and one nobody was given get the same answer."""
    if MISSES.exceeded(request):
        return answer(request, {"check": form, "busy": True}, status=429)
    code = read_code(text)
    rows = Certificate.objects.select_related(
        "organization__division__parent", "organization__type", "organization__successor", "issued_by"
    )
    certificate = rows.filter(code=code).first() if code else None
    if certificate is None:
        MISSES.add(request)
        return answer(request, {"check": form, "unknown": True})
    return answer(request, {"check": form, **found(request, certificate)})


def found(request, certificate):
    organization = certificate.organization
    return {
        **card(Shown(request.user), organization),
        "certificate": certificate,
        "code": spelled(certificate.code),
        "standing": standing(certificate, timezone.localdate()),
        "in_force": organization.state in COUNTED,
        "published": published_organizations().filter(pk=organization.pk).exists(),
        "asked_at": timezone.now(),
    }


def answer(request, context, status=200):
    context["crumbs"] = crumbs((_("Check a certificate"), ""))
    response = render(request, "public/check.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


class DivisionChildren(Open):
    """The places below one, for the cascade."""

    def get(self, request):
        place = place_asked({"division": request.GET.get("parent", "")})
        if place is None:
            raise Http404
        rows = published_divisions().filter(parent=place).order_by("path")
        return JsonResponse({"divisions": [{"id": row.pk, "name": str(row)} for row in rows]})
