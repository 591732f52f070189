"""Handing in: papers one by one, and the whole form once it is complete."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from casework import attachments
from casework.services.road import with_applicant
from casework.views.cases import version_of
from casework.workflow import NotNowError, StaleCaseError, perform
from registry.filing_forms import stored
from registry.matters import MATTERS
from registry.matters.asks import PEOPLE
from registry.matters.filing import CONSENT
from registry.services import consent, filings
from registry.views.filing_shown import (
    ApplicantView,
    asks_of,
    editable,
    frame,
    no_store,
    own_filing,
    pages_of,
    papers_of,
)


class CheckPage(ApplicantView):
    """Everything once more on one page, with what is missing; submitting it."""

    def get(self, request, uid):
        filing = editable(request, uid)
        if filing is None:
            return redirect("apply:my_case", uid=uid)
        return self.page(request, filing)

    def post(self, request, uid):
        filing = own_filing(request, uid)
        try:
            case = perform(filing.case, "submit", by=request.user, version=version_of(request))
        except (NotNowError, StaleCaseError) as error:
            return self.too_late(request, uid, error)
        except ValidationError:
            return self.page(request, filing, status=422)
        messages.success(request, _("Submitted. Your case number is %(number)s.") % {"number": case.number})
        return redirect("apply:my_case", uid=uid)

    def too_late(self, request, uid, error):
        """A second click finds the case submitted: that is what was wanted. Anything else is looked at again."""
        filing = own_filing(request, uid)
        if not with_applicant(filing.case):
            return redirect("apply:my_case", uid=uid)
        messages.warning(request, " ".join(error.messages))
        return redirect("apply:check", uid=uid)

    def page(self, request, filing, status=200):
        context = {
            **frame(filing),
            "sections": sections(filing),
            "papers": papers_of(filing),
            "problems": problems(filing, request.user),
            "correcting": filing.case.unlocked_anchors() is not None,
        }
        return no_store(render(request, "apply/check.html", context, status=status))


def sections(filing):
    """[(page, title, [(label, words)])] of everything typed; one's own people are named in full."""
    shown = filings.content(filing.case)
    found = []
    for number, title in pages_of(filing):
        facts = [(ask.label, full_words(filing, ask, shown)) for ask in asks_of(filing, number)]
        found.append((number, title, facts))
    return found


def full_words(filing, ask, shown):
    if ask.kind not in PEOPLE:
        return shown[ask.key][1]
    rows = stored(filing, ask)
    return "、".join(" ".join(filter(None, (row["name"], row["phone"], row["id_number"]))) for row in rows)


def problems(filing, user):
    """[(label, sentences, address)] of everything a submission still needs, in the order of the form."""
    try:
        filings.require_complete(filing.case, user, {})
    except ValidationError as error:
        return [problem(filing, anchor, sentences) for anchor, sentences in error.message_dict.items()]
    return []


def problem(filing, anchor, sentences):
    case, matter = filing.case, MATTERS[filing.case.kind]
    ask = matter.ask(anchor)
    if case.unlocked_anchors() is not None:
        address = reverse("apply:correct", args=[case.uid])
    else:
        address = reverse("apply:page", args=[case.uid, ask.page if ask else len(matter.pages)])
    label = ask.label if ask else next((paper.label for paper in matter.papers if paper.code == anchor), anchor)
    return label, sentences, f"{address}?missing=1#field-{anchor}"


class PaperUpload(ApplicantView):
    """One file into one slot, as soon as it is chosen."""

    def post(self, request, uid, slot):
        filing = editable(request, uid)
        if filing is None and slot == CONSENT.code:
            return signed_later(request, own_filing(request, uid).case)
        paper = filing and next((row for row in MATTERS[filing.case.kind].papers_for(filing) if row.code == slot), None)
        if paper is None:
            raise Http404
        upload, error = request.FILES.get("file"), ""
        try:
            if upload is None:
                raise ValidationError(_("Please choose a file first."))
            attachments.store(case=filing.case, slot=slot, upload=upload, by=request.user, personal=paper.personal)
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
        return slot_answer(request, filing, slot, error)


def signed_later(request, case):
    """The consent on paper, for a case an office has already."""
    try:
        if "file" not in request.FILES:
            raise ValidationError(_("Please choose a file first."))
        consent.hand_in(case=case, upload=request.FILES["file"], by=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The signed consent is with the case."))
    return redirect("apply:my_case", uid=case.uid)


class PaperRemove(ApplicantView):
    def post(self, request, uid, file):
        filing = editable(request, uid)
        if filing is None:
            raise Http404
        paper = get_object_or_404(filing.case.attachments, uid=file, removed_at=None)
        error = ""
        try:
            attachments.remove(attachment=paper, by=request.user)
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
        return slot_answer(request, filing, paper.slot, error)


def slot_answer(request, filing, slot, error):
    """The slot's list for a script; a page for everybody else."""
    if request.headers.get("X-Slot") == "1":
        row = next(iter(papers_of(filing, only={slot})), None)
        context = {"row": row, "case": filing.case, "error": error}
        return render(request, "apply/parts/slot.html", context, status=422 if error else 200)
    if error:
        messages.error(request, error)
    return redirect(f"{back_of(filing)}#field-{slot}")


def back_of(filing):
    case = filing.case
    if case.unlocked_anchors() is not None:
        return reverse("apply:correct", args=[case.uid])
    return reverse("apply:page", args=[case.uid, len(MATTERS[case.kind].pages)])
