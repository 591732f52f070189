from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from casework.forms import AnswerForm, PublicityForm
from casework.models import Objection, Publicity
from casework.services import publicity
from casework.views.cases import case_of, sentences
from casework.workflow import available


def may_publish(case, user):
    """Whether a step this user can take now publishes the case's notice."""
    return any(row.guard is publicity.require_publishable for row in available(case, user))


def may_answer(case, user):
    return user.has_perm(publicity.ANSWER, case) and not case.parties.filter(user=user).exists()


class CasePublicity(View):
    """The notice of a case for its officers: the draft to edit, or what was published with its objections."""

    def get(self, request, uid):
        case = officers_case(request, uid)
        return page(request, case, shown_of(case, request.user))

    def post(self, request, uid):
        case = officers_case(request, uid)
        if not may_publish(case, request.user):
            raise PermissionDenied
        row = publicity.draft_of(case)
        form = PublicityForm(request.POST, papers=publicity.publishable_papers(case))
        if not form.is_valid():
            return page(request, case, row, form, status=422)
        try:
            publicity.edit_draft(case=case, by=request.user, **form.given())
        except ValidationError as error:
            form.add_error(None, error)
            return page(request, case, row, form, status=422)
        messages.success(request, _("The draft is kept. It is published with your step."))
        return redirect(request.path)


def officers_case(request, uid):
    """The case for whoever works on it: its parties read the public page."""
    case = case_of(request, uid)
    if case.submitted_at is None or case.parties.filter(user=request.user).exists():
        raise Http404
    return case


def shown_of(case, user):
    """The draft for whoever may publish it now, else the last notice that went out."""
    if may_publish(case, user):
        return publicity.draft_of(case)
    return get_object_or_404(case.publicities.posted()[:1])


def page(request, case, row, form=None, *, status=200, answer=None, contact=None):
    is_draft = row.state == Publicity.State.DRAFT
    if is_draft and form is None:
        chosen = [str(paper.uid) for paper in row.papers.all()] if row.pk else []
        initial = {"title": row.title, "body": row.body, "contact": row.contact, "version": row.version}
        initial |= {"papers": chosen, "looked": row.looked}
        form = PublicityForm(initial=initial, papers=publicity.publishable_papers(case))
    context = {
        "case": case,
        "row": row,
        "draft": is_draft,
        "form": form,
        "exposed": publicity.exposed(row) if is_draft else [],
        "intact": None if is_draft else publicity.verify(row),
        "objections": objection_rows(case, request.user, answer, contact),
    }
    response = render(request, "casework/publicity.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def objection_rows(case, user, answer, contact):
    """The objections for those who answer them; who filed the case does not learn who objects."""
    if not may_answer(case, user):
        return []
    return [objection_row(one, answer, contact) for one in publicity.objections_of(case)]


def objection_row(one, answer, contact):
    """An objection with its contact masked (in clear once asked for) and the form it is answered with."""
    form = answer[1] if answer and answer[0] == one.pk else AnswerForm(prefix=f"o{one.pk}")
    clear = contact[1] if contact and contact[0] == one.pk else ""
    name, _contact = publicity.person_of(one)
    return {"one": one, "name": name, "masked": publicity.shown_contact(one), "contact": clear, "form": form}


def objection_of(case, objection):
    return get_object_or_404(Objection.objects.select_related("publicity__case"), publicity__case=case, uid=objection)


class Answer(View):
    def post(self, request, uid, objection):
        case = officers_case(request, uid)
        one = objection_of(case, objection)
        form = AnswerForm(request.POST, prefix=f"o{one.pk}")
        publicity.require_answering(case, request.user)
        if not form.is_valid():
            return page(request, case, one.publicity, status=422, answer=(one.pk, form))
        try:
            publicity.answer_objection(objection=one, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            for sentence in sentences(error):
                messages.error(request, sentence)
        else:
            messages.success(request, _("The objection is answered."))
        return redirect("casework:publicity", uid=case.uid)


class Contact(View):
    def post(self, request, uid, objection):
        case = officers_case(request, uid)
        one = objection_of(case, objection)
        clear = publicity.reveal_contact(objection=one, by=request.user)
        return page(request, case, one.publicity, contact=(one.pk, clear))
