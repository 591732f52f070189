"""The life of an import batch: uploaded, checked, decided, stored, undone; every step can be taken up again."""

import contextlib
import datetime as dt
import hashlib
from collections import Counter

from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from redis import RedisError

from casework import audit
from casework.sealing import seal_file, unseal_file
from registry.imports import decisions
from registry.imports.area import lock_area, register_moved, verdicts
from registry.imports.compare import compare
from registry.imports.places import Places
from registry.imports.sentences import file_sentence
from registry.imports.staging import Staging, analyze
from registry.imports.store import Store
from registry.imports.undo import undo
from registry.imports.update import Update, chain
from registry.models import ImportBatch, ImportRow
from registry.services.division_moves import cover
from registry.services.import_columns import remember_columns
from registry.services.marks import mark
from registry.survey.guard import FileError

PERMISSION = "registry.import_survey"
OPERATOR = "import_survey"
State = ImportBatch.State
WAITING = {State.UPLOADED: State.CHECKING, State.CONFIRMED: State.STORING}
CHECK_LEASE = dt.timedelta(seconds=120)
STORE_LEASE = dt.timedelta(seconds=5)
MOST_ATTEMPTS = 3
LOCK_WORK = 0x494D51
PIECE = 4 * 2**20
PIECE_OF_CONTENT = "SELECT substring(content FROM %s FOR %s) FROM registry_importbatch WHERE id = %s"
STORED_WORDS = ("accept", "accept_warn", "update")
WORDS = (*STORED_WORDS, "reject", "duplicate", "skip")
CHECKED = ["state", "lease_until", "attempts", "counts", "columns", "notices", "year", "file_error", "decisions"]


class NotStorableError(ValidationError):
    """The batch may not be stored as asked."""


def require_scope(by, division):
    """Refuses an actor without the right to import at the division; the account commands run under is trusted.

    That account cannot sign in: it is inactive, so no request ever acts as it.
    """
    if by.username == OPERATOR and not by.is_active:
        return
    if not by.has_perm(PERMISSION, division):
        raise PermissionDenied


@transaction.atomic
def create_batch(*, content, filename, division, year=0, mapping=None, by, worked=False):
    """Keeps an uploaded workbook, sealed, for the worker to check; year 0 lets the workbook say its year.

    `worked` says that the caller checks it: workers leave it alone from the first moment on.
    Refuses (PermissionDenied) a division outside the actor's right. The bytes are looked at by the worker's child only.
    """
    require_scope(by, division)
    batch = ImportBatch(
        owner=by,
        division=division,
        year=year,
        filename=clean_name(filename),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        mapping=mapping or {},
    )
    batch.content = sealed_content(batch, content)
    if worked:
        begin_work(batch, State.CHECKING)
    batch.save()
    audit.record(
        "import.upload", batch, by=by, after={"file": batch.filename, "size": batch.size, "sha256": batch.sha256}
    )
    return batch


def clean_name(filename):
    """The name without folders and control characters, short enough to keep."""
    name = "".join(sign for sign in filename.replace("\\", "/").rpartition("/")[2] if sign.isprintable())
    return name[-200:] or "?"


def sealed_content(batch, content):
    return seal_file(content, row_uid=batch.uid, field="content")


def content_of(batch):
    """The original workbook in clear."""
    return unseal_file(stored_content(batch), row_uid=batch.uid, field="content")


def stored_content(batch):
    """The sealed workbook, read in pieces: the driver needs four times the memory of what it reads at once."""
    content = bytearray()
    with connection.cursor() as cursor:
        while True:
            cursor.execute(PIECE_OF_CONTENT, [len(content) + 1, PIECE, batch.pk])
            piece = cursor.fetchone()[0]
            content += piece
            if len(piece) < PIECE:
                return content


def work_next():
    """Takes the oldest waiting batch (or one whose worker died) and does its next step; returns it, or None."""
    batch = take()
    if batch is None:
        return None
    with held(batch) as own:
        if not own:
            return None
        if batch.state == State.CHECKING:
            check_batch(batch)
        else:
            store_batch(batch)
    return batch


