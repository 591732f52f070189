from contextlib import suppress
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from casework import workdays
from casework.flows import flow_of
from casework.forms import CaseFilter, items_given, people_given, reasons_given
from casework.models import PARTY, Case
from casework.services import copies, corrections, handling, inbox, packages, publicity
from casework.services.holding import REMARK, holds, wait_at_most
from casework.workflow import StaleCaseError, available, perform, refusals

# For the pages that show papers in place: they may frame our own addresses.
framing = method_decorator(csp_update({"frame-src": [SELF]}), name="dispatch")
PAGE = 30
BATCH = 50
# How long one of several cases may keep the others waiting.
PATIENCE_MS = 1000
COLLEAGUES = 50
# What keeps its words when it is refused.
KEPT = ("reassign", "remark")
# 常用意见
PHRASES = (
    gettext_lazy("Checked, agreed."),
    gettext_lazy("The papers are complete and meet the conditions."),
    gettext_lazy("The conditions are not met."),
    gettext_lazy("Please complete the papers."),
)


def case_of(request, uid):
    """The case, or the 404 of one that does not exist."""
    rows = Case.objects.visible_to(request.user).select_related("division__parent", "handler")
    return get_object_or_404(rows, uid=uid)


class CaseList(View):
    def get(self, request, name=inbox.TODO):
        form = CaseFilter(request.GET or None)
        rows = form.narrow(inbox.queue(request.user, name))
        ordered = rows.order_by("-id") if name in (inbox.DONE, inbox.DRAFTS) else inbox.in_order(rows)
        cases = ordered.select_related("division__parent", "handler").prefetch_related("parties__user", "steps")
        page = Paginator(cases, PAGE).get_page(request.GET.get("page"))
        unread = copies.unread(list(page), request.user) if name == inbox.COPIES else ()
        context = {
            "queue": name,
            "tabs": tabs(request.user, name),
            "form": form,
            "page": page,
            "rows": [
                {
                    **row_of(case),
                    "vacant": name == inbox.TODO and inbox.is_vacant(case, request.user),
                    "unread": case.pk in unread,
                }
                for case in page
            ],
            "calendar_missing": missing_years(request.user),
            "filtered": form.is_bound and any(form.given().values()),
            "saved": [(row, f"{queue_url(row.queue)}?{row.query}") for row in request.user.saved_filters.all()],
            "batch": batch_steps(page, request.user) if name == inbox.TODO else [],
        }
        return render(request, "casework/list.html", context)


def tabs(user, current):
    numbers = inbox.lengths(user)
    return [
        {"name": name, "label": label, "url": queue_url(name), "count": numbers[name], "current": name == current}
        for name, label in inbox.LABELS.items()
    ]


def missing_years(user):
    """Years whose calendar is due, for those who see to it: until it is there no time ends by itself."""
    soon = timezone.localdate() + workdays.LOOK_AHEAD
    return workdays.missing_years(soon) if user.has_perm("casework.view_calendarday") else []


def queue_url(name):
    return reverse("casework:cases") if name == inbox.TODO else reverse("casework:queue", args=[name])


def row_of(case):
    flow, left = flow_of(case), inbox.left(case) if case.is_open else None
    return {
        "case": case,
        "matter": flow.label,
        "state": flow.state(case.state),
        "left": left,
        "late": -left if left and left < 0 else 0,
        "light": inbox.light(case) if case.is_open else "",
        "handler": case.handler if handling.is_busy(case) else None,
        "applicant": next((party.name for party in case.parties.all() if party.role == "applicant"), ""),
    }


def batch_steps(page, user):
    """[(name, label)] of the steps one note can take several of these cases through."""
    steps = {}
    for case in page:
        for row in available(case, user):
            if row.batch:
                steps.setdefault(row.name, row.label)
    return list(steps.items())


@framing
class CasePage(View):
    def get(self, request, uid):
        case = case_of(request, uid)
        if own := own_page(request, case):
            return own
        copies.read(case=case, by=request.user)
        return case_page(request, case)


def own_page(request, case, error=None):
    """A party's way to its own page, where it reads the refusal and no office's remarks; None for everybody else."""
    address = flow_of(case).url(case)
    if not address or not case.parties.filter(user=request.user).exists():
        return None
    for sentence in sentences(error) if error else ():
        messages.error(request, sentence)
    return redirect(address)


