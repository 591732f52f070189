from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from casework.admin.base import ScopedAdmin
from casework.admin.lists import DivisionFilter, OwnPlaceFilter
from registry.models import DivisionChange, DivisionYear


@admin.register(Division)
class DivisionAdmin(ScopedAdmin):
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


@admin.register(DivisionYear)
class DivisionYearAdmin(ScopedAdmin):
    keyset = ("-id",)
    list_display = ("division", "year", "population", "households", "staff", "state", "source")
    list_select_related = ("division",)
    list_filter = (DivisionFilter, "state")
    search_fields = ("division__name",)
    autocomplete_fields = ("division",)


@admin.register(DivisionChange)
class DivisionChangeAdmin(ScopedAdmin):
    keyset = ("-id",)
    list_display = ("__str__", "kind", "division", "effective", "approval_no", "state", "applied_at")
    list_select_related = ("division",)
    list_filter = (DivisionFilter, "kind", "state")
    search_fields = ("approval_no",)
    autocomplete_fields = ("division", "new_parent")
