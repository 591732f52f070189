"""One's own cases: what to do now, where each one is, and what to do with an ended one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import F
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from casework.flows import flow_of
from casework.models import Case, Rating
from casework.services import inbox, packages, ratings
from casework.services.road import awaited, awaiting, read_by_parties, road, with_applicant
from casework.views.cases import framing, version_of
from casework.workflow import available, perform
from registry.services import applicants, consent, filings
from registry.views.filing_shown import ApplicantView, crumbs, no_store, own_filing, papers_of

SHOWN = 50


class MyCases(ApplicantView):
    def get(self, request):
        todo = awaiting(request.user).select_related("division__parent").prefetch_related("parties")
        rest = Case.objects.held_by(request.user).select_related("division__parent").prefetch_related("parties")
        rest = rest.exclude(pk__in=todo.values("pk"))
        ordered = rest.order_by(F("closed_at").desc(nulls_first=True), "-saved_at", "-id")
        page = Paginator(ordered, SHOWN).get_page(request.GET.get("page"))
        rows = lines(page, request.user)
        running = [row for row in rows if row["case"].is_open]
        groups = [
            ("mine", _("Your turn"), lines(todo.order_by("due", "id"), request.user)),
            ("offices", _("With the offices"), [row for row in running if not row["waits_for"]]),
            ("others", _("Waiting for others"), [row for row in running if row["waits_for"]]),
            ("ended", _("Finished"), [row for row in rows if not row["case"].is_open]),
        ]
        context = {
            "groups": [group for group in groups if group[2]],
            "page_obj": page,
            "acting": applicants.acts_for_others(request.user),
            "teams": applicants.organizations_of(request.user).select_related("division")[:SHOWN],
        }
        return no_store(render(request, "apply/my.html", context))


def lines(cases, user):
    cases = list(cases)
    blocking = consent.blocking(cases)
    return [line(case, user, blocking.get(case.pk, "")) for case in cases]


def line(case, user, blocking):
    """A case in a list: its state, its clock, whose turn it is; `blocking` is whose word the last office waits for."""
    flow, parties = flow_of(case), awaited(case)
    mine = any(party.user_id == user.pk for party in parties)
    names = "、".join(party.name for party in parties)
    # Whom it is about may have no account: then the organization is named.
    heard = case.title if case.state in flow.heard else ""
    left = inbox.left(case) if case.is_open else None
    return {
        "case": case,
        "matter": flow.label,
        "state": flow.state(case.state),
        "left": left,
        "late": -left if left and left < 0 else 0,
        "light": inbox.light(case) if case.is_open else "",
        "mine": mine and with_applicant(case),
        "asked": mine,
        "waits_for": "" if mine else names or heard or blocking,
        "draft": case.submitted_at is None,
    }


@framing
class MyCase(ApplicantView):
    def get(self, request, uid):
        filing = own_filing(request, uid)
        if with_applicant(filing.case) and filing.case.submitted_at is None:
            return redirect("apply:case", uid=uid)
        return no_store(render(request, "apply/my_case.html", shown(request, filing)))


def shown(request, filing, note=""):
    case = filing.case
    steps = available(case, request.user)
    return {
        "case": case,
        "row": lines([case], request.user)[0],
        "stops": road(case),
        "facts": filings.content(case),
        "papers": papers_of(filing),
        "events": [event(flow_of(case), *row) for row in read_by_parties(case, case.steps.order_by("-id"))],
        "issued": packages.handed_out(case, request.user),
        "items": list(case.items.filter(round=case.rounds)) if case.rounds else [],
        "parties": list(case.parties.all()),
        "may_rate": ratings.may_rate(case, request.user),
        "rating": ratings.given(case, request.user),
        "grades": Rating.Grade.choices,
        "tags": list(ratings.TAGS.items()),
        "may_withdraw": any(step.name == "withdraw" for step in steps),
        "steps": [step for step in steps if step.name not in ("submit", "withdraw")],
        "note": note,
        "may_copy": applicants.may_be_copied(case),
        "awaited": consent.awaited(case) if case.is_filed_by(request.user) else None,
        "may_urge": case.is_open and not with_applicant(case) and "." in case.office,
        "organization": filing.organization,
        "crumbs": crumbs((case.number or case.title, "")),
    }


def event(flow, step, actor, note):
    """A step as its applicant reads it: what happened and what was said, by which office."""
    words = {row.name: row.label for row in flow.transitions}
    label = words.get(step.transition)
    if label is None:
        own = {"urge": _("Urged"), "put_right": _("Typo put right")}
        label = own.get(step.transition, _("Given to another officer"))
    text = label if step.source == step.target else f"{label} → {flow.state(step.target).label}"
    return {"at": step.at, "actor": actor, "text": text, "note": note}


class Step(ApplicantView):
    """An answer of those a case is about, or of who filed it: one of the steps its page offers."""

    def post(self, request, uid):
        filing, note = own_filing(request, uid), request.POST.get("note", "")
        name = request.POST.get("step", "")
        try:
            case = perform(filing.case, name, by=request.user, version=version_of(request), note=note)
        except ValidationError as error:
            for sentence in error.messages:
                messages.error(request, sentence)
            return no_store(
                render(request, "apply/my_case.html", shown(request, own_filing(request, uid), note), status=422)
            )
        messages.success(
            request, _("Handed in. The case is “%(state)s” now.") % {"state": flow_of(case).state(case.state).label}
        )
        return redirect("apply:my_case", uid=uid)


class Withdraw(ApplicantView):
    def post(self, request, uid):
        case = own_filing(request, uid).case
        try:
            perform(case, "withdraw", by=request.user, version=version_of(request), note=request.POST.get("note", ""))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("apply:my_case", uid=uid)
        messages.success(request, _("Withdrawn. What you typed can be copied into a new case."))
        return redirect("apply:my_case", uid=uid)


class Copy(ApplicantView):
    def post(self, request, uid):
        try:
            new = applicants.copy_filing(case=own_filing(request, uid).case, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("apply:my_case", uid=uid)
        messages.success(request, _("Copied into a new draft with its papers. Please look it through and submit it."))
        return redirect("apply:case", uid=new.case.uid)


class Rate(ApplicantView):
    """A grade with tags and words, or, once it is given, one follow-up."""

    def post(self, request, uid):
        case, words = own_filing(request, uid).case, request.POST.get("words", "")
        try:
            if "grade" in request.POST or not Rating.objects.filter(case=case).exists():
                self.rate(request, case, words)
            else:
                ratings.follow_up(case=case, words=words, by=request.user)
            messages.success(request, _("Thank you. Officers do not see who said it."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("apply:my_case", uid=uid)

    def rate(self, request, case, words):
        tags = request.POST.getlist("tag")
        ratings.rate(case=case, grade=grade_given(request), tags=tags, words=words, by=request.user)


def grade_given(request):
    text = request.POST.get("grade", "")
    return int(text) if text in {"1", "2", "3", "4", "5"} else 0
