from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import Division, DivisionAlias, DivisionPeriod
from casework.admin.base import LookInline, ServiceAdmin, ServiceForm
from casework.admin.lists import DivisionFilter, OwnPlaceFilter
from registry.admin.exports import ListExport
from registry.models import DivisionChange, DivisionChangeLine, DivisionYear
from registry.resources import DivisionYearResource
from registry.services.base_figures import save_figures, warnings_of
from registry.services.division_changes import apply_change, check_change, drop_change
from registry.services.divisions import correct_kind


class PastInline(LookInline):
    model = DivisionPeriod
    fk_name = "division"
    fields = readonly_fields = ("starts", "ends", "code", "name", "kind", "parent")
    select = ("parent",)


class AliasInline(LookInline):
    model = DivisionAlias
    fields = readonly_fields = ("code", "name", "street_name", "note")


class KindForm(ServiceForm):
    def call_service(self):
        if "kind" not in self.changed_data:
            return self.instance
        return correct_kind(division=self.instance, kind=self.cleaned_data["kind"], by=self.actor)


@admin.register(Division)
class DivisionAdmin(ListExport, ServiceAdmin):
    """The tree as it is; the bureau corrects the committee kind here, everything else by a change of divisions."""

    form = KindForm
    export_path = "path"
    keyset = ("path",)
    list_display = ("short_name", "code", "level", "kind", "parent", "virtual", "valid_to")
    columns = (
        "code",
        "name",
        "full_name",
        "level",
        "kind",
        "stat_class",
        "parent",
        "virtual",
        "valid_from",
        "valid_to",
    )
    list_select_related = ("parent",)
    list_filter = (OwnPlaceFilter, "level", "kind", "virtual")
    search_fields = ("name", "code")
    search_help_text = _("Part of the name, or the beginning of the code")
    fields = ("code", "name", "full_name", "level", "kind", "stat_class", "parent", "virtual", "valid_from", "valid_to")
    inlines = (PastInline, AliasInline)

    def has_add_permission(self, request):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(path=None)

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if term.isascii() and term.isdigit():
            return queryset.filter(code__startswith=term), False
        return (queryset.filter(name__contains=term) if term else queryset), False

    def get_readonly_fields(self, request, obj=None):
        editable = {"kind"} if obj and obj.level == Division.Level.COMMUNITY else set()
        return [name for name in self.fields if name not in editable]


class FiguresForm(ServiceForm):
    """Empty means unknown, never 0."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.version

    def call_service(self):
        given = self.cleaned_data
        known = self.instance.pk is not None
        row, _warnings = save_figures(
            division=self.instance.division if known else given["division"],
            year=self.instance.year if known else given["year"],
            figures={name: given[name] for name in DivisionYear.FIGURES},
            version=given["seen_version"] if known else None,
            by=self.actor,
            **{name: given[name] for name in DivisionYear.ABOUT},
        )
        return row


@admin.register(DivisionYear)
class DivisionYearAdmin(ListExport, ServiceAdmin):
    resource = DivisionYearResource
    surveyed = True
    form = FiguresForm
    keyset = ("-id",)
    list_display = ("division", "year", "population", "households", "facility_area", "staff", "state")
    columns = ("year", *DivisionYear.FIGURES, *DivisionYear.ABOUT)
    list_select_related = ("division",)
    list_filter = (DivisionFilter, "state")
    search_fields = ("division__name",)
    search_help_text = _("Part of the division's name")
    autocomplete_fields = ("division",)
    fields = ("division", "year", *DivisionYear.FIGURES, *DivisionYear.ABOUT, "seen_version")

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (queryset.filter(division__name__contains=term) if term else queryset), False

    def get_readonly_fields(self, request, obj=None):
        return ["division", "year"] if obj else []

    def save_model(self, request, obj, form, change):
        for sentence in warnings_of(obj):
            messages.warning(request, sentence)


KINDS = dict(Division.Kind.choices)


class LineInline(LookInline):
    model = DivisionChangeLine
    fields = readonly_fields = ("division", "code", "name", "told_kind")
    select = ("division",)

    @admin.display(description=_("committee kind"))
    def told_kind(self, line):
        return KINDS.get(line.kind, "")


@admin.register(DivisionChange)
class DivisionChangeAdmin(ServiceAdmin):
    """Changes are drafted on the portal's own pages, checked and applied once; a wrong one is dropped, drafted anew."""

    keyset = ("-id",)
    list_display = ("__str__", "kind", "division", "effective", "approval_no", "state", "applied_at")
    list_select_related = ("division",)
    list_filter = (DivisionFilter, "kind", "state")
    search_fields = ("approval_no",)
    search_help_text = _("Beginning of the approval number")
    fields = ("kind", "division", "effective", "approval_no", "new_code", "new_name", "new_parent")
    readonly_fields = ("told_kind", "state", "refusal", "applied_at")
    inlines = (LineInline,)
    change_form_outer_before_template = "admin/change_actions.html"

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(approval_no__startswith=search_term) if search_term else queryset), False

    def has_change_permission(self, request, obj=None):
        return obj is None and super().has_change_permission(request, obj)

    @admin.display(description=_("new committee kind"))
    def told_kind(self, change):
        return KINDS.get(change.new_kind, "")

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return redirect("registry:division_change_start")

    def get_fields(self, request, obj=None):
        return [*self.fields, *self.readonly_fields]

    def get_urls(self):
        own = [
            path(
                f"<int:pk>/{verb}/",
                self.admin_site.admin_view(require_POST(self.do)),
                {"verb": verb},
                name=f"registry_divisionchange_{verb}",
            )
            for verb in self.VERBS
        ]
        return [*own, *super().get_urls()]

    VERBS = {
        "check": (check_change, _("The change is checked; it is applied in the night of its day.")),
        "apply": (apply_change, _("The change is applied; organizations and figures follow.")),
        "drop": (drop_change, _("The change is dropped.")),
    }

    def do(self, request, pk, verb):
        change = self.get_object(request, str(pk))
        if change is None:
            raise Http404
        service, done = self.VERBS[verb]
        try:
            service(change=change, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, done)
        return redirect("admin:registry_divisionchange_change", pk)
