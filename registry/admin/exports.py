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
KINDS = ((dt.date, "date"), (int | float | Decimal, "number"))


class ListExport:
    """Adds the export of the filtered list; `resource` declares its columns."""

    resource = None

    def get_urls(self):
        export = self.admin_site.admin_view(require_POST(self.export))
        return [path("export/", export, name=self.export_name()), *super().get_urls()]

    def export_name(self):
        return f"{self.opts.app_label}_{self.opts.model_name}_export"

    def changelist_view(self, request, extra_context=None):
        may = request.user.has_perm(PERMISSION)
        address = f"{reverse(f'admin:{self.export_name()}')}?{request.GET.urlencode()}" if may else ""
        return super().changelist_view(request, {"export_url": address, **(extra_context or {})})

    def export(self, request):
        if not (self.has_view_permission(request) and request.user.has_perm(PERMISSION)):
            raise PermissionDenied
        changes = self.get_changelist_instance(request)
        held = in_paths("division__path", request.user.paths(PERMISSION))
        rows = changes.queryset.filter(held).select_related("division")[: MOST_ROWS + 1]
        if len(rows) > MOST_ROWS:
            told = _("These are more than %(most)s rows. Please narrow the filter.") % {"most": MOST_ROWS}
            messages.error(request, told)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        told = {"list": self.opts.label_lower, "rows": len(rows), "filter": request.GET.urlencode()}
        audit.record("export", by=request.user, after=told, path=common_path(request.user.paths(PERMISSION)))
        return download([sheet_of(self.resource(), rows)], self.opts.verbose_name_plural)


def sheet_of(resource, rows):
    names = resource.get_export_order()
    table = [[plain(resource.fields[name].get_value(row)) for name in names] for row in rows]
    kinds = [kind_of([line[at] for line in table]) for at in range(len(names))]
    headings = [heading(resource, name) for name in names]
    columns = [Column(label, kind, 18) for label, kind in zip(headings, kinds, strict=True)]
    return Sheet(str(resource.Meta.model._meta.verbose_name_plural)[:31], columns, table)


def heading(resource, name):
    if name == "division_code":
        return _("official code")
    if name == "division_name":
        return _("division")
    return str(resource.Meta.model._meta.get_field(name).verbose_name)


def plain(value):
    """A cell: dates and numbers as such, yes and no in words, everything else as text; None stays empty."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None or isinstance(value, dt.date | int | float | Decimal):
        return value
    return str(value)


def kind_of(values):
    known = [value for value in values if value is not None]
    return next((kind for types, kind in KINDS if known and all(isinstance(value, types) for value in known)), "text")
