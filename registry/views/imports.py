from django.contrib import messages
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from registry.import_forms import LineForm, ModeForm, UploadForm, fields_offered, mapping_of, places_of
from registry.imports.report import told
from registry.imports.sentences import file_sentence
from registry.imports.touched import sentence, touched
from registry.models import ImportBatch, Organization
from registry.services import imports
from registry.services.import_columns import remembered as remembered_columns
from registry.survey.columns import BY_KIND
from registry.survey.guard import FileError
from registry.views.import_lines import lines_of
from registry.workbooks.marked import keeps_original, marked_workbook
from registry.workbooks.template import write_template

PAGE = 50
BATCHES = 20
MOST_ENTRIES = 2000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RUNNING = ("uploaded", "checking", "confirmed", "storing")
TABS = (
    ("reject", gettext_lazy("Errors")),
    ("duplicate", gettext_lazy("Doubles in the file")),
    ("accept_warn", gettext_lazy("Warnings")),
    ("update", gettext_lazy("Changes")),
    ("skip", gettext_lazy("Unchanged")),
    ("accept", gettext_lazy("Good")),
)
TONES = {"reject": "late", "duplicate": "late", "accept_warn": "near", "update": "now", "skip": "none", "accept": "met"}
STATE_TONES = {"checked": "near", "stored": "met", "refused": "late", "undone": "none", "cancelled": "none"}


class MayImport(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(imports.PERMISSION):
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)


def batch_of(request, uid):
    rows = ImportBatch.objects.visible_to(request.user).select_related("division", "owner").defer("content")
    return get_object_or_404(rows, uid=uid)


class ImportList(MayImport, View):
    """The upload form above the batches of the user's places, one batch for each workbook."""

    def get(self, request):
        return self.show(request, UploadForm(places=places_of(request.user)))

    def post(self, request):
        form = UploadForm(request.POST, request.FILES, places=places_of(request.user))
        if not form.is_valid():
            return self.show(request, form, status=422)
        files, about = form.cleaned_data["file"], {name: form.cleaned_data[name] for name in ("division", "year")}
        with transaction.atomic():
            batches = [
                imports.create_batch(content=file.read(), filename=file.name, by=request.user, **about)
                for file in files
            ]
        if len(batches) == 1:
            return redirect("registry:import", uid=batches[0].uid)
        told = _("%(count)s workbooks were uploaded, each an import of its own. Open them one by one to decide.")
        messages.success(request, told % {"count": len(batches)})
        return redirect("registry:imports")

    def show(self, request, form, status=200):
        rows = (
            ImportBatch.objects.visible_to(request.user)
            .select_related("division", "owner")
            .defer("content", "columns", "notices")
        )
        page = Paginator(rows, BATCHES).get_page(request.GET.get("page"))
        for batch in page:
            batch.tone = STATE_TONES.get(batch.state, "now")
            batch.wrong = batch.counts.get("reject", 0) + batch.counts.get("duplicate", 0)
        context = {"form": form, "page_obj": page, "running": any(batch.state in RUNNING for batch in page)}
        return render(request, "registry/imports.html", context, status=status)


class Template(MayImport, View):
    def get(self, request):
        place = (
            places_of(request.user).filter(pk=number_of(request.GET.get("division"))).first()
            or places_of(request.user).first()
        )
        return download(
            write_template(request.user, place), _("Survey template %(place)s.xlsx") % {"place": place or ""}
        )


def number_of(text):
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def download(content, filename):
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    return response


class ImportPage(MayImport, View):
    """Progress while a worker has the batch, then the preview, then what was stored."""

    def get(self, request, uid):
        batch = batch_of(request, uid)
        context = page_of(request, batch)
        return render(request, "registry/import.html", context)


class ImportProgress(MayImport, View):
    """The part of the page htmx asks for again and again; when the work is done it reloads the page."""

    def get(self, request, uid):
        batch = batch_of(request, uid)
        if batch.state not in RUNNING:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "registry/parts/import_progress.html", progress_of(batch))


def progress_of(batch):
    storing = batch.state in ("confirmed", "storing")
    done = imports.storing_progress(batch) if storing else batch.progress
    whole = sum(batch.counts.get(word, 0) for word in imports.STORED_WORDS) if storing else batch.total
    return {"batch": batch, "running": True, "done": min(done, whole or done), "whole": whole or 1}


