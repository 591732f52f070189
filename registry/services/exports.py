"""The life of an export: asked for, written piece by piece, downloaded by its owner, expired."""

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Division
from accounts.models.division import in_paths
from casework import audit
from casework.policy import value as policy_value
from casework.sealing import seal_file, unseal_file
from registry.filters import filtered
from registry.models import ExportJob, ExportPiece, OrganizationType, OrganizationYear
from registry.workbooks.listing import list_sheet
from registry.workbooks.records import REVEAL
from registry.workbooks.stream import Column, Sheet, TooManyRowsError, file_name, write_workbook
from registry.workbooks.survey import survey_sheets

PERMISSION = "registry.export_organization"
DIRECT_ROWS = 1000
PIECE = 1 << 20
STEP = 2000
LEASE = dt.timedelta(seconds=120)
MOST_ATTEMPTS = 3
MOST_OPEN = 3
OPEN = (ExportJob.State.WAITING, ExportJob.State.RUNNING)
NOTES = "导出说明"
DAYS = 7
PURPOSE_LENGTH = 4
STORED = {"division": Division, "type": OrganizationType}
State, Layout = ExportJob.State, ExportJob.Layout


class LostJobError(RuntimeError):
    """The job was cancelled, or another worker took it over."""


@transaction.atomic
def create_export(*, layout, given, columns=(), filter_text="", unmasked=False, purpose="", language, by):
    """Asks for a workbook of the organizations `given` filters, at once for at most DIRECT_ROWS rows, else by a worker.

    Refuses an actor who may export nowhere or has MOST_OPEN exports under way, and full phones without the right to
    reveal and a purpose of four characters; the event of the request is written before anything is read.
    """
    if not by.paths(PERMISSION):
        raise PermissionDenied
    if unmasked:
        require_reveal(by, purpose)
    if ExportJob.objects.filter(owner=by, state__in=OPEN).count() >= MOST_OPEN:
        raise ValidationError(_("Other exports of yours are still being written. Please wait for them or cancel one."))
    job = ExportJob.objects.create(
        owner=by,
        layout=layout,
        filters=stored(given),
        columns=list(columns),
        filter_text=filter_text[:500],
        unmasked=unmasked,
        purpose=purpose.strip() if unmasked else "",
        language=language,
        year=year_of_figures(by) if layout == Layout.SURVEY else None,
    )
    asked = {"layout": layout, "filter": job.filter_text, "unmasked": unmasked}
    audit.record("export.request", job, by=by, after=asked, note=job.purpose, path=common_path(by.paths(PERMISSION)))
    if selected(by, given)[: DIRECT_ROWS + 1].count() <= DIRECT_ROWS:
        job.attempts = 1
        job.save(update_fields=["attempts"])
        run_export(job=job)
    return job


def require_reveal(by, purpose):
    if not by.paths(REVEAL):
        raise PermissionDenied
    if len(purpose.strip()) < PURPOSE_LENGTH:
        raise ValidationError({"purpose": _("Please say in at least four characters what you need it for.")})


def stored(given):
    """The filter as the row keeps it: keys of divisions and types, everything else as typed."""
    return {name: value.pk if name in STORED else value for name, value in given.items()}


def restored(filters):
    """The filter with its division and type read again; one that is gone selects nothing."""
    given = dict(filters)
    for name in STORED.keys() & given.keys():
        given[name] = STORED[name].objects.get(pk=given[name])
    return given


def selected(user, given):
    """Organizations of the filter at the places where the user may export today."""
    return filtered(user, given).filter(in_paths("division_path", user.paths(PERMISSION))).order_by()


def year_of_figures(user):
    """The newest year organizations of the user's places reported for; last year where nobody did."""
    today = timezone.localdate().year
    years = OrganizationYear.objects.filter(in_paths("organization__division_path", user.paths(PERMISSION)))
    newest = years.filter(year__lte=today).order_by("-year").values_list("year", flat=True).first()
    return newest or today - 1


def common_path(paths):
    """The deepest path above all of them: where the event of an export belongs."""
    parts = [path.split(".")[:-1] for path in paths]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "".join(f"{part}." for part in shared)


