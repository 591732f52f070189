from dataclasses import dataclass

from django.contrib.auth.mixins import AccessMixin
from django.db.models import Prefetch
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from casework.models import ListColumns
from casework.paging import CappedPaginator, CursorError, KeysetPage
from registry.filters import filtered
from registry.forms import OrganizationFilter
from registry.models import OrganizationFlag, OrganizationYear
from registry.views.shown import Shown

LIST = "organizations"
PAGE = 30
KEY = ("division_path", "id")


@dataclass(frozen=True)
class Column:
    """A column of the list: its name, heading, how it is shown, and what must be read for it."""

    name: str
    label: str
    kind: str = "text"
    reads: str = ""


COLUMNS = {
    column.name: column
    for column in (
        Column("tier", gettext_lazy("Tier")),
        Column("type", gettext_lazy("Type")),
        Column("place", gettext_lazy("Home division")),
        Column("state", gettext_lazy("State"), "state"),
        Column("founded", gettext_lazy("Founded"), "day"),
        Column("ended", gettext_lazy("Ended"), "day"),
        Column("uscc", gettext_lazy("Credit code"), "code"),
        Column("filing_no", gettext_lazy("Filing number"), "code"),
        Column("leader", gettext_lazy("Leader")),
        Column("phone", gettext_lazy("Phone"), "code"),
        Column("members", gettext_lazy("Members"), "number", "years"),
        Column("volunteers", gettext_lazy("Volunteers"), "number", "years"),
        Column("party_members", gettext_lazy("Party members"), "number", "years"),
        Column("flags", gettext_lazy("Functions"), "text", "flags"),
        Column("venue", gettext_lazy("Venue")),
        Column("changed", gettext_lazy("Changed"), "moment"),
    )
}
DEFAULT = ("tier", "type", "place", "state", "founded", "members")
# Read after the page: a join would be made for every match of a search before the page is cut out of them.
RELATED = ("division__parent", "type", "leader")
READS = {
    "years": Prefetch("years", OrganizationYear.objects.filter(next_year=None), to_attr="latest"),
    "flags": Prefetch("flags", OrganizationFlag.objects.filter(ends=None), to_attr="open_flags"),
}


class MayList(AccessMixin):
    """Those with the right somewhere, and those who hold an organization's account."""

    def dispatch(self, request, *args, **kwargs):
        user = request.user
        if not (user.has_perm("registry.view_organization") or user.organization_accounts.filter(ends=None).exists()):
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)


class OrganizationList(MayList, View):
    def get(self, request):
        form = OrganizationFilter(request.GET or None, user=request.user)
        given = form.given() if form.is_bound else {}
        rows = filtered(request.user, given)
        columns = chosen_columns(request.user)
        page = page_of(with_columns(rows, columns), request.GET)
        counter = CappedPaginator(rows, PAGE)
        context = {
            "form": form,
            "chips": chips(form, given, request.GET),
            "columns": columns,
            "all_columns": COLUMNS.values(),
            "rows": Shown(request.user).table(page.rows, columns),
            "page": page,
            "total": total_text(counter),
            "filtered": bool(given),
            "may_add": request.user.has_perm("registry.add_organization"),
            "may_export": request.user.has_perm("registry.export_organization"),
        }
        return render(request, "registry/organization_list.html", context)


class ColumnChoice(MayList, View):
    def post(self, request):
        names = [name for name in COLUMNS if name in request.POST.getlist("column")]
        ListColumns.objects.update_or_create(user=request.user, name=LIST, defaults={"columns": names})
        back = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
            return HttpResponseRedirect(back)
        return redirect("registry:organizations")


def chosen_columns(user):
    row = ListColumns.objects.filter(user=user, name=LIST).first()
    names = row.columns if row and row.columns else DEFAULT
    return [COLUMNS[name] for name in names if name in COLUMNS]


def with_columns(rows, columns):
    wanted = dict.fromkeys(column.reads for column in columns if column.reads)
    return rows.prefetch_related(*RELATED, *(READS[name] for name in wanted))


def page_of(rows, address, size=None):
    """The page the address names; the first one for a cursor that is not ours."""
    size = size or PAGE
    try:
        return KeysetPage(rows, KEY, size, after=address.get("after", ""), before=address.get("before", ""))
    except CursorError:
        return KeysetPage(rows, KEY, size)


def total_text(counter):
    if counter.estimated:
        return _("about %(count)s organizations") % {"count": f"{counter.count:,}"}
    return _("%(count)s organizations") % {"count": f"{counter.count:,}"}


def chips(form, given, address):
    return chips_at(reverse("registry:organizations"), form, given, address)


def chips_at(page, form, given, address):
    """What the list at the address `page` is filtered by, each with the address without it."""
    return [
        {"label": form.fields[name].label, "value": words(form, name, value), "url": without(page, address, name)}
        for name, value in given.items()
    ]


def words(form, name, value):
    choices = getattr(form.fields[name], "choices", None)
    if isinstance(value, str) and choices is not None:
        return dict(choices).get(value, value)
    return str(value)


def without(page, address, name):
    rest = address.copy()
    for key in (name, "after", "before"):
        rest.pop(key, None)
    return f"{page}?{rest.urlencode()}"
