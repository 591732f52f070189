"""Ratings of the service (好差评): what the bureau reads of them by place, and its answers to the bad ones.

No page, sheet or address here names a case, a party or an officer.
"""

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from accounts.context import current_division
from accounts.models import Division
from casework import audit
from casework.flows import FLOWS
from casework.models import Rating
from casework.services import ratings
from registry.rating_forms import RatingFilter
from registry.workbooks.download import download
from registry.workbooks.stream import Column, Sheet

PAGE = 30
STEPS = {"answer": ratings.answer_rating, "remedy": ratings.remedy_rating}


class Ratings(PermissionRequiredMixin, View):
    """Counts by place, then the ratings one by one, the open bad ones first; the same as a workbook."""

    permission_required = "casework.view_rating"

    def get(self, request):
        place = current_division(request)
        form = RatingFilter(request.GET or None, offices=offices_of(place))
        rows = form.narrow(ratings_at(place, request.user))
        if "export" in request.GET:
            return workbook(request.user, place, rows)
        ordered = rows.order_by(F("due").asc(nulls_last=True), "-id").select_related("case__division__parent")
        page = Paginator(ordered, PAGE).get_page(request.GET.get("page"))
        today = timezone.localdate()
        context = {
            "form": form,
            "places": by_place(place, rows),
            "all": counted(rows.values_list("grade").annotate(number=Count("pk")).order_by()),
            "open": rows.open().count(),
            "late": rows.open().filter(due__lt=today).count(),
            "page_obj": page,
            "rows": [line_of(row, today, request.user) for row in page],
            "filtered": form.is_bound and any(getattr(form, "cleaned_data", {}).values()),
        }
        return render(request, "registry/ratings.html", context)


def ratings_at(place, user):
    rows = Rating.objects.visible_to(user)
    return rows.filter(division_path__startswith=place.path) if place else rows.none()


def offices_of(place):
    """The places right below the place of work."""
    return place.children.in_force().filter(virtual=False).order_by("code") if place else Division.objects.none()


def counted(pairs):
    """Grades with their numbers: {"grades": from 5 to 1, "total", "bad", "share" of satisfied or None}."""
    found = dict(pairs)
    grades = [found.get(grade, 0) for grade in sorted(Rating.Grade.values, reverse=True)]
    total, bad = sum(grades), sum(found.get(grade, 0) for grade in ratings.BAD)
    return {"grades": grades, "total": total, "bad": bad, "share": (total - bad) / total if total else None}


def by_place(place, rows):
    """[(division, counts)] of the places right below that have ratings, in the order of their codes."""
    found, depth = {}, place.path.count(".") + 1 if place else 0
    for path, grade, number in rows.values_list("division_path", "grade").annotate(number=Count("pk")).order_by():
        below = ".".join(path.rstrip(".").split(".")[:depth]) + "."
        grades = found.setdefault(below, {})
        grades[grade] = grades.get(grade, 0) + number
    divisions = Division.objects.filter(path__in=found).order_by("code")
    return [(division, counted(found[division.path])) for division in divisions]


def line_of(row, today, user):
    """A rating as it may be read: its street, never its community or case."""
    return {
        "rating": row,
        "matter": FLOWS[row.case.kind].label,
        "office": office_of(row.case.division),
        "tags": [ratings.TAGS[tag] for tag in row.tags if tag in ratings.TAGS],
        "bad": row.grade in ratings.BAD,
        "late": row.due is not None and row.due < today,
        "step": step_of(row) if user.has_perm(ratings.ANSWER, row) else "",
    }


def office_of(division):
    return division.parent if division.level == Division.Level.COMMUNITY else division


def step_of(row):
    return "" if row.due is None else "remedy" if row.answered_at else "answer"


class RatingAnswer(View):
    """The answer to a bad rating, then the report of what was put right."""

    def post(self, request, pk, step):
        rating = get_object_or_404(Rating.objects.visible_to(request.user), pk=pk)
        if step not in STEPS:
            raise Http404
        if not request.user.has_perm(ratings.ANSWER, rating):
            raise PermissionDenied
        try:
            STEPS[step](rating=rating, words=request.POST.get("words", ""), by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Whoever gave this rating reads it now."))
        return redirect("registry:ratings")


def workbook(user, place, rows):
    """The counts and the ratings of the same filter; on record as every export."""
    audit.record("export_ratings", place, by=user, after={"rows": rows.count()})
    sheets = [places_sheet(place, rows), ratings_sheet(rows, timezone.localdate(), user)]
    return download(sheets, _("Ratings"), place)


def places_sheet(place, rows):
    grades = [Column(str(label), "number") for _grade, label in Rating.Grade.choices]
    columns = [
        Column(_("Place"), width=24),
        Column(_("Ratings"), "number"),
        Column(_("Satisfied"), "percent"),
        *grades,
    ]
    lines = [[str(division), one["total"], one["share"], *one["grades"]] for division, one in by_place(place, rows)]
    return Sheet(_("By place"), columns, lines)


def ratings_sheet(rows, today, user):
    columns = [
        Column(_("Date"), "date", 12),
        Column(_("Office"), width=20),
        Column(_("Matter"), width=20),
        Column(_("Score"), width=12),
        Column(_("Tags"), width=24),
        *(Column(label, "note", 40) for label in (_("Words"), _("Added later"), _("Answer"), _("What was put right"))),
        Column(_("Due"), "date", 12),
    ]
    found = rows.order_by("-id").select_related("case__division__parent")
    return Sheet(_("Ratings"), columns, (cells_of(line_of(row, today, user)) for row in found.iterator()))


def cells_of(line):
    row = line["rating"]
    said = [row.words, row.follow_up, row.answer, row.remedy]
    tags = "、".join(map(str, line["tags"]))
    day = timezone.localdate(row.at)
    return [day, str(line["office"]), str(line["matter"]), row.get_grade_display(), tags, *said, row.due]
