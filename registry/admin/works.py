from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from casework.admin.base import ScopedAdmin
from casework.admin.lists import DivisionFilter
from registry.admin.exports import ListExport
from registry.models import Need, Project
from registry.resources import NeedResource, ProjectResource
from registry.services.marks import mark
from registry.services.works import digest


class SeenForm(forms.ModelForm):
    """Carries what the row held when the page was opened, and saves over nothing else."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = digest(self.instance)

    def clean(self):
        given = super().clean()
        if self.instance.pk and given.get("seen"):
            # The admin saves in the transaction it validates in, so the row stays locked until then.
            stored = type(self.instance).objects.select_for_update().get(pk=self.instance.pk)
            if digest(stored) != given["seen"]:
                raise ValidationError(_("Somebody saved this after you opened the page. Open it again and look first."))
        return given


class MarkedAdmin(ScopedAdmin):
    """What is saved here counts in the figures of its division, before and after the change."""

    form = SeenForm

    def save_model(self, request, obj, form, change):
        places = {form.initial.get("division"), obj.division_id} - {None}
        super().save_model(request, obj, form, change)
        mark(places)


def found(rows, term, field):
    """Rows of the number; without one, those whose field holds the words."""
    term = term.strip()
    if not term:
        return rows
    numbered = rows.filter(number=term)
    return numbered if numbered.exists() else rows.filter(**{f"{field}__has_text": term})


@admin.register(Need)
class NeedAdmin(ListExport, MarkedAdmin):
    resource = NeedResource
    surveyed = True
    keyset = ("-id",)
    list_display = ("__str__", "division", "category", "people", "raised", "state")
    columns = ("division", "category", "people", "urgency", "channel", "raised", "state", "content")
    list_select_related = ("division",)
    list_filter = (DivisionFilter, "state")
    search_fields = ("number",)
    search_help_text = _("Number, or part of the description")

    def get_search_results(self, request, queryset, search_term):
        return found(queryset, search_term, "content"), False

    autocomplete_fields = ("division",)
    fields = (
        "number",
        "division",
        "category",
        "content",
        "targets",
        "people",
        "urgency",
        "channel",
        "raised",
        "state",
        "seen",
    )


@admin.register(Project)
class ProjectAdmin(ListExport, MarkedAdmin):
    resource = ProjectResource
    surveyed = True
    keyset = ("-id",)
    list_display = ("name", "division", "organization", "category", "starts", "ends", "state")
    columns = (
        "number",
        "division",
        "organization",
        "organization_name",
        "category",
        "starts",
        "ends",
        "amount",
        "fund_source",
        "served",
        "satisfaction",
        "state",
    )
    list_select_related = ("division", "organization")
    list_filter = (DivisionFilter, "state")
    search_fields = ("number",)
    search_help_text = _("Number, or part of the name")

    def get_search_results(self, request, queryset, search_term):
        return found(queryset, search_term, "name"), False

    autocomplete_fields = ("division", "organization", "need")
    fields = (
        "number",
        "name",
        "organization",
        "organization_name",
        "division",
        "category",
        "targets",
        "starts",
        "ends",
        "fund_source",
        "amount",
        "served",
        "satisfaction",
        "need",
        "state",
        "seen",
    )
