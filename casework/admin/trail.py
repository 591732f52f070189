from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from casework.admin.base import ReadOnlyAdmin
from casework.admin.lists import OrganizationPlaceFilter
from casework.admin.words import model_of, tell, verb
from casework.models import AuditEvent, PolicyValue

SUBJECTS = (
    "registry.organization",
    "registry.person",
    "registry.importbatch",
    "registry.divisionyear",
    "registry.divisionchange",
    "casework.calendarday",
    "accounts.division",
    "accounts.user",
    "accounts.assignment",
    "reporting.targetset",
    "reporting.target",
    "reporting.baseline",
)


class SubjectFilter(SimpleListFilter):
    title = _("kind of object")
    parameter_name = "target"

    def lookups(self, request, model_admin):
        models = {name: model_of(name) for name in SUBJECTS}
        return [(name, model._meta.verbose_name) for name, model in models.items() if model]

    def queryset(self, request, queryset):
        return queryset.filter(target=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    keyset = ("-id",)
    list_display = ("moment", "actor", "deed", "subject", "target_label", "note")
    list_filter = (SubjectFilter, OrganizationPlaceFilter)
    search_fields = ("actor",)
    search_help_text = _("Login name, or the id of the object")
    fields = ("moment", "actor", "deed", "subject", "target_label", "target_id", "note", "values")
    readonly_fields = fields

    def has_view_permission(self, request, obj=None):
        """What the list holds may be opened: an event of the whole portal has no place to ask for."""
        return super().has_view_permission(request)

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (queryset.filter(Q(actor=term) | Q(target_id=term)) if term else queryset), False

    @admin.display(description=_("at"))
    def moment(self, event):
        return date_format(localtime(event.at), "Y-m-d H:i:s")

    @admin.display(description=_("action"))
    def deed(self, event):
        return verb(event.action)

    @admin.display(description=_("kind of object"))
    def subject(self, event):
        model = model_of(event.target)
        return model._meta.verbose_name if model else event.target

    @admin.display(description=_("values"))
    def values(self, event):
        rows = tell(event)["rows"]
        return format_html_join("", "<p>{}: {} → {}</p>", ((r["label"], r["before"] or "—", r["after"]) for r in rows))


@admin.register(PolicyValue)
class PolicyValueAdmin(ReadOnlyAdmin):
    placed = False
    list_display = ("key", "value", "division", "policy", "clause", "starts", "ends")
    list_select_related = ("division",)
    search_fields = ("key", "policy")
