"""One's own cases: what to do now, where each one is, and what to do with an ended one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from casework.flows import flow_of
from casework.models import Case, Rating
from casework.services import inbox, packages, ratings
from casework.services.road import road, with_applicant
from casework.workflow import available, perform
from registry.services import applicants, filings
from registry.views.filing_shown import ApplicantView, crumbs, no_store, own_filing, papers_of, version_of

SHOWN = 50


class MyCases(ApplicantView):
    def get(self, request):
        held = Case.objects.held_by(request.user).select_related("division__parent").prefetch_related("items", "steps")
        rows = [line(case) for case in held.order_by("-saved_at")[: SHOWN * 2]]
        context = {
            "todo": [row for row in rows if row["mine"]],
            "running": [row for row in rows if row["case"].is_open and not row["mine"]],
            "ended": [row for row in rows if not row["case"].is_open][:SHOWN],
            "acting": applicants.acts_for_others(request.user),
        }
        return no_store(render(request, "apply/my.html", context))


def line(case):
    """A case in a list: its state, its clock and whose turn it is."""
    flow = flow_of(case)
    left = inbox.left(case) if case.is_open else None
    return {
        "case": case,
        "matter": flow.label,
        "state": flow.state(case.state),
        "left": left,
        "late": -left if left and left < 0 else 0,
        "light": inbox.light(case) if case.is_open else "",
        "mine": with_applicant(case),
        "draft": case.submitted_at is None,
    }


class MyCase(ApplicantView):
    def get(self, request, uid):
        filing = own_filing(request, uid)
        if with_applicant(filing.case) and filing.case.submitted_at is None:
            return redirect("apply:case", uid=uid)
        return no_store(render(request, "apply/my_case.html", shown(request, filing)))


def shown(request, filing):
    case = filing.case
    steps = available(case, request.user)
    return {
        "case": case,
        "row": line(case),
        "stops": road(case),
        "facts": filings.content(case),
        "papers": papers_of(filing),
        "events": [event(step, case) for step in case.steps.order_by("-id")],
        "issued": packages.handed_out(case, request.user),
        "items": list(case.items.filter(round=case.rounds)) if case.rounds else [],
        "parties": list(case.parties.all()),
        "may_rate": ratings.may_rate(case, request.user),
        "rating": Rating.objects.filter(case=case).first(),
        "grades": Rating.Grade.choices,
        "tags": list(ratings.TAGS.items()),
        "may_withdraw": any(step.name == "withdraw" for step in steps),
        "may_copy": applicants.may_be_copied(case),
        "may_urge": case.is_open and not with_applicant(case) and "." in case.office,
        "organization": filing.organization,
        "crumbs": crumbs((case.number or case.title, "")),
    }


def event(step, case):
    """A step as its applicant reads it: what happened and what was said, by which office; no officer's name."""
    flow = flow_of(case)
    words = {row.name: row.label for row in flow.transitions}
    label = words.get(step.transition)
    if label is None:
        label = _("Urged") if step.transition == "urge" else _("Given to another officer")
    text = label if step.source == step.target else f"{label} → {flow.state(step.target).label}"
    return {"at": step.at, "actor": who(step, case), "text": text, "note": step.note}


def who(step, case):
    if any(party.user_id == step.actor_id for party in case.parties.all() if step.actor_id):
        return step.actor_name
    office = flow_of(case).state(step.source).office
    return flow_of(case).state(step.source).label if "." in office else _("The portal")


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
        text = request.POST.get("grade", "")
        grade = int(text) if text in {"1", "2", "3", "4", "5"} else 0
        ratings.rate(case=case, grade=grade, tags=request.POST.getlist("tag"), words=words, by=request.user)