def case_page(request, case, *, note="", errors=(), stale=None, typed=None, status=200):
    flow, user = flow_of(case), request.user
    steps = available(case, user)
    context = {
        "case": case,
        "row": row_of(case),
        "flow": flow,
        "facts": (flow.facts or flow.content)(case),
        "verbs": [verb_of(case, row, user) for row in steps],
        "may_return": any(row.guard is corrections.require_items for row in steps),
        "checks": flow.checks(case, user) if case.submitted_at else [],
        "changed": corrections.changed_since(case) if case.rounds else [],
        "items": list(case.items.filter(round=case.rounds)),
        "events": [event_of(step, flow) for step in case.steps.order_by("-id")],
        "parties": list(case.parties.all()),
        "papers": case.attachments.filter(removed_at=None, replaced_by=None).order_by("slot", "id"),
        "is_party": any(party.user_id == user.pk for party in case.parties.all()),
        "with_party": case.office == PARTY,
        "may_claim": handling_rights(case, user),
        "edit_url": flow.url(case),
        "phrases": [*PHRASES, *user.phrases.values_list("text", flat=True)],
        "panel": flow.panel(case, user) if flow.panel else None,
        "notice_label": notice_label(case, steps),
        "issued": packages.handed_out(case, user),
        "note": note,
        "errors": errors,
        "typed": typed,
        "stale": stale,
        "marked": items_given(request.POST),
        "copies": case.copies.select_related("user"),
        "readers": copies.readers(case, user) if steps else (),
        "typos": flow.typos(case) if holds(case, user) else None,
        "copied": request.POST.getlist("copy"),
    }
    if context["may_claim"]["reassign"]:
        context["colleagues"] = handling.takers(case, user)[:COLLEAGUES]
    response = render(request, "casework/case.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def notice_label(case, steps):
    """What the link to the case's publicity notice says; empty when there is none and no step publishes one."""
    if any(row.guard is publicity.require_publishable for row in steps):
        return _("Draft of the publicity notice")
    return _("Publicity notice") if case.publicities.posted().exists() else ""


def verb_of(case, row, user):
    """A step as a button: whether it sends a list of items, and what its guard would say now."""
    marks = row.guard is corrections.require_items
    return {"row": row, "marks": marks, "refusals": [] if row.note or marks else refusals(case, row, user)}


def handling_rights(case, user):
    """What the user may do about who handles the case."""
    here = case.is_open and "." in case.office and user.has_perm(case.office, case)
    party = any(party.user_id == user.pk for party in case.parties.all())
    busy = handling.is_busy(case)
    return {
        "claim": here and not party and not busy,
        "release": busy and case.handler == user,
        "reassign": "." in case.office and not party and user.has_perm("casework.reassign_case", case),
        "remark": case.is_open and not party,
        "urge": case.is_open and (party or user.has_perm("casework.supervise_case", case)) and "." in case.office,
    }


def event_of(step, flow):
    """A line of the history: the step in the words of its flow."""
    words = {row.name: row.label for row in flow.transitions} | {
        "urge": _("Urged"),
        "reassign": _("Given to another officer"),
        "hand_over": _("Handed over"),
        "put_right": _("Typo put right"),
        REMARK: _("Internal remark"),
    }
    label = words.get(step.transition, step.transition)
    text = label if step.source == step.target else f"{label} → {flow.state(step.target).label}"
    actor = _("The portal") if step.actor_name == "system" else step.actor_name
    if step.for_name:
        actor = _("%(actor)s, standing in for %(absent)s") % {"actor": actor, "absent": step.for_name}
    return {"at": step.at, "actor": actor, "text": text, "note": step.note}


@framing
class Step(View):
    def post(self, request, uid):
        case = case_of(request, uid)
        name, note = request.POST.get("step", ""), request.POST.get("note", "")
        data = {
            "items": items_given(request.POST),
            "distinct": reasons_given(request.POST),
            "people": people_given(request.POST),
        }
        try:
            after = perform(case, name, by=request.user, version=version_of(request), note=note, data=data)
        except StaleCaseError as stale:
            now = case_of(request, uid)
            steps = [event_of(step, flow_of(now)) for step, _who in stale.steps]
            return own_page(request, now, stale) or case_page(request, now, note=note, stale=steps, status=409)
        except ValidationError as error:
            errors = sentences(error)
            return own_page(request, case, error) or case_page(request, case, note=note, errors=errors, status=422)
        copies.send(case=after, to=request.POST.getlist("copy"), by=request.user)
        messages.success(request, told(after))
        return redirect(next_page(request, after))


def version_of(request):
    """The version the page was opened at; a page without one is as stale as can be."""
    return number(request.POST.get("version", ""))


def number(text):
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def sentences(error):
    """Every sentence of a refusal, once."""
    return list(dict.fromkeys(error.messages))


def told(case):
    state = flow_of(case).state(case.state).label
    return _("%(case)s: now “%(state)s”.") % {"case": case, "state": state}


def next_page(request, case):
    """Officers go on with their list, parties stay with their case."""
    own = case.parties.filter(user=request.user).exists()
    return reverse("casework:case", args=[case.uid]) if own else reverse("casework:cases")


@framing
class Handle(View):
    """Claim, release, reassign, urge: small posts about who handles a case."""

    def post(self, request, uid, verb):
        case = case_of(request, uid)
        note = request.POST.get("note", "")
        try:
            self.do(verb, case, request, note)
        except ValidationError as error:
            if own := own_page(request, case, error):
                return own
            for sentence in sentences(error):
                messages.error(request, sentence)
            if verb in KEPT:
                typed = {"verb": verb, "note": note, "to": request.POST.get("to", "")}
                return case_page(request, case_of(request, uid), typed=typed, status=422)
        return redirect("casework:case", uid=case.uid)

    def do(self, verb, case, request, note):
        if verb == "claim":
            handling.claim(case=case, by=request.user)
        elif verb == "release":
            handling.release(case=case, by=request.user)
        elif verb == "urge":
            handling.urge(case=case, by=request.user, note=note)
            messages.success(request, _("Urged; whoever handles the case is told now."))
        elif verb == "remark":
            handling.remark(case=case, by=request.user, note=note)
            messages.success(request, _("The remark is in the history; those who filed the case do not read it."))
        else:
            to = colleague(case, request.POST.get("to", ""), request.user)
            handling.reassign(case=case, to=to, by=request.user, note=note)
            messages.success(request, _("%(name)s handles the case now.") % {"name": to})


def colleague(case, pk, user):
    """Somebody who holds the case's office at its place."""
    found = [row for row in handling.takers(case, user) if str(row.pk) == pk]
    if not found:
        raise ValidationError(_("Please choose a colleague of this office."))
    return found[0]


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class Batch(View):
    """One step with one note for several cases; each in a transaction of its own, each answered for itself."""

    def post(self, request):
        name, note = request.POST.get("step", ""), request.POST.get("note", "")
        versions = ticked(request.POST.getlist("case")[:BATCH])
        rows = list(inbox.queue(request.user, inbox.TODO).filter(uid__in=versions))
        results = [self.take(case, name, request.user, note, versions[case.uid]) for case in rows]
        context = {"results": results, "done": sum(not row["errors"] for row in results), "asked": len(versions)}
        return render(request, "casework/batch.html", context)

    def take(self, case, name, user, note, version):
        rows = [row for row in available(case, user) if row.name == name]
        impossible = _("This step is not possible for this case.")
        if not any(row.batch for row in rows):
            alone = _("Please open this case: it is decided by itself.")
            return {"case": case, "errors": [alone if rows else impossible]}
        try:
            with transaction.atomic():
                wait_at_most(PATIENCE_MS)
                case = perform(case, name, by=user, version=version, note=note)
        except (ValidationError, PermissionDenied) as error:
            refused = isinstance(error, PermissionDenied)  # somebody moved it at the same moment
            return {"case": case, "errors": [impossible] if refused else sentences(error)}
        return {"case": case, "errors": [], "state": flow_of(case).state(case.state).label}


def ticked(parts):
    """{uid: version} of "uid:version" as the list of cases posts it; what is neither is left out."""
    found = {}
    for part in parts:
        uid, _colon, version = part.rpartition(":")
        with suppress(ValueError):
            found[UUID(uid)] = number(version)
    return found
