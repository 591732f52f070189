"""Needs, service projects and base figures: looked through, entered and corrected one at a time."""

from functools import reduce
from operator import or_

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from accounts.context import current_division
from accounts.models import Division
from registry.models import DivisionYear, Need, Project
from registry.services.base_figures import save_figures
from registry.services.works import save_need, save_project
from registry.views.organizations import add_refusal
from registry.work_forms import BaseFiguresForm, FiguresFilter, NeedForm, ProjectForm, WorkFilter, years

PAGE = 30
TABS = (
    ("base_figures", gettext_lazy("Base figures"), "registry.view_divisionyear"),
    ("needs", gettext_lazy("Needs"), "registry.view_need"),
    ("projects", gettext_lazy("Service projects"), "registry.view_project"),
    ("division_changes", gettext_lazy("Changes of divisions"), "registry.view_divisionchange"),
)
LABELS = {name: label for name, label, _right in TABS}


class Listed(PermissionRequiredMixin, View):
    """One of the lists of the place of work."""

    name = ""

    def get(self, request):
        place = current_division(request)
        if place is None:
            raise PermissionDenied
        tabs = [
            {"label": label, "url": reverse(f"registry:{name}"), "current": name == self.name}
            for name, label, right in TABS
            if request.user.has_perm(right)
        ]
        context = {"tabs": tabs, "heading": LABELS[self.name], "place": place}
        return render(request, f"registry/works/{self.name}.html", context | self.rows(request, place))

    def page(self, request, rows):
        return Paginator(rows, PAGE).get_page(request.GET.get("page"))


class WorkList(Listed):
    model = None
    words = ()

    def rows(self, request, place):
        form = WorkFilter(request.GET or None, model=self.model)
        given = form.cleaned_data if form.is_bound and form.is_valid() else {}
        rows = self.model.objects.visible_to(request.user, self.permission_required)
        rows = rows.filter(division__path__startswith=place.path).select_related("division__parent", *self.related)
        if given.get("state"):
            rows = rows.filter(state=given["state"])
        if given.get("q"):
            asked = (Q(**{f"{name}__contains": given["q"].strip()}) for name in self.words)
            rows = rows.filter(reduce(or_, asked))
        noun = self.model._meta.model_name
        may = {verb: request.user.has_perm(f"registry.{verb}_{noun}") for verb in ("add", "change")}
        return {"form": form, "page_obj": self.page(request, rows), "may": may, "filtered": any(given.values())}


class NeedList(WorkList):
    name, model, permission_required = "needs", Need, "registry.view_need"
    words, related = ("content", "number"), ()


class ProjectList(WorkList):
    name, model, permission_required = "projects", Project, "registry.view_project"
    words, related = ("name", "number"), ("organization",)


class WorkPage(View):
    """The form of a new row, or of one the user may change."""

    form = None
    save = None
    list = ""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.has_perm(self.right()):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @classmethod
    def noun(cls):
        return cls.form._meta.model._meta.model_name

    def right(self):
        return f"registry.{'change' if 'pk' in self.kwargs else 'add'}_{self.noun()}"

    def row(self, request, pk):
        if pk is None:
            return None
        model = self.form._meta.model
        row = get_object_or_404(model.objects.visible_to(request.user, f"registry.view_{self.noun()}"), pk=pk)
        if not request.user.has_perm(self.right(), row):
            raise PermissionDenied
        return row

    def get(self, request, pk=None):
        return self.show(request, self.form(instance=self.row(request, pk), user=request.user, right=self.right()))

    def post(self, request, pk=None):
        row = self.row(request, pk)
        form = self.form(request.POST, instance=row, user=request.user, right=self.right())
        if not form.is_valid():
            return self.show(request, form)
        try:
            type(self).save(by=request.user, seen=form.cleaned_data["seen"], **{self.noun(): row}, **form.values)
        except ValidationError as error:
            add_refusal(form, error)
            return self.show(request, form)
        messages.success(request, _("The changes are saved."))
        return redirect(f"registry:{self.list}")

    def show(self, request, form):
        back = reverse(f"registry:{self.list}")
        label = LABELS[self.list]
        heading = _("Edit") if "pk" in self.kwargs else _("Add")
        crumbs = [(label, back), (heading, "")]
        context = {"form": form, "back": back, "heading": f"{label} · {heading}", "crumbs": crumbs}
        return render(request, "registry/works/form.html", context)


