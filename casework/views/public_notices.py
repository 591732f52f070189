"""Publicity notices for everybody: what is open, what was shown, and objecting by name."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View

from accounts.limits import Misses
from casework import policy, workdays
from casework.forms import ObjectionForm
from casework.models import Publicity
from casework.services.publicity import objection_by_code, raise_objection
from casework.serving import served
from casework.short_codes import spelled

PAGE = 24
# Personal data stays in public no longer than its purpose: after that the archive alone has it (PIPL art. 19).
KEPT_DAYS = 30
OBJECTIONS = Misses("objection", limit=5, seconds=3600)
CODES = Misses("objection-code", limit=20, seconds=600)


def published():
    """Open notices, and those over for no longer than policy publicity.shown_days."""
    days = policy.value("publicity.shown_days", default=KEPT_DAYS)
    recent = Q(ends__gte=timezone.localdate() - timedelta(days=days))
    return Publicity.objects.shown().filter(recent | Q(provisional=True))


def open_or_over(*, over):
    """Those of them that are over, else those open to objections."""
    still = Q(ends__gte=timezone.localdate()) | Q(provisional=True)
    return published().filter(~still if over else still).select_related("case__division")


def row_of(notice):
    today = timezone.localdate()
    is_open = notice.state == Publicity.State.OPEN and not notice.is_over(today)
    left = max(workdays.between(today, notice.ends), 0) if is_open else 0
    return {"notice": notice, "open": is_open, "left": left}


def crumbs(*trail):
    return [(_("Public services"), reverse("public:front")), *trail]


@method_decorator(login_not_required, name="dispatch")
class PublicNotices(View):
    def get(self, request):
        over = request.GET.get("show") == "over"
        page = Paginator(open_or_over(over=over).order_by("-starts", "-id"), PAGE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "rows": [row_of(notice) for notice in page],
            "tabs": [(_("Open to objections"), "?", not over), (_("Over"), "?show=over", over)],
            "crumbs": crumbs((_("Publicity notices"), "")),
        }
        return render(request, "public/notices.html", context)


@method_decorator(login_not_required, name="dispatch")
class PublicNotice(View):
    """The notice as it was published, and the form for objections while it is open."""

    def get(self, request, uid):
        return notice_page(request, notice_of(uid), ObjectionForm())

    def post(self, request, uid):
        notice = notice_of(uid)
        form = ObjectionForm(request.POST)
        if OBJECTIONS.exceeded(request):
            return notice_page(request, notice, form, busy=True, status=429)
        if not form.is_valid():
            return notice_page(request, notice, form, status=422)
        try:
            taken = raise_objection(publicity=notice, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return notice_page(request, notice, form, status=422)
        OBJECTIONS.add(request)
        return redirect(f"{reverse('casework:public_objection')}?code={taken.code}")


def notice_of(uid):
    return get_object_or_404(published().select_related("case__division"), uid=uid)


def notice_page(request, notice, form, *, status=200, **more):
    context = {
        "notice": notice,
        "row": row_of(notice),
        "form": form,
        "crumbs": crumbs((_("Publicity notices"), reverse("casework:public_notices")), (notice.title, "")),
        **more,
    }
    response = render(request, "public/notice.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@method_decorator(login_not_required, name="dispatch")
class PublicObjection(View):
    """What the office answered, for whoever has the code; neither name nor contact nor words of the objection."""

    def get(self, request):
        code = request.GET.get("code", "")
        if busy := CODES.exceeded(request):
            code = ""
        objection = objection_by_code(code)
        if code and objection is None:
            CODES.add(request)
        context = {
            "busy": busy,
            "code": spelled(objection.code) if objection else code[:20],
            "objection": objection,
            "crumbs": crumbs((_("Publicity notices"), reverse("casework:public_notices")), (_("My objection"), "")),
        }
        response = render(request, "public/objection.html", context, status=429 if busy else 200)
        response["Cache-Control"] = "no-store"
        return response


@method_decorator(login_not_required, name="dispatch")
class PublicNoticeFile(View):
    def get(self, request, uid, file):
        return served(get_object_or_404(notice_of(uid).papers.openable(), uid=file))
