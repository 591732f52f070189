"""The form of a matter, page by page, and the list of what a return asks to correct."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from casework.services import corrections
from casework.services.road import with_filer
from casework.views.cases import version_of
from casework.workflow import StaleCaseError
from registry.filing_forms import conditions_html, given, stored
from registry.matters import MATTERS
from registry.matters.asks import PEOPLE
from registry.services import filings
from registry.views.filing_shown import (
    ApplicantView,
    alike_of,
    asks_of,
    clock,
    editable,
    frame,
    locked_reason,
    no_store,
    own_filing,
    pages_of,
    papers_of,
    questions,
    wants_json,
)


class Resume(ApplicantView):
    """Where the parties go on: the form of a draft, the list of a returned case, else the page of the case."""

    def get(self, request, uid):
        return redirect(place_of(own_filing(request, uid).case, request.user))


def place_of(case, user):
    if not with_filer(case, user):
        return reverse("apply:my_case", args=[case.uid])
    if case.unlocked_anchors() is not None:
        return reverse("apply:correct", args=[case.uid])
    return reverse("apply:page", args=[case.uid, 1])


class Draft(ApplicantView):
    """What the pages of a draft share: reading what was typed, saving it, and answering in the way that was asked."""

    def post(self, request, uid, **where):
        filing = editable(request, uid)
        if filing is None:
            return self.gone(request, uid)
        typed = given(request.POST, self.asks(filing, **where))
        try:
            filing.case = filings.save_draft(filing=filing, version=version_of(request), by=request.user, values=typed)
            self.answer_items(request, filing)
        except StaleCaseError:
            return self.stale(request, filing, typed, **where)
        except ValidationError as error:
            return self.refused(request, filing, typed, error, **where)
        filing.refresh_from_db()
        if wants_json(request):
            return JsonResponse(saved(filing, typed))
        return redirect(self.after(request, filing, **where))

    def answer_items(self, request, filing):
        """What a correction answers beside the fields themselves."""

    def gone(self, request, uid):
        """The case left its parties meanwhile: said in words, with the way to where it is."""
        text = _("This case was submitted meanwhile; what you typed here now is not saved.")
        if wants_json(request):
            return JsonResponse({"message": text}, status=410)
        messages.warning(request, text)
        return redirect("apply:my_case", uid=uid)

    def stale(self, request, filing, typed, **where):
        filing = own_filing(request, filing.case.uid)
        text = _("This form was changed at %(time)s in another window or on another device.") % {
            "time": clock(filing.case.saved_at)
        }
        if other := others(filing, typed):
            text += " " + _("Stored there: %(facts)s.") % {"facts": "；".join(other)}
        if wants_json(request):
            return JsonResponse({"message": text, "stale": True}, status=409)
        return self.page(request, filing, typed=typed, notice=text, status=409, **where)

    def refused(self, request, filing, typed, error, **where):
        if wants_json(request):
            return JsonResponse({"message": " ".join(error.messages)}, status=422)
        return self.page(request, filing, typed=typed, notice=" ".join(error.messages), status=422, **where)


def others(filing, typed):
    """What is stored of the facts just typed, where it differs: label and words, numbers masked."""
    matter, shown = MATTERS[filing.case.kind], filings.content(filing.case)
    asks = [ask for ask in map(matter.ask, typed) if ask.key in shown]
    return [
        ": ".join(map(str, shown[ask.key]))
        for ask in asks
        if said(ask, stored(filing, ask)) != said(ask, typed[ask.key])
    ]


def said(ask, raw):
    """An answer for comparing: people by their names, for their numbers are masked once they are stored."""
    return [row["name"].strip() for row in raw if row["name"].strip()] if ask.kind in PEOPLE else raw


def saved(filing, typed):
    """The answer to an autosave: when, what is wrong with what was just typed, conditions and look-alikes now."""
    values, errors = filings.read(filing)
    rows = filings.conditions(filing, values)
    anchors = {row["anchor"] for row in rows}
    said = {key: errors.get(key, []) if raw else [] for key, raw in typed.items()}
    return {
        "version": filing.case.version,
        "saved": clock(filing.case.saved_at),
        "errors": {key: [str(text) for text in found] for key, found in said.items()},
        "conditions": {anchor: conditions_html([row for row in rows if row["anchor"] == anchor]) for anchor in anchors},
        "alike": render_to_string("apply/parts/alike.html", {"alike": alike_of(filing)}) if "name" in typed else None,
    }


class FormPage(Draft):
    def get(self, request, uid, page):
        filing = editable(request, uid)
        if filing is None or filing.case.unlocked_anchors() is not None:
            return redirect("apply:case", uid=uid)
        if page not in dict(pages_of(filing)):
            raise Http404
        return self.page(request, filing, page=page, strict="missing" in request.GET)

    def asks(self, filing, page):
        return [ask for ask in asks_of(filing, page) if not locked_reason(filing, ask, self.request.user)]

    def page(self, request, filing, *, page, typed=None, strict=False, notice="", status=200):
        pages = pages_of(filing)
        last = page == len(pages)
        context = {
            **frame(filing),
            "page": page,
            "pages": pages,
            "last": last,
            "questions": questions(filing, asks_of(filing, page), request.user, typed=typed, strict=strict),
            "papers": papers_of(filing, strict=strict) if last else [],
            "alike": alike_of(filing) if page == 1 else [],
            "notice": notice,
            "previous": page - 1,
        }
        return no_store(render(request, "apply/page.html", context, status=status))

    def after(self, request, filing, page):
        if request.POST.get("then") == "stay":
            messages.success(request, _("Saved at %(time)s.") % {"time": clock(filing.case.saved_at)})
            return reverse("apply:page", args=[filing.case.uid, page])
        if page < len(pages_of(filing)):
            return reverse("apply:page", args=[filing.case.uid, page + 1])
        return reverse("apply:check", args=[filing.case.uid])


class CorrectPage(Draft):
    """Everything a return asks for on one page: the items, each with its field or paper; the rest is locked."""

    def get(self, request, uid):
        filing = editable(request, uid)
        if filing is None or filing.case.unlocked_anchors() is None:
            return redirect("apply:case", uid=uid)
        return self.page(request, filing, strict="missing" in request.GET)

    def asks(self, filing):
        unlocked = filing.case.unlocked_anchors() or ()
        return [ask for ask in MATTERS[filing.case.kind].asked(filing) if ask.key in unlocked]

    def answer_items(self, request, filing):
        for item in filing.case.items.filter(round=filing.case.rounds):
            answer = request.POST.get(f"answer_{item.pk}", "").strip()
            if answer and answer != item.answer:
                corrections.answer_item(item=item, by=request.user, answer=answer)

    def page(self, request, filing, *, typed=None, strict=False, notice="", status=200):
        case = filing.case
        items = list(case.items.filter(round=case.rounds))
        named = {item.anchor for item in items}
        asks = self.asks(filing)
        context = {
            **frame(filing),
            "items": items,
            "questions": questions(filing, asks, request.user, typed=typed, strict=strict, items=items),
            "papers": papers_of(filing, strict=strict, items=items, only=named),
            "locked": [fact for anchor, fact in filings.content(case).items() if anchor not in named],
            "returned": case.steps.filter(transition="return").last(),
            "notice": notice,
        }
        return no_store(render(request, "apply/correct.html", context, status=status))

    def after(self, request, filing):
        if request.POST.get("then") == "stay":
            messages.success(request, _("Saved at %(time)s.") % {"time": clock(filing.case.saved_at)})
            return reverse("apply:correct", args=[filing.case.uid])
        return reverse("apply:check", args=[filing.case.uid])
