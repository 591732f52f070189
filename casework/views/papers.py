from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe
from django.views import View

from casework.documents.letters import pictures
from casework.models import Package
from casework.services import packages
from casework.services.papers import application
from casework.serving import guarded, issued, served_pdf
from casework.views.cases import case_of


class CasePapers(View):
    """The list alone, asked for again while a paper is being made."""

    def get(self, request, uid):
        case = case_of(request, uid)
        context = {"case": case, "issued": packages.handed_out(case, request.user)}
        return render(request, "casework/parts/papers.html", context)


class PaperFile(View):
    """The paper as PDF."""

    def get(self, request, uid, paper):
        row = issued(case_of(request, uid), paper, request.user)
        return served_pdf(row, download="download" in request.GET)


class ApplicationForm(View):
    """What was filled in, as a form to print and sign."""

    def get(self, request, uid):
        case = case_of(request, uid)
        response = HttpResponse(application(case), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{case.number or "application"}.pdf"'
        return guarded(response)


class PaperPrint(View):
    """The paper's pages as pictures, for the browser's own print."""

    def get(self, request, uid, paper):
        row = issued(case_of(request, uid), paper, request.user)
        pages = [mark_safe(page) for page in pictures(row.code, row.data)]  # noqa: S308 - drawn by us, texts are outlines
        response = render(request, "casework/paper_print.html", {"paper": row, "case": row.case, "pages": pages})
        response["Cache-Control"] = "no-store"
        return response


class PackageFile(View):
    """The archive package of a closed case."""

    def get(self, request, uid):
        case = case_of(request, uid)
        if not packages.may_take(case, request.user):
            raise Http404
        package = get_object_or_404(Package, case=case, state=Package.State.READY)
        file = packages.download(package=package, by=request.user)
        response = FileResponse(file, content_type="application/zip", filename=f"{case.number}.zip", as_attachment=True)
        return guarded(response)
