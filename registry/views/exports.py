from django.contrib import messages
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View

from registry.export_forms import ExportForm
from registry.forms import OrganizationFilter
from registry.models import ExportJob
from registry.services import exports
from registry.views.lists import chips, chosen_columns
from registry.workbooks.records import REVEAL
from registry.workbooks.stream import CONTENT_TYPE

JOBS = 20
TONES = {"done": "met", "failed": "late", "running": "now", "waiting": "now"}


class MayExport(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(exports.PERMISSION):
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)


def job_of(request, uid):
    return get_object_or_404(ExportJob.objects.visible_to(request.user), uid=uid)


def filter_of(request, address):
    """(values, words) of a list's address."""
    query = QueryDict(address)
    form = OrganizationFilter(query, user=request.user)
    given = form.given()
    words = "；".join(f"{chip['label']}：{chip['value']}" for chip in chips(form, given, query))
    return given, words


class ExportList(MayExport, View):
    """What the user exported, below the form that asks for more."""

    def get(self, request):
        initial = {"filter": request.GET.urlencode(), "layout": ExportJob.Layout.LIST}
        form = ExportForm(initial=initial, may_reveal=request.user.has_perm(REVEAL))
        return show(request, form, request.GET.urlencode())


def show(request, form, address, status=200):
    page = Paginator(ExportJob.objects.visible_to(request.user), JOBS).get_page(request.GET.get("page"))
    for job in page:
        job.tone = TONES.get(job.state, "none")
    words = filter_of(request, address)[1]
    return render(request, "registry/exports.html", {"form": form, "page_obj": page, "words": words}, status=status)


class ExportStart(MayExport, View):
    """At most a thousand rows come back at once; more are written by a worker."""

    def post(self, request):
        form = ExportForm(request.POST, may_reveal=request.user.has_perm(REVEAL))
        address = request.POST.get("filter", "")[:2000]
        if not form.is_valid():
            return show(request, form, address, status=422)
        given, words = filter_of(request, address)
        columns = [[column.name, str(column.label)] for column in chosen_columns(request.user)]
        try:
            job = exports.create_export(
                given=given,
                columns=columns,
                filter_text=words,
                language=get_language(),
                by=request.user,
                **form.asked(),
            )
        except ValidationError as refusal:
            form.add_error(None if not hasattr(refusal, "error_dict") else "purpose", refusal.messages)
            return show(request, form, address, status=422)
        return download(request, job) if job.is_ready else redirect("registry:export", uid=job.uid)


class ExportPage(MayExport, View):
    def get(self, request, uid):
        job = job_of(request, uid)
        job.tone = TONES.get(job.state, "none")
        return render(request, "registry/export.html", {"job": job})


class ExportProgress(MayExport, View):
    """The part of the page htmx asks for again; when the work is done it reloads the page."""

    def get(self, request, uid):
        job = job_of(request, uid)
        if not job.is_open:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "registry/parts/export_progress.html", {"job": job})


class ExportDownload(MayExport, View):
    def get(self, request, uid):
        job = job_of(request, uid)
        if not job.is_ready:
            raise Http404
        return download(request, job)


def download(request, job):
    pieces = exports.open_export(job=job, by=request.user)
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=job.filename),
        "Content-Length": str(job.size),
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(pieces, content_type=CONTENT_TYPE, headers=headers)


class ExportCancel(MayExport, View):
    def post(self, request, uid):
        job = job_of(request, uid)
        try:
            exports.cancel_export(job=job, by=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("The export was cancelled."))
        return redirect("registry:exports")