def work_next():
    """Takes the oldest waiting job (or one whose worker died) and writes it; returns it, or None. Sweeps first."""
    expire_exports()
    job = take()
    if job is not None:
        run_export(job=job)
    return job


@transaction.atomic
def take():
    """A job for this worker, its lease set; jobs other workers hold are passed over."""
    abandoned = Q(state=State.RUNNING, lease_until__lt=timezone.now())
    rows = ExportJob.objects.select_for_update(skip_locked=True, of=("self",)).select_related("owner")
    job = rows.filter(Q(state=State.WAITING) | abandoned).order_by("id").first()
    if job is None:
        return None
    if job.attempts >= MOST_ATTEMPTS:
        fail(job, _("The export broke off three times. Please narrow the filter and try again."))
        return None
    job.state, job.attempts, job.lease_until = State.RUNNING, job.attempts + 1, timezone.now() + LEASE
    job.save(update_fields=["state", "attempts", "lease_until"])
    return job


def run_export(*, job):
    """Writes the job's workbook. The owner's rights are read again here: what was lost meanwhile is not written.

    Runs twice without harm: only the pieces of the attempt that finishes stay, and a job taken over is left alone.
    """
    with translation.override(job.language):
        paths = job.owner.paths(PERMISSION)
        if not paths:
            return fail(job, _("You may no longer export organizations."))
        try:
            write_job(job, paths)
        except LostJobError:
            return job
        except (Division.DoesNotExist, OrganizationType.DoesNotExist):
            return fail(job, _("What the list was filtered by no longer exists. Please export again."))
        except TooManyRowsError:
            return fail(job, _("These are more rows than a workbook holds. Please narrow the filter."))
    return job


def write_job(job, paths):
    given = restored(job.filters)
    rows = selected(job.owner, given)
    place = place_of(given, paths)
    held(job, total=rows.count(), progress=0, state=State.RUNNING)
    sink = PieceSink(job)
    sheets = list(sheets_of(job, rows, paths, place, given))
    first = sheets[0]
    first.rows = counted(job, first.rows)
    write_workbook([*sheets, note_sheet(job, place)], sink)
    sink.finish()
    finish(job, first.count, sink.size, file_name(first.name, place_name(place), timezone.localdate()))


def sheets_of(job, rows, paths, place, given):
    if job.layout == Layout.SURVEY:
        inside = [place.path] if "division" in given else paths
        inside = [path for path in inside if path.startswith(tuple(paths))]
        return survey_sheets(rows, user=job.owner, paths=inside, division=place, year=job.year, unmasked=job.unmasked)
    title, name = _("List of organizations"), _("Organization name")
    return [list_sheet(rows, job.columns, title=title, name_label=name, user=job.owner, unmasked=job.unmasked)]


def place_of(given, paths):
    """The division the filter names, else the deepest one above all the owner's places; None for the whole portal."""
    if "division" in given:
        return given["division"]
    ids = [part for part in common_path(paths).split(".") if part]
    return Division.objects.filter(pk=ids[-1]).first() if ids else None


def place_name(place):
    return str(place) if place else _("All places")


def note_sheet(job, place):
    """What this is, of when, filtered how, for whom: printed, the sheet explains itself."""
    lines = [
        [_("Place"), place_name(place)],
        [_("As of"), timezone.localtime().strftime("%Y-%m-%d %H:%M")],
        [_("Filter"), job.filter_text or _("None")],
        [_("Exported by"), str(job.owner)],
        [_("Phones"), _("in full; purpose: %(purpose)s") % {"purpose": job.purpose} if job.unmasked else _("masked")],
    ]
    if job.layout == Layout.SURVEY:
        lines.append([_("Year of the figures"), str(job.year)])
        lines.append([_("How to use"), str(HOW_TO_USE)])
    return Sheet(NOTES, [Column("", width=16), Column("", "note", 80)], lines, header=False)


HOW_TO_USE = gettext_lazy(
    "Correct the cells and upload the workbook under Survey import. Leave the hidden columns as they are: by them your "
    "changes find their records. Ended organizations are not listed."
)


def counted(job, rows):
    """The rows; every STEP of them the progress is saved, the lease renewed, and a cancelled job left."""
    for number, row in enumerate(rows, 1):
        if number % STEP == 0:
            held(job, progress=number, lease_until=timezone.now() + LEASE)
        yield row


