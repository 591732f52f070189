"""Pieces of the lists: paging by key, chosen columns, filters that stay inside the user's divisions."""

from django.contrib.admin import SimpleListFilter
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.views import ChangeList

from accounts.models import Division
from casework.models import ListColumns
from casework.paging import CursorError, KeysetPage

CURSORS = ("after", "before")
PLACES_SHOWN = 200


class KeysetChangeList(ChangeList):
    """Previous and next along the admin's `keyset`; a page number in the address means nothing here."""

    def get_filters_params(self, params=None):
        return without_cursors(super().get_filters_params(params))

    def get_query_string(self, new_params=None, remove=None):
        return super().get_query_string(new_params, [*(remove or []), *CURSORS])

    def get_ordering(self, request, queryset):
        return list(self.model_admin.keyset)

    def apply_select_related(self, qs):
        # Read after the page: a join would be made for every match of a search before the page is cut out of them.
        return qs.prefetch_related(*(self.list_select_related or ()))

    def get_ordering_field_columns(self):
        return {}

    def get_results(self, request):
        self.page_num = 1
        super().get_results(request)
        self.page = self.read_page(request)
        self.result_list = self.page.rows
        self.next_url = self.page.next and self.address(after=self.page.next)
        self.previous_url = self.page.previous and self.address(before=self.page.previous)

    def read_page(self, request):
        keys, size = self.model_admin.keyset, self.list_per_page
        cursors = {name: request.GET.get(name, "") for name in CURSORS}
        try:
            return KeysetPage(self.queryset, keys, size, **cursors)
        except CursorError:
            return KeysetPage(self.queryset, keys, size)

    def address(self, **cursor):
        return "?" + urlencode([*sorted(without_cursors(self.filter_params).items()), *cursor.items()], doseq=True)


def without_cursors(params):
    return {name: values for name, values in params.items() if name not in CURSORS}


class ColumnChoice:
    """Lets each user choose the columns of a list out of `columns` and remembers the choice."""

    columns = ()

    def get_list_display(self, request):
        if not self.columns:
            return super().get_list_display(request)
        if not hasattr(request, "list_columns"):
            request.list_columns = self.chosen_columns(request)
        return request.list_columns

    def chosen_columns(self, request):
        chosen = ListColumns.objects.filter(user=request.user, name=self.opts.label_lower).first()
        kept = [name for name in self.columns if chosen and name in chosen.columns]
        return [self.list_display[0], *(kept or self.list_display[1:])]

    def get_urls(self):
        choose = self.admin_site.admin_view(require_POST(self.choose_columns))
        return [path("columns/", choose, name=self.columns_url_name()), *super().get_urls()]

    def columns_url_name(self):
        return f"{self.opts.app_label}_{self.opts.model_name}_columns"

    def choose_columns(self, request):
        chosen = [name for name in self.columns if name in request.POST.getlist("column")]
        ListColumns.objects.update_or_create(
            user=request.user, name=self.opts.label_lower, defaults={"columns": chosen}
        )
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def changelist_view(self, request, extra_context=None):
        shown = self.get_list_display(request)
        context = {
            "columns": [{"name": name, "label": self.label_of(name), "shown": name in shown} for name in self.columns],
            "columns_url": reverse(f"admin:{self.columns_url_name()}"),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def label_of(self, name):
        if name == "__str__":
            return self.opts.verbose_name
        described = getattr(getattr(self, name, None), "short_description", None)
        return described or self.opts.get_field(name).verbose_name


class DivisionFilter(SimpleListFilter):
    """Walks down the tree of the user's own divisions; choosing one keeps everything inside it."""

    title = _("division")
    parameter_name = "division"
    path_field = "division__path"

    def __init__(self, request, params, model, model_admin):
        self.visible = Division.objects.visible_to(request.user, model_admin.right("view")).in_force()
        self.roots = request.user.paths(model_admin.right("view"))
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        self.chosen = self.find(self.value())
        trail = self.visible.filter(pk__in=self.chosen.ancestor_ids) if self.chosen else Division.objects.none()
        self.trail = [(str(row.pk), str(row)) for row in trail.order_by("path")]
        below = self.visible.filter(parent=self.chosen) if self.chosen else self.visible.filter(**self.top())
        self.below = [(str(row.pk), str(row)) for row in below.order_by("path")[:PLACES_SHOWN]]
        return [*self.trail, *self.below]

    def top(self):
        return {"parent": None} if "" in self.roots else {"path__in": self.roots}

    def find(self, value):
        known = value and value.isascii() and value.isdigit()
        return self.visible.filter(pk=int(value)).first() if known else None

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        return (
            queryset.filter(**{f"{self.path_field}__startswith": self.chosen.path}) if self.chosen else queryset.none()
        )


class OrganizationPlaceFilter(DivisionFilter):
    path_field = "division_path"


class OwnPlaceFilter(DivisionFilter):
    path_field = "path"
