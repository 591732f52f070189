"""Where a case is, for whoever knows its number and the last four figures of the leader's phone."""

from django import forms
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.limits import Misses
from casework.flows import flow_of
from casework.numbers import is_case_number
from casework.services.road import road, with_applicant
from registry.public_forms import TidyField
from registry.services.applicants import case_by_number
from registry.views.filing_shown import no_store
from registry.views.mine import line
from registry.views.public import Open, crumbs

MISSES = Misses("progress", limit=10, seconds=300)


class ProgressForm(forms.Form):
    number = TidyField(
        ".", label=_("Case number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    tail = TidyField(
        r"^[0-9]{4}$",
        label=_("Last four figures of the leader's phone"),
        max_length=8,
        error_messages={"invalid": _("Four figures, please.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_number(self):
        if not is_case_number(self.cleaned_data["number"]):
            raise forms.ValidationError(_("One of its figures is not right. Please compare it with your receipt."))
        return self.cleaned_data["number"]


class Progress(Open):
    """By POST, so that neither number nor figures stand in an address. One answer for unknown and not fitting."""

    def get(self, request):
        return self.page(request, ProgressForm())

    def post(self, request):
        form = ProgressForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=422)
        if MISSES.exceeded(request):
            return self.page(request, form, busy=True, status=429)
        case = case_by_number(form.cleaned_data["number"], form.cleaned_data["tail"])
        if case is None:
            MISSES.add(request)
            return self.page(request, form, unknown=True)
        row = line(case, request.user, "") | {"mine": with_applicant(case)}
        return self.page(request, form, case=case, row=row, stops=road(case), matter=flow_of(case).label)

    def page(self, request, form, *, status=200, **context):
        context |= {"form": form, "crumbs": crumbs((_("Progress of a case"), ""))}
        return no_store(render(request, "apply/progress.html", context, status=status))