def held(job, **changes):
    """Saves changes while this attempt still holds the job; raises LostJobError when it does not."""
    mine = ExportJob.objects.filter(pk=job.pk, attempts=job.attempts, state__in=OPEN)
    if not mine.update(**changes):
        raise LostJobError


@transaction.atomic
def finish(job, rows, size, filename):
    now = timezone.now()
    days = int(policy_value("export.keep_days", default=DAYS))
    ExportPiece.objects.filter(job=job).exclude(attempt=job.attempts).delete()
    done = {"state": State.DONE, "finished_at": now, "expires_at": now + dt.timedelta(days=days), "lease_until": None}
    held(job, **done, progress=rows, total=rows, size=size, filename=filename)
    job.refresh_from_db()
    told = {"layout": job.layout, "rows": rows, "filter": job.filter_text, "unmasked": job.unmasked}
    path = common_path(job.owner.paths(PERMISSION))
    audit.record("export", job, by=job.owner, after=told, note=job.purpose, path=path)


def fail(job, message):
    ExportPiece.objects.filter(job=job).delete()
    job.state, job.last_error, job.finished_at, job.lease_until = State.FAILED, message[:200], timezone.now(), None
    job.save(update_fields=["state", "last_error", "finished_at", "lease_until", "attempts"])
    return job


@transaction.atomic
def cancel_export(*, job, by):
    """Stops an export that is not finished; refuses one that is. Its worker notices at its next step."""
    open_ = ExportJob.objects.filter(pk=job.pk, state__in=OPEN)
    if not open_.update(state=State.CANCELLED, finished_at=timezone.now(), lease_until=None):
        raise ValidationError(_("This export is already finished."))
    ExportPiece.objects.filter(job=job).delete()
    audit.record("export.cancel", job, by=by, path=common_path(by.paths(PERMISSION)))


def expire_exports():
    """Empties exports past their day and broken-off ones; the row stays as a record of what was handed out."""
    past = ExportJob.objects.filter(state=State.DONE, expires_at__lt=timezone.now())
    ids = list(past.values_list("pk", flat=True))
    if ids:
        ExportPiece.objects.filter(job__in=ids).delete()
        ExportJob.objects.filter(pk__in=ids).update(state=State.EXPIRED)
    ExportPiece.objects.exclude(job__state__in=(*OPEN, State.DONE)).delete()


@transaction.atomic
def open_export(*, job, by):
    """The clear pieces of a ready export, one after the other; the download is an event.

    Refuses an actor who lost the right to export, or to reveal when the phones are in full.
    """
    if not by.paths(PERMISSION) or (job.unmasked and not by.paths(REVEAL)):
        raise PermissionDenied
    audit.record("export.download", job, by=by, after={"rows": job.total}, path=common_path(by.paths(PERMISSION)))
    return pieces_of(job)


def pieces_of(job):
    pieces = ExportPiece.objects.filter(job=job, attempt=job.attempts)
    for number in list(pieces.values_list("number", flat=True)):
        yield opened(job, number, pieces.get(number=number).content)


def bound_to(job, number):
    return {"row_uid": job.uid, "field": f"piece {job.attempts}.{number}"}


def sealed(job, number, data):
    return seal_file(data, **bound_to(job, number))


def opened(job, number, content):
    return unseal_file(content, **bound_to(job, number))


class PieceSink:
    """Takes a file's bytes and keeps them as sealed pieces of PIECE bytes: memory stays flat however long the file."""

    def __init__(self, job):
        self.job, self.buffer, self.number, self.size = job, bytearray(), 0, 0

    def write(self, data):
        self.buffer += data
        self.size += len(data)
        while len(self.buffer) >= PIECE:
            self.keep(bytes(self.buffer[:PIECE]))
            del self.buffer[:PIECE]
        return len(data)

    def flush(self):
        """Pieces have one size; what is left over waits for more."""

    def finish(self):
        if self.buffer:
            self.keep(bytes(self.buffer))
            self.buffer.clear()

    def keep(self, data):
        content = sealed(self.job, self.number, data)
        ExportPiece.objects.create(job=self.job, attempt=self.job.attempts, number=self.number, content=content)
        self.number += 1