class NeedPage(WorkPage):
    form, save, list = NeedForm, staticmethod(save_need), "needs"


class ProjectPage(WorkPage):
    form, save, list = ProjectForm, staticmethod(save_project), "projects"


class BaseFigures(Listed):
    """Whose figures of a year are there: the place's streets and communities, what was reported, what is missing."""

    name, permission_required = "base_figures", "registry.view_divisionyear"

    def rows(self, request, place):
        form = FiguresFilter(request.GET or None)
        given = form.cleaned_data if form.is_bound and form.is_valid() else {}
        year = given.get("year") or years()[1][0]  # the newest whole year
        places = Division.objects.visible_to(request.user, self.permission_required).in_force()
        places = places.filter(path__startswith=place.path, level__in=DivisionYear.LEVELS, virtual=False)
        if given.get("q"):
            places = places.filter(name__contains=given["q"].strip())
        known = DivisionYear.objects.filter(year__lte=year).order_by("-year")
        page = self.page(request, places.order_by("path").prefetch_related(Prefetch("years", known, to_attr="known")))
        reported = DivisionYear.objects.filter(year=year, division__in=places).count()
        counts = {"all": page.paginator.count, "reported": reported, "missing": page.paginator.count - reported}
        may = request.user.has_perm("registry.change_divisionyear")
        lines = [line(row, year) for row in page]
        return {"form": form, "page_obj": page, "lines": lines, "year": year, "counts": counts, "may": may}


def line(division, year):
    """A place with the figures in force in the year: its own, or the newest before it."""
    figures = division.known[0] if division.known else None
    own = figures is not None and figures.year == year
    return {"division": division, "figures": figures, "own": own, "from": None if own or not figures else figures.year}


class BaseFiguresPage(View):
    """The figures of one place for one year."""

    def dispatch(self, request, pk, year):
        if request.user.is_authenticated:
            self.division = self.known(request, pk)
            if year not in dict(years()):
                raise Http404
        return super().dispatch(request, year)

    def known(self, request, pk):
        rows = Division.objects.visible_to(request.user, "registry.view_divisionyear").in_force()
        division = get_object_or_404(rows.filter(level__in=DivisionYear.LEVELS, virtual=False), pk=pk)
        if not request.user.has_perm("registry.change_divisionyear", division):
            raise PermissionDenied
        return division

    def form(self, year, data=None):
        row = self.division.years.filter(year=year).first()
        before = self.division.years.filter(year__lt=year).order_by("-year").first()
        return BaseFiguresForm(data, instance=row or DivisionYear(division=self.division, year=year), before=before)

    def get(self, request, year):
        return self.show(request, year, self.form(year))

    def post(self, request, year):
        form = self.form(year, request.POST)
        if not form.is_valid():
            return self.show(request, year, form)
        given = form.cleaned_data
        try:
            _row, warnings = save_figures(
                division=self.division,
                year=year,
                figures={name: given[name] for name in DivisionYear.FIGURES},
                version=given["seen_version"] or 0,
                by=request.user,
                source=given["source"],
                reporter=request.user.name[:100],
                report_date=timezone.localdate(),
            )
        except ValidationError as error:
            add_refusal(form, error)
            return self.show(request, year, form)
        told = _("The figures of %(place)s for %(year)s are saved.") % {"place": self.division, "year": year}
        messages.success(request, told)
        for warning in warnings:
            messages.warning(request, warning)
        return redirect(f"{reverse('registry:base_figures')}?year={year}")

    def show(self, request, year, form):
        back = f"{reverse('registry:base_figures')}?year={year}"
        crumbs = [(_("Base figures"), back), (str(self.division), "")]
        heading = _("Base figures %(year)s · %(place)s") % {"year": year, "place": self.division}
        context = {"form": form, "back": back, "heading": heading, "crumbs": crumbs, "groups": form.grouped}
        return render(request, "registry/works/form.html", context)
