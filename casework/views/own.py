from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from accounts.models import Assignment
from casework.forms import CaseFilter
from casework.own_forms import AbsenceForm, HandOverForm, PasswordForm
from casework.services import handling, handover, inbox, saved
from casework.serving import guarded
from casework.tokens import issue_token
from casework.views.cases import queue_url, sentences


def tell(request, error):
    for sentence in sentences(error):
        messages.error(request, sentence)


class FilterSave(View):
    def post(self, request):
        queue = request.POST.get("queue", "")
        if queue not in inbox.LABELS:
            raise Http404
        given = {name: value for name, value in CaseFilter(request.POST).given().items() if value}
        query = urlencode(given)
        try:
            saved.save_filter(name=request.POST.get("name", "")[:40], queue=queue, query=query, by=request.user)
        except ValidationError as error:
            tell(request, error)
        return redirect(f"{queue_url(queue)}?{query}")


class FilterRemove(View):
    def post(self, request, pk):
        row = get_object_or_404(request.user.saved_filters, pk=pk)
        row.delete()
        return redirect(queue_url(row.queue))


class Phrases(View):
    def get(self, request):
        return render(request, "casework/phrases.html", {"phrases": request.user.phrases.all()})

    def post(self, request):
        try:
            saved.add_phrase(text=request.POST.get("text", "")[:200], by=request.user)
        except ValidationError as error:
            tell(request, error)
        return redirect("casework:phrases")


class PhraseRemove(View):
    def post(self, request, pk):
        get_object_or_404(request.user.phrases, pk=pk).delete()
        return redirect("casework:phrases")


class Absence(View):
    """离岗代理: who stands in for whom, and arranging it."""

    def get(self, request):
        return self.page(request, AbsenceForm(user=request.user))

    def post(self, request):
        form = AbsenceForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.page(request, form, status=422)
        try:
            handling.stand_in(by=request.user, **form.arranged())
        except ValidationError as error:
            form.refuse(error)
            return self.page(request, form, status=422)
        messages.success(request, _("The substitute is entered."))
        return redirect("casework:absence")

    def page(self, request, form, status=200):
        mine = Assignment.objects.in_arrangement().order_by("-starts", "id")
        context = {
            "form": form,
            "lent": handling.arrangements(mine.filter(absent=request.user)),
            "held": handling.arrangements(mine.filter(user=request.user)),
        }
        return render(request, "casework/absence.html", context, status=status)


class AbsenceEnd(View):
    def post(self, request, pk):
        row = get_object_or_404(Assignment.objects.in_arrangement().filter(absent=request.user), pk=pk)
        handling.end_stand_in(absent=request.user, substitute=row.user, by=request.user)
        messages.success(request, _("The substitute's rights have ended."))
        return redirect("casework:absence")


class ApiKey(View):
    """A key for another system, to whoever types the own password again; shown in the answer and nowhere else."""

    def get(self, request):
        return self.page(request, PasswordForm(user=request.user))

    def post(self, request):
        form = PasswordForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.page(request, form, status=422)
        return self.page(request, form, token=issue_token(by=request.user))

    def page(self, request, form, *, token="", status=200):
        response = render(request, "casework/api_key.html", {"form": form, "token": token}, status=status)
        response["Cache-Control"] = "no-store"
        return response


class HandOver(View):
    """交接: everything open one has in hand or files for others, given to a colleague."""

    def get(self, request):
        if request.GET.get("format") == "pdf":
            return guarded(HttpResponse(handover.sheet(request.user), content_type="application/pdf"))
        return self.page(request, HandOverForm(user=request.user))

    def post(self, request):
        form = HandOverForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.page(request, form, status=422)
        given = form.cleaned_data
        leaving = given["leaving"] or request.user
        try:
            count = handover.hand_over(leaving=leaving, to=given["to"], by=request.user, note=given["note"])
        except ValidationError as error:
            form.refuse(error)
            return self.page(request, form, status=422)
        messages.success(request, _("Handed over: %(count)s cases.") % {"count": count})
        return redirect("casework:handover")

    def page(self, request, form, status=200):
        cases = handover.open_of(request.user).order_by("due", "id")
        context = {"form": form, "cases": cases[:100]}
        return render(request, "casework/handover.html", context, status=status)
