"""What the pages of a form show of a filing: its questions, papers and look-alikes."""

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View

from casework.models import Case
from casework.services.road import with_filer
from registry.filing_forms import question
from registry.matters import MATTERS
from registry.models import Organization
from registry.services import filed, filings

NEW_MATTERS = ("filing", "listing")
ALIKE_SHOWN = 3
AGENT = "registry.apply_for_others"


def sign_in_by_phone(view):
    """Strangers are sent to the applicants' own sign-in page, which leads on to the officers'."""
    view.login_url = "apply:sign_in"
    return view


@method_decorator(sign_in_by_phone, name="dispatch")
class ApplicantView(View):
    """A page of those who file."""


def crumbs(*trail):
    return [(_("My cases"), reverse("apply:my")), *trail]


def own_filing(request, uid):
    """The filing of a case the user is a party to; the 404 of one that does not exist otherwise."""
    rows = Case.objects.held_by(request.user).select_related("division__parent", "filing__organization__district")
    case = get_object_or_404(rows.filter(filing__isnull=False), uid=uid)
    case.filing.case = case
    return case.filing


def editable(request, uid):
    """As `own_filing`; None for a case that is not with who filed it, or for whom it is only about."""
    filing = own_filing(request, uid)
    return filing if with_filer(filing.case, request.user) else None


def pages_of(filing):
    """[(number, title)] of the matter's form."""
    return list(enumerate(MATTERS[filing.case.kind].pages, start=1))


def asks_of(filing, page):
    return [ask for ask in MATTERS[filing.case.kind].asked(filing) if ask.page == page]


def locked_reason(filing, ask, user):
    """Why a fact is not asked although the form shows it; empty when it is."""
    new = filing.organization is None and filing.case.submitted_at is None
    if ask.key == "community" and new and user.has_perm(AGENT, filing.case):
        return _("Known from your account.")
    return ""


def wants_json(request):
    return request.headers.get("Accept", "").startswith("application/json")


def clock(moment):
    return timezone.localtime(moment).strftime("%H:%M")


def alike_of(filing):
    """Organizations in the register that look like the one being filed: their public facts only."""
    if filing.case.kind not in NEW_MATTERS or not filing.data.get("name"):
        return []
    found = [match.id for match in filed.alike(filing)[:ALIKE_SHOWN]]
    rows = Organization.objects.select_related("division").in_bulk(found)
    return [rows[pk] for pk in found]


def questions(filing, asks, user, *, typed=None, strict=False, items=()):
    values, errors = filings.read(filing)
    rows = filings.conditions(filing, values)
    present = filings.present(filing)
    by_anchor = {}
    for item in items:
        by_anchor.setdefault(item.anchor, []).append(item)
    return [
        question(
            filing,
            ask,
            typed=typed,
            errors=errors,
            strict=strict,
            conditions=rows,
            locked=locked_reason(filing, ask, user),
            items=by_anchor.get(ask.key, ()),
            present=present.get(ask.key),
        )
        for ask in asks
    ]


def frame(filing):
    """What every page of a form shows around its questions."""
    case = filing.case
    matter = MATTERS[case.kind]
    return {
        "filing": filing,
        "case": case,
        "matter": matter,
        "saved_at": clock(case.saved_at),
        "applicant": next((party.name for party in case.parties.all() if party.role == "applicant"), ""),
        "crumbs": crumbs((case.title or matter.label, "")),
        "max_mb": settings.ATTACHMENT_MAX_BYTES // 2**20,
    }


def no_store(response):
    response["Cache-Control"] = "no-store"
    return response


def papers_of(filing, *, strict=False, items=(), only=None):
    """[{paper, files, missing, items}] of the papers the matter asks for."""
    rows = filing.case.attachments.filter(replaced_by=None, removed_at=None).order_by("id")
    by_slot = {}
    for row in rows:
        by_slot.setdefault(row.slot, []).append(row)
    papers = MATTERS[filing.case.kind].papers_for(filing)
    return [
        {
            "paper": paper,
            "files": by_slot.get(paper.code, []),
            "missing": strict and paper.required and paper.code not in by_slot,
            "items": [item for item in items if item.anchor == paper.code],
        }
        for paper in papers
        if only is None or paper.code in only
    ]