@contextlib.contextmanager
def held(batch):
    """Whether this session alone works on the batch: a slow check may outlive its lease, a dead session lets go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_WORK, batch.pk])
        own = cursor.fetchone()[0]
        try:
            yield own
        finally:
            if own and connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_WORK, batch.pk])


@transaction.atomic
def take():
    """A batch for this worker, its state and lease set; rows other workers hold are passed over."""
    abandoned = Q(state__in=WAITING.values(), lease_until__lt=timezone.now())
    rows = ImportBatch.objects.select_for_update(skip_locked=True, of=("self",)).select_related("division", "owner")
    batch = rows.defer("content").filter(Q(state__in=WAITING) | abandoned).order_by("id").first()
    if batch is None:
        return None
    batch.state = WAITING.get(batch.state, batch.state)
    batch.attempts += 1
    if batch.attempts > MOST_ATTEMPTS:
        return refuse(batch, {"code": "corrupt", "reason": "failed", "params": {}})
    begin_work(batch, batch.state)
    batch.save(update_fields=["state", "attempts", "lease_until"])
    return batch


def begin_work(batch, state):
    """Sets the state and how long other workers leave the batch alone; the caller saves."""
    batch.state = state
    batch.lease_until = timezone.now() + (CHECK_LEASE if state == State.CHECKING else STORE_LEASE)


def refuse(batch, error):
    batch.state, batch.file_error, batch.lease_until = State.REFUSED, error, None
    batch.save(update_fields=["state", "file_error", "lease_until", "attempts", "columns", "notices"])


def check_batch(batch):
    """Reads and checks every line; leaves the batch checked, or refused with one clear sentence and no lines.

    It waits for an import being stored there: what that writes is older than this check but not yet to be seen.
    """
    with transaction.atomic():
        lock_area(batch.division)
    began = timezone.now()
    try:
        Staging(batch, content_of(batch)).run()
        analyze()
        compare(batch)
        decisions.repeat(batch)
    except FileError as error:
        ImportRow.objects.filter(batch=batch).delete()
        refuse(batch, {"code": error.code, "reason": error.reason, "params": error.params})
        audit.record(
            "import.refuse", batch, by=batch.owner, after={"code": error.code}, note=file_sentence(batch.file_error)
        )
        return batch
    batch.counts = {**counted(batch), "checked_at": began.isoformat(), "verdicts": verdicts(batch)}
    batch.state, batch.lease_until, batch.attempts, batch.file_error = State.CHECKED, None, 0, None
    batch.save(update_fields=CHECKED)
    return batch


@transaction.atomic
def decide_line(*, batch, row, word, by, organization=None, reason=""):
    """What the officer says of one line of a checked batch; "" takes it back. Counts and verdicts follow.

    `word`: "out" leaves it out, "same" makes it a change of `organization`, "other" keeps it apart for a `reason`.
    """
    batch = locked(batch)
    require_scope(by, batch.division)
    if batch.state != State.CHECKED:
        raise NotStorableError(
            _("This import is no longer waiting for a decision: %(state)s.") % {"state": batch.get_state_display()}
        )
    decisions.decide(batch, batch.rows.filter(pk=row).first(), word, organization=organization, reason=reason)
    batch.counts = {**batch.counts, **dict.fromkeys(WORDS, 0), **counted(batch), "verdicts": verdicts(batch)}
    batch.save(update_fields=["counts", "decisions"])
    return batch


def counted(batch):
    """{status: lines, "org": {status: lines}, …, "total": lines}."""
    rows = ImportRow.objects.filter(batch=batch).values_list("kind", "status").annotate(n=Count("id")).order_by()
    counts, kinds = Counter(), {}
    for kind, status, number in rows:
        counts[status] += number
        kinds.setdefault(kind, {})[status] = number
    return {**counts, **kinds, "total": sum(counts.values())}


def locked(batch):
    """The batch as stored now, its row locked until the transaction ends, without the workbook."""
    rows = ImportBatch.objects.select_for_update(of=("self",)).select_related("division", "owner").defer("content")
    return rows.get(pk=batch.pk)


@transaction.atomic
def confirm_batch(*, batch, mode, by):
    """The officer's decision to store: `mode` all (nothing unless every line is good) or good (the good lines).

    Refuses another's scope, a batch that is not waiting for a decision (a second click, a stale tab), mode all with any
    refused line, and a batch without a line to store.
    """
    batch = locked(batch)
    require_scope(by, batch.division)
    require_storable(batch, mode)
    batch.state, batch.mode, batch.attempts, batch.lease_until = State.CONFIRMED, mode, 0, None
    batch.last_error = ""
    batch.save(update_fields=["state", "mode", "attempts", "lease_until", "last_error"])
    remember_columns(batch, by)
    audit.record("import.confirm", batch, by=by, after={"file": batch.filename, "mode": mode})
    return batch


def require_storable(batch, mode):
    if batch.state != State.CHECKED:
        raise NotStorableError(
            _("This import is no longer waiting for a decision: %(state)s.") % {"state": batch.get_state_display()}
        )
    left_out = batch.counts.get("reject", 0) + batch.counts.get("duplicate", 0)
    if mode == ImportBatch.Mode.ALL and left_out:
        raise NotStorableError(
            _("%(count)s lines have errors. Correct them, or store the good lines only.") % {"count": left_out}
        )
    if not any(batch.counts.get(word) for word in STORED_WORDS):
        raise NotStorableError(_("There is nothing to store in this file."))


def store_batch(batch):
    """Writes the good lines in one transaction, or none of them. Returns the batch.

    While it runs the batch's row stays locked, so no second worker can take it; a killed worker leaves nothing behind.
    """
    try:
        with transaction.atomic():
            batch = locked(batch)
            if batch.state != State.STORING:
                return batch
            require_scope(batch.owner, batch.division)
            lock_area(batch.division)
            if register_moved(batch):
                return recheck(batch)
            write(batch)
    except IntegrityError as error:
        back_to(State.UPLOADED, batch, error)
    except PermissionDenied as error:
        back_to(State.CHECKED, batch, error)
    return batch


def recheck(batch):
    """Check again; when the verdicts are the same the storing goes on, else the officer decides again."""
    seen = batch.counts.get("verdicts")
    check_batch(batch)
    if batch.state == State.CHECKED and batch.counts["verdicts"] == seen:
        batch.state = State.STORING
        write(batch)
    elif batch.state == State.CHECKED:
        batch.last_error = "changed"
        batch.save(update_fields=["last_error"])
    return batch


def write(batch):
    """Everything the batch stores: new records, changes, yearly chains, rollup marks, one audit event."""
    store = Store(batch, progress=lambda done: tell_progress(batch, done))
    store.run()
    update = Update(batch, Places(batch.division))
    update.run()
    touched = store.touched | update.touched
    base = ImportRow.objects.filter(batch=batch, kind="base", status__in=STORED_WORDS)
    told = list(base.values_list("values__found__division", "values__year"))
    chain("registry_divisionyear", "division_id", [place for place, year in told])
    cover({place for place, year in told}, {year or batch.year for place, year in told})
    mark(touched)
    decisions.keep_distinct(batch)
    batch.state, batch.stored_at, batch.lease_until = State.STORED, timezone.now(), None
    batch.save(update_fields=["state", "stored_at", "lease_until"])
    after = {
        "file": batch.filename,
        "sha256": batch.sha256,
        "year": batch.year,
        "mode": batch.mode,
        "lines": batch.counts,
    }
    audit.record("import.store", batch, by=batch.owner, after=after)


def storing_progress(batch):
    """How many lines are stored so far; 0 while the cache is away."""
    try:
        return cache.get(f"import:{batch.pk}", 0)
    except RedisError:
        return 0


def tell_progress(batch, done):
    """Outside the transaction, for the page that waits. Storing goes on without it."""
    with contextlib.suppress(RedisError):
        cache.set(f"import:{batch.pk}", done, 600)


def back_to(state, batch, error):
    """Storing failed as a whole: nothing was written. What clashed with the register is checked again first."""
    reason = error.__class__.__name__
    ImportBatch.objects.filter(pk=batch.pk).update(state=state, last_error=reason, lease_until=None, attempts=0)
    batch.refresh_from_db(fields=["state", "last_error", "lease_until"])


@transaction.atomic
def undo_batch(*, batch, by):
    """Takes a stored batch back as a whole. Refuses when something it stored was changed since, or is referred to."""
    batch = locked(batch)
    require_scope(by, batch.division)
    if batch.state != State.STORED:
        raise NotStorableError(_("Only a stored import can be undone."))
    if not batch.is_kept:
        raise NotStorableError(_("This import is too old to be undone: its workbook was deleted."))
    lock_area(batch.division)
    touched = undo(batch)
    mark(touched)
    batch.rows.exclude(sealed="").update(sealed="")
    batch.state, batch.content = State.UNDONE, b""
    batch.save(update_fields=["state", "content"])
    audit.record("import.undo", batch, by=by, before={"file": batch.filename, "lines": batch.counts})
    return batch


@transaction.atomic
def cancel_batch(*, batch, by):
    """Drops a batch nobody stored: its lines and its sealed workbook go, the row stays as a record."""
    batch = locked(batch)
    require_scope(by, batch.division)
    if batch.state not in (State.UPLOADED, State.CHECKED, State.REFUSED):
        raise NotStorableError(
            _("This import can no longer be cancelled: %(state)s.") % {"state": batch.get_state_display()}
        )
    batch.rows.all().delete()
    batch.state, batch.content = State.CANCELLED, b""
    batch.save(update_fields=["state", "content"])
    audit.record("import.cancel", batch, by=by, before={"file": batch.filename})
    return batch


@transaction.atomic
def remap_batch(*, batch, mapping, by, year=None):
    """Reads the workbook again with the columns as the officer says: {kind: {header: field or ""}}."""
    batch = locked(batch)
    require_scope(by, batch.division)
    if batch.state not in (State.CHECKED, State.REFUSED):
        raise NotStorableError(
            _("This import is no longer waiting for a decision: %(state)s.") % {"state": batch.get_state_display()}
        )
    batch.mapping, batch.state, batch.file_error, batch.attempts = mapping, State.UPLOADED, None, 0
    batch.year, batch.progress, batch.lease_until, batch.decisions = year or batch.year, 0, None, {}
    batch.save(
        update_fields=["mapping", "state", "file_error", "attempts", "year", "progress", "lease_until", "decisions"]
    )
    return batch


def record_download(*, batch, by):
    """The workbook left the portal again: it may hold phone numbers in clear, so the trail says who took it."""
    audit.record("import.download", batch, by=by, after={"file": batch.filename})
