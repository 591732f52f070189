from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.admin.base import ReadOnlyAdmin
from casework.admin.lists import DivisionFilter
from registry.admin.exports import ListExport
from registry.models import ImportBatch

YEARS_OFFERED = 10
COUNTS = {
    "accept": _("Good"),
    "accept_warn": _("Warnings"),
    "update": _("Changes"),
    "skip": _("Unchanged"),
    "duplicate": _("Doubles in the file"),
    "reject": _("Errors"),
    "total": _("Rows"),
}


class YearFilter(SimpleListFilter):
    title = _("survey year")
    parameter_name = "year"

    def lookups(self, request, model_admin):
        newest = timezone.localdate().year + 1
        return [(str(year), str(year)) for year in range(newest, newest - YEARS_OFFERED, -1)]

    def queryset(self, request, queryset):
        offered = {value for value, _label in self.lookup_choices}
        if not self.value():
            return queryset
        return queryset.filter(year=int(self.value())) if self.value() in offered else queryset.none()


@admin.register(ImportBatch)
class ImportBatchAdmin(ListExport, ReadOnlyAdmin):
    """Batches are looked at on the survey import pages; this list finds them."""

    keyset = ("-id",)
    list_display = ("filename", "owner", "division", "year", "state", "mode", "told_counts", "created_at", "stored_at")
    columns = ("owner", "division", "year", "state", "mode", "told_counts", "size", "created_at", "stored_at")
    list_select_related = ("owner", "division")
    list_filter = (DivisionFilter, "state", YearFilter)
    search_fields = ("filename",)
    search_help_text = _("Part of the file's name")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("content", "columns", "mapping", "notices")

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(filename__contains=search_term.strip()) if search_term else queryset), False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        batch = self.get_object(request, object_id)
        if batch is None:
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("registry:import", uid=batch.uid)

    @admin.display(description=_("lines"))
    def told_counts(self, batch):
        return " · ".join(f"{label} {batch.counts[key]}" for key, label in COUNTS.items() if batch.counts.get(key))