def page_of(request, batch):
    if batch.state in RUNNING:
        return progress_of(batch)
    counts = batch.counts
    wanted = request.GET.get("show")
    shown = wanted if wanted in dict(TABS) else next((word for word, _label in TABS if counts.get(word)), "accept")
    page = Paginator(batch.rows.filter(status=shown), PAGE).get_page(request.GET.get("page"))
    left_out = counts.get("reject", 0) + counts.get("duplicate", 0)
    good = sum(counts.get(word, 0) for word in imports.STORED_WORDS)
    return {
        "batch": batch,
        "tone": STATE_TONES.get(batch.state, "now"),
        "page_obj": page,
        "lines": lines_of(request, batch, page),
        "shown": shown,
        "tabs": [(word, label, counts.get(word, 0), TONES[word]) for word, label in TABS if counts.get(word)],
        "file_error": file_sentence(batch.file_error) if batch.file_error else "",
        "notices": [told(notice) for notice in batch.notices],
        "sheets": [sheet_of(sheet) for sheet in batch.columns],
        "left_out": left_out,
        "keeps_original": keeps_original(batch),
        "touched": touched_since(batch),
        "kept": batch.state == "stored" and batch.is_kept,
        "good": good,
        "may_all": batch.state == "checked" and good and not left_out,
        "may_good": batch.state == "checked" and good,
        "may_remap": batch.state in ("checked", "refused") and batch.columns,
        "remembered": remembered(request, batch),
    }


def touched_since(batch):
    """Why a stored import can no longer be undone; nothing when it can, or when looking would take too long here."""
    entries = sum(sum(batch.counts.get(kind, {}).values()) for kind in ("need", "proj"))
    if batch.state != "stored" or entries > MOST_ENTRIES:
        return ""
    names = touched(batch)
    return sentence(names) if names else ""


def remembered(request, batch):
    """Whether the officer mapped these headers otherwise last time."""
    if batch.state not in ("checked", "refused"):
        return {}
    found = remembered_columns(batch, request.user)
    return found if found and found != batch.mapping else {}


def sheet_of(sheet):
    spec = BY_KIND[sheet["kind"]]
    rows = [
        {
            "name": f"column-{sheet['index']}-{index}",
            "letter": letter,
            "header": header,
            "field": field,
            "how": how.partition(":")[0],
        }
        for index, letter, header, field, how in sheet["columns"]
    ]
    missing = [spec.field(key).header for key in sheet["missing"]]
    return {
        **sheet,
        "title": spec.name,
        "kinds": [(kind, other.name) for kind, other in BY_KIND.items()],
        "rows": rows,
        "missing": missing,
        "fields": fields_offered(sheet["kind"]),
        "unread": sum(1 for row in rows if not row["field"]),
    }


class ImportStore(MayImport, View):
    def post(self, request, uid):
        batch, form = batch_of(request, uid), ModeForm(request.POST)
        if form.is_valid():
            attempt(
                request, lambda: imports.confirm_batch(batch=batch, mode=form.cleaned_data["mode"], by=request.user)
            )
        return redirect("registry:import", uid=uid)


class ImportLine(MayImport, View):
    """Leaves one line out, or settles whether it is the organization it looks like."""

    def post(self, request, uid):
        batch, form = batch_of(request, uid), LineForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            line = get_object_or_404(batch.rows, pk=given["row"])
            rows = Organization.objects.visible_to(request.user)
            named = get_object_or_404(rows, uid=given["organization"]) if given["organization"] else None
            said = {"word": given["word"], "organization": named, "reason": given["reason"]}
            attempt(request, lambda: imports.decide_line(batch=batch, row=line.pk, by=request.user, **said))
        return redirect(f"{reverse('registry:import', args=[uid])}?{form.back()}#rows")


class ImportRemap(MayImport, View):
    def post(self, request, uid):
        batch = batch_of(request, uid)
        mapping = (
            remembered_columns(batch, request.user) if "remembered" in request.POST else mapping_of(batch, request.POST)
        )
        attempt(request, lambda: imports.remap_batch(batch=batch, mapping=mapping, by=request.user))
        return redirect("registry:import", uid=uid)


class ImportCancel(MayImport, View):
    def post(self, request, uid):
        batch = batch_of(request, uid)
        if attempt(request, lambda: imports.cancel_batch(batch=batch, by=request.user)):
            messages.success(request, _("The import was dropped. Nothing was stored."))
        return redirect("registry:imports")


class ImportUndo(MayImport, View):
    def post(self, request, uid):
        batch = batch_of(request, uid)
        if attempt(request, lambda: imports.undo_batch(batch=batch, by=request.user)):
            messages.success(request, _("The import was undone. The register is as it was before."))
        return redirect("registry:import", uid=uid)


def attempt(request, action):
    """Do it, or show the service's refusal; whether it was done."""
    try:
        action()
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return False
    return True


class ImportMarked(MayImport, View):
    """The original workbook with its errors marked and a column of reasons."""

    def get(self, request, uid):
        batch = get_object_or_404(ImportBatch.objects.visible_to(request.user).select_related("division"), uid=uid)
        if not batch.content or not batch.columns or batch.state in RUNNING:
            messages.error(request, _("There is nothing to mark in this import."))
            return redirect("registry:import", uid=uid)
        stem = batch.filename.rpartition(".")[0] or batch.filename
        try:
            content = marked_workbook(batch, imports.content_of(batch))
        except FileError:
            messages.error(request, _("There is nothing to mark in this import."))
            return redirect("registry:import", uid=uid)
        imports.record_download(batch=batch, by=request.user)
        return download(content, _("%(stem)s (marked).xlsx") % {"stem": stem})
