from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import OuterRef, Prefetch, Subquery
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths
from casework.admin.base import LookInline, ServiceAdmin
from casework.admin.lists import OrganizationPlaceFilter
from casework.sealing import mask_name
from registry.admin.forms import OrganizationForm
from registry.filters import looked_up
from registry.forms import type_choices
from registry.models import (
    Organization,
    OrganizationFlag,
    OrganizationPeriod,
    OrganizationYear,
    Term,
)
from registry.models.organization import COUNTED
from registry.services.guards import SENSITIVE, locked_facts
from registry.services.pending import is_pending

# Sensitive facts this page does not show at all.
HIDDEN = ("leader", "purpose")
WORD = Subquery(Term.objects.filter(list=Term.List.FLAG, code=OuterRef("flag")).values("name")[:1])
# What began a period, as its row keeps it.
CAUSES = {
    "first": _("first entry"),
    "import": _("survey import"),
    "change": _("change of the record"),
    "filed": _("filing"),
    "transfer": _("move to another place"),
    "upgrade": _("rise to a higher tier"),
    "downgrade": _("return to a lower tier"),
    "correction": _("correction by the office"),
    "dormancy": _("no activity found"),
    "division_change": _("change of divisions"),
    "to_place": _("change of divisions, still to be placed"),
    "street_wide": _("change of divisions, street-wide"),
    "demo": _("demo data"),
}


class TypeFilter(SimpleListFilter):
    title = _("type")
    parameter_name = "type"

    def lookups(self, request, model_admin):
        types = list(type_choices(request.user).order_by("scheme__code", "order", "id"))
        several = len({row.scheme_id for row in types}) > 1
        return [(str(row.pk), f"{row.scheme} · {row}" if several else str(row)) for row in types]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        chosen = [pk for pk, _name in self.lookup_choices if pk == self.value()]
        return queryset.filter(type__in=chosen)


class FlagFilter(SimpleListFilter):
    title = _("function")
    parameter_name = "flag"

    def lookups(self, request, model_admin):
        return list(Term.objects.filter(list=Term.List.FLAG).values_list("code", "name"))

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        return queryset.filter(
            pk__in=OrganizationFlag.objects.filter(flag=self.value(), ends=None).values("organization")
        )


def portal_filter(given):
    """The list's filter as the portal's own list and export know it."""
    names = {"tier__exact": "tier", "state__exact": "state", "type": "type", "flag": "flag", "division": "division"}
    found = {portal: given[name] for name, portal in names.items() if given.get(name)}
    term = given.get("q", "").strip()
    if term:
        found["q" if not term.isascii() else "uscc"] = term
    return found


class PeriodInline(LookInline):
    model = OrganizationPeriod
    fields = readonly_fields = ("starts", "ends", "tier", "state", "division", "type", "begun_by")
    select = ("division", "type")

    @admin.display(description=_("cause"))
    def begun_by(self, period):
        return CAUSES.get(period.cause, period.cause)


class FigureInline(LookInline):
    model = OrganizationYear
    fields = readonly_fields = ("year", "members", "volunteers", "party_members", "fulltime", "activities", "income")


class FlagInline(LookInline):
    model = OrganizationFlag
    fields = readonly_fields = ("function", "starts", "ends", "evidence")

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(word=WORD)

    @admin.display(description=_("function"))
    def function(self, flag):
        return flag.word or flag.flag


@admin.register(Organization)
class OrganizationAdmin(ServiceAdmin):
    """Browse, find and correct; registering, ending, functions and the leader have their own pages in the portal.

    What a filing or registration vouches for is only shown: it changes through a case.
    """

    keyset = ("division_path", "id")
    list_display = ("name", "tier", "type", "division", "state", "founded")
    columns = (
        "tier",
        "type",
        "division",
        "district",
        "state",
        "founded",
        "ended",
        "legal_form",
        "uscc",
        "filing_no",
        "functions",
        "leader_name",
        "place",
        "rating",
        "source",
        "updated_at",
    )
    list_select_related = ("division", "district", "type", "leader")
    form = OrganizationForm
    autocomplete_fields = ("division",)
    inlines = (PeriodInline, FigureInline, FlagInline)
    change_form_before_template = "admin/organization_links.html"
    fieldsets = (
        (_("Name and numbers"), {"fields": ("name", ("legal_form", "rating"), ("uscc", "filing_no"), "founded")}),
        (_("Tier, state, type and home division"), {"fields": (("tier", "state"), ("type", "division"), "effective")}),
        (_("What it does"), {"fields": ("targets", "fields", "fund_sources", ("place", "place_area"))}),
        (_("More"), {"fields": ("volunteer_system_id", "remark", "note", "another", "seen_version")}),
    )
    list_filter = (OrganizationPlaceFilter, "tier", "state", TypeFilter, FlagFilter)
    search_fields = ("name",)
    search_help_text = _("Part of the name, a credit code or a filing number")

    def get_queryset(self, request):
        # Without the organizations whose account one holds: one prefix test per place walks the index.
        rows = Organization.objects.filter(in_paths("division_path", request.user.paths(self.right("view"))))
        flags = Prefetch("flags", OrganizationFlag.objects.filter(ends=None).annotate(word=WORD), to_attr="open_flags")
        return rows.prefetch_related(flags) if "functions" in self.get_list_display(request) else rows

    def get_list_select_related(self, request):
        shown = self.get_list_display(request)
        return [name for name in self.list_select_related if name in shown or f"{name}_name" in shown]

    def get_readonly_fields(self, request, obj=None):
        locked = locked_facts(obj) if obj is not None else ()
        return [name for name in SENSITIVE if name in locked and name not in HIDDEN]

    def has_change_permission(self, request, obj=None):
        ended = obj is not None and obj.state not in COUNTED
        return not ended and super().has_change_permission(request, obj)

    def changelist_view(self, request, extra_context=None):
        """Import and export are the survey pages': checked, previewed, undone; written by a worker when long."""
        links = {}
        if request.user.has_perm("registry.import_survey"):
            links["import_url"] = reverse("registry:imports")
        if request.user.has_perm("registry.export_organization"):
            links["export_link"] = f"{reverse('registry:exports')}?{urlencode(portal_filter(request.GET))}"
        return super().changelist_view(request, {**links, **(extra_context or {})})

    def add_view(self, request, form_url="", extra_context=None):
        return redirect("registry:organization_add")

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None and request.method == "GET" and is_pending(obj):
            messages.info(request, _("A case about this organization is under way."))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        return looked_up(queryset, term), False

    @admin.display(description=_("leader"))
    def leader_name(self, organization):
        return mask_name(organization.leader.name) if organization.leader else ""

    @admin.display(description=_("functions"))
    def functions(self, organization):
        return "、".join(flag.word or flag.flag for flag in organization.open_flags)
