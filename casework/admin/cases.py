from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.admin.base import ReadOnlyAdmin
from casework.admin.lists import OrganizationPlaceFilter
from casework.flows import FLOWS, flow_of
from casework.models import Case


class MatterFilter(SimpleListFilter):
    title = _("matter")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(kind, flow.label) for kind, flow in FLOWS.items()]

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() in FLOWS else queryset


class TimeFilter(SimpleListFilter):
    title = _("time")
    parameter_name = "time"

    def lookups(self, request, model_admin):
        return [("open", _("Open")), ("overdue", _("Overdue")), ("closed", _("Closed"))]

    def queryset(self, request, queryset):
        narrowed = {
            "open": queryset.open,
            "overdue": queryset.overdue,
            "closed": lambda: queryset.exclude(closed_at=None),
        }
        return narrowed.get(self.value(), lambda: queryset)()


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    """Browse and find; every step is taken on the case's own page, along its flow."""

    keyset = ("-id",)
    list_display = ("title", "number", "matter", "standing", "division", "submitted_at", "due", "handler")
    list_select_related = ("division", "handler")
    list_filter = (OrganizationPlaceFilter, MatterFilter, TimeFilter)
    search_fields = ("title",)
    search_help_text = _("Part of the subject, or a case number")
    fields = ("title", "number", "matter", "standing", "division", "submitted_at", "due", "handler", "closed_at")
    readonly_fields = fields
    change_form_before_template = "admin/case_links.html"

    def get_queryset(self, request):
        return Case.objects.visible_to(request.user).exclude(submitted_at=None)

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (queryset.filter(Q(number=term) | Q(title__contains=term)) if term else queryset), False

    @admin.display(description=_("matter"))
    def matter(self, case):
        return flow_of(case).label

    @admin.display(description=_("state"))
    def standing(self, case):
        return flow_of(case).state(case.state).label
