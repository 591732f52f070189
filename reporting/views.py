"""The home page, dashboards of every division, and each of their numbers opened."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from accounts.context import address, places_of
from accounts.models import Division
from casework import audit
from casework.services import inbox
from registry.models import DivisionChange, ImportBatch
from registry.services.applicants import files_only
from registry.services.division_changes import APPLY_RIGHT
from registry.services.placing import RIGHT as MAY_PLACE
from registry.services.placing import to_place
from registry.workbooks.download import download
from reporting import sheets
from reporting.asking import RIGHT, Asked, crumbs
from reporting.boards import Board
from reporting.figures import STORED
from reporting.forms import AsOfForm, DashboardForm, RowsForm
from reporting.indicators import INDICATORS
from reporting.measures import MEASURES
from reporting.models import Target
from reporting.opened import OpenedIndicator, OpenedKinds, OpenedMeasure, OpenedTarget
from reporting.rows import PAGE, Rows
from reporting.typed import TIER_OF

HOME_BOARDS = 12
EXPORT_ROWS = 1000


def asked_for(request, pk, form):
    """The division, when its figures may be seen, on the day and map asked for; else the 404 of what does not exist."""
    division = get_object_or_404(Division.objects.visible_to(request.user, RIGHT), pk=pk)
    return Asked(division, form.on, form.map)


@require_safe
def home(request):
    if files_only(request.user):
        return redirect("apply:my")
    places = [place for place in places_of(request) if request.user.has_perm(RIGHT, place)]
    waiting = work(request.user)
    if len(places) == 1 and not waiting:
        return redirect("reporting:dashboard", places[0].pk)
    form = AsOfForm(request.GET)
    boards = [Board(Asked(place, form.on, form.map)) for place in places[:HOME_BOARDS]]
    context = {"boards": boards, "more_places": places[HOME_BOARDS:], "work": waiting}
    return render(request, "reporting/home.html", context)


def work(user):
    """What waits for this user today: cases of their offices, uploaded workbooks that want a decision."""
    return [*cases_waiting(user), *workbooks_waiting(user), *unplaced(user), *changes_waiting(user)]


def cases_waiting(user):
    if not user.has_perm("casework.view_case"):
        return []
    counts = inbox.counts(user)
    text = ngettext("%(count)s case waits for you", "%(count)s cases wait for you", counts["todo"])
    late = ngettext("%(count)s overdue", "%(count)s overdue", counts["overdue"]) % {"count": counts["overdue"]}
    line = {"text": text % {"count": counts["todo"]}, "note": late if counts["overdue"] else ""}
    return [{**line, "url": address("casework:cases")}] if counts["todo"] else []


def unplaced(user):
    """Organizations a split or an end of their community left at the street."""
    count = to_place(user).count() if user.has_perm(MAY_PLACE) else 0
    text = ngettext("%(count)s organization to be placed", "%(count)s organizations to be placed", count)
    note = _("Left at the street by a change of divisions")
    return [{"text": text % {"count": count}, "note": note, "url": address("registry:to_place")}] if count else []


def changes_waiting(user):
    """Changes of divisions somebody drafted, or that failed in their night, for those who decide on them."""
    rows = DivisionChange.objects.visible_to(user, APPLY_RIGHT).filter(state__in=("draft", "refused"))
    count = rows.count() if user.has_perm(APPLY_RIGHT) else 0
    text = ngettext(
        "%(count)s change of divisions to be checked", "%(count)s changes of divisions to be checked", count
    )
    return [{"text": text % {"count": count}, "note": "", "url": address("registry:division_changes")}] if count else []


def workbooks_waiting(user):
    batches = ImportBatch.objects.visible_to(user).filter(state=ImportBatch.State.CHECKED, owner=user)
    return [
        {
            "text": _("Decide about the workbook %(name)s") % {"name": batch.filename},
            "note": str(batch.division),
            "url": address("registry:import", batch.uid),
        }
        for batch in batches.select_related("division").order_by("-created_at")[:10]
    ]


class Dashboard(TemplateView):
    template_name = "reporting/dashboard.html"

    def get_context_data(self, pk, **kwargs):
        form = DashboardForm(self.request.GET)
        board = Board(asked_for(self.request, pk, form))
        return super().get_context_data(**on_screen(self.request, board, form), **kwargs)


class Screen(Dashboard):
    template_name = "reporting/screen.html"


def on_screen(request, board, form):
    """The context of a dashboard: its board and what was chosen about it."""
    uploads = request.user.has_perm("registry.import_survey", board.division)
    upload = address("registry:imports") if uploads else ""
    return {
        "form": form,
        "board": board,
        "division": board.division,
        "on": board.asked.on,
        "crumbs": crumbs(board.asked, request.user),
        "groups": board.targets(form.chosen("state", None)),
        "state": form.chosen("state", ""),
        "types": board.types(form.chosen("scheme", None)),
        "ranking": board.ranking(form.chosen("rank", "orgs"), form.chosen("order", "desc")),
        "upload_url": upload,
        "figures_url": figures_url(request.user, board.division, board.asked.on.year),
    }


def figures_url(user, division, year):
    """Where base figures of the place and year are entered; empty for whoever may not, or where none is waited for."""
    may = year and user.has_perm("registry.change_divisionyear", division)
    return f"{address('registry:base_figures')}?year={year}" if may else ""


@require_safe
def export(request, pk):
    form = DashboardForm(request.GET)
    board = Board(asked_for(request, pk, form))
    ranking = board.ranking(form.chosen("rank", "orgs"), form.chosen("order", "desc"))
    types, state = board.types(form.chosen("scheme", None)), form.chosen("state", None)
    return exported(request, board.asked, _("Targets"), sheets.dashboard(board, ranking, types, state))


def exported(request, asked, table, pages):
    """The workbook as a file; who took which figures of which place is on record."""
    audit.record(
        "reporting.export", asked.division, by=request.user, after={"table": table, "as_of": asked.on.isoformat()}
    )
    return download(pages, table, asked.division, asked.on)


class Opening(TemplateView):
    """A number opened: on screen, or as a workbook with ?format=xlsx."""

    template_name = "reporting/figure.html"

    def get(self, request, *args, **kwargs):
        self.form = RowsForm(request.GET)
        self.asked = asked_for(request, kwargs["pk"], self.form)
        self.page = self.opened()
        if request.GET.get("format") == "xlsx":
            return exported(request, self.asked, self.page.label, sheets.opened(self.page, self.rows(EXPORT_ROWS)))
        return super().get(request, *args, **kwargs)

    def rows(self, size=None):
        return None

    def get_context_data(self, **kwargs):
        page, rows = self.page, self.rows()
        return super().get_context_data(
            figure=page,
            division=self.asked.division,
            on=page.row.as_of,
            rows=rows,
            differs=rows is not None and page.row.origin == STORED and rows.amount != page.value,
            crumbs=crumbs(self.asked, self.request.user, page.label),
            chart_note=page.board.note,
            figures_url=figures_url(self.request.user, self.asked.division, page.year_missing),
            export_url=self.request.path + "?" + self.with_format(),
        )

    def with_format(self):
        query = self.request.GET.copy()
        query["format"] = "xlsx"
        query.pop("after", None)
        return query.urlencode()


class MeasurePage(Opening):
    def opened(self):
        name = known(self.kwargs["name"], MEASURES)
        if name not in TIER_OF or not self.form.types:
            return OpenedMeasure(self.asked, name)
        page = OpenedKinds(self.asked, name, self.form.types, self.form.chosen("scheme", None))
        return page if page.words else known("", MEASURES)

    def rows(self, size=None):
        after = None if size else self.form.chosen("after", None)
        types = getattr(self.page, "types", ())
        return Rows(self.page.name, self.asked, self.request.user, after, size or PAGE, types)


class IndicatorPage(Opening):
    def opened(self):
        return OpenedIndicator(self.asked, known(self.kwargs["name"], INDICATORS))


class TargetPage(Opening):
    def opened(self):
        page = OpenedTarget(
            self.asked, get_object_or_404(Target.objects.select_related("set"), pk=self.kwargs["target"])
        )
        if page.result is None:
            raise Http404
        return page


def known(name, table):
    if name not in table:
        raise Http404
    return name
