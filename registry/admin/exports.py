"""Excel of exactly the list on screen, written by the portal's own writer: no cell of it can be a formula."""

import datetime as dt
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models.division import in_paths
from casework import audit
from registry.services.exports import PERMISSION, common_path
from registry.workbooks.download import download
from registry.workbooks.stream import Column, Sheet

MOST_ROWS = 10_000
KINDS = ((dt.datetime, "moment"), (dt.date, "date"), (int | float | Decimal, "number"))
KEYS = {"division_code": lambda: _("official code"), "division_name": lambda: _("division")}


class ListExport:
    """Adds the export of the filtered list with the columns chosen; `resource` declares what names the place of a row.

    It goes as far as the right `exports` reaches, by the rows' own `export_path`; without one as far as the list.
    """

    resource = None
    exports = PERMISSION
    export_path = "division__path"
    surveyed = False  # whether rows also come in by the survey workbook

    def get_urls(self):
        export = self.admin_site.admin_view(require_POST(self.export))
        return [path("export/", export, name=self.export_name()), *super().get_urls()]

    def export_name(self):
        return f"{self.opts.app_label}_{self.opts.model_name}_export"

    def changelist_view(self, request, extra_context=None):
        may = request.user.has_perm(self.exports)
        address = f"{reverse(f'admin:{self.export_name()}')}?{request.GET.urlencode()}" if may else ""
        context = {"export_url": address, **(extra_context or {})}
        if self.surveyed and request.user.has_perm("registry.import_survey"):
            context["import_url"] = reverse("registry:imports")
        return super().changelist_view(request, context)

    def export(self, request):
        if not (self.has_view_permission(request) and request.user.has_perm(self.exports)):
            raise PermissionDenied
        held = request.user.paths(self.exports)
        rows = self.get_changelist_instance(request).queryset
        rows = rows.filter(in_paths(self.export_path, held)) if self.export_path else rows
        rows = list(rows.select_related(*(self.list_select_related or ()))[: MOST_ROWS + 1])
        if len(rows) > MOST_ROWS:
            told = _("These are more than %(most)s rows. Please narrow the filter.") % {"most": MOST_ROWS}
            messages.error(request, told)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        told = {"list": self.opts.label_lower, "rows": len(rows), "filter": request.GET.urlencode()}
        audit.record("export", by=request.user, after=told, path=common_path(held))
        return download([self.sheet(rows, self.get_list_display(request))], self.opts.verbose_name_plural)

    def sheet(self, rows, shown):
        """The place of each row by its official code and whole name, then the columns as on screen."""
        resource = self.resource() if self.resource else None
        keys = list(KEYS) if resource else []
        names = [name for name in shown if not (keys and name == "division")]
        table = [
            [*(plain(resource.fields[key].get_value(row)) for key in keys), *(self.cell(row, name) for name in names)]
            for row in rows
        ]
        labels = [*(KEYS[key]() for key in keys), *(self.label_of(name) for name in names)]
        kinds = [kind_of([line[at] for line in table]) for at in range(len(labels))]
        columns = [Column(str(label), kind, 18) for label, kind in zip(labels, kinds, strict=True)]
        return Sheet(str(self.opts.verbose_name_plural)[:31], columns, table)

    def cell(self, row, name):
        """A column of a row in words, as the list shows it; a figure of the row stays one."""
        if hasattr(self, name) and name != "__str__":
            figure = getattr(row, getattr(getattr(self, name), "admin_order_field", name), None)
            return figure if isinstance(figure, Decimal) else plain(getattr(self, name)(row))
        if name == "__str__":
            return str(row)
        choices = row._meta.get_field(name).choices
        return plain(getattr(row, f"get_{name}_display")() if choices else getattr(row, name))


def plain(value):
    """A cell: dates and numbers as such, yes and no in words, everything else as text; None stays empty."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None or isinstance(value, dt.date | int | float | Decimal):
        return value
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def kind_of(values):
    known = [value for value in values if value is not None]
    return next((kind for types, kind in KINDS if known and all(isinstance(value, types) for value in known)), "text")
