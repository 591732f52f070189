"""The archive package of a closed case: everything there is, made once by a worker, checked against the trail."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.core import serializers
from django.core.exceptions import PermissionDenied
from django.utils import timezone, translation

from casework import audit
from casework.documents.archive import archive, verify_archive
from casework.documents.letters import LETTERS
from casework.flows import flow_of
from casework.models import Attachment, AuditEvent, Case, CaseParty, Package, Paper
from casework.services.papers import application, bytes_of, keep, make_next, papers_for

RIGHT = "casework.view_case"
ACTION = "archive"
AT_ONCE = 10
# A package that waits longer waits for something that will not come by itself.
SOON = timedelta(days=1)
State = Package.State
# Rows of a case that its own app knows of, in the order they are loaded again.
OWN_ROWS = ("parties", "steps", "versions", "items", "attachments", "issued", "publicities")


def leave(case):
    """Leaves the row of a closed case's package; a case nobody submitted has nothing to keep."""
    if case.submitted_at is not None and not case.is_open:
        Package.objects.get_or_create(case=case)


def leave_missing():
    """Rows for closed cases that have none, from before there were packages; returns how many."""
    missing = Case.objects.filter(closed_at__isnull=False, submitted_at__isnull=False, package=None)
    return len(Package.objects.bulk_create([Package(case=case) for case in missing], ignore_conflicts=True))


def tick(most=AT_ONCE):
    """Makes waiting packages whose papers are all made, at most so many; returns how many were tried."""
    ready = Package.objects.exclude(case__issued__state__in=(Paper.State.WAITING, Paper.State.FAILED))
    done = 0
    while done < most and make_next(ready, make_package):
        done += 1
    return done


def make_package(row):
    """Packs the case and writes the SHA-256 into the trail: files and sums altered together are still noticed."""
    case = row.case
    with translation.override(settings.LANGUAGE_CODE):
        keep(row, archive(data_of(case), papers_of(case), files_of(case)))
    audit.record(ACTION, case, by="system", after={"sha256": row.sha256, "size": row.size})


def data_of(case):
    """Everything the portal holds of a case: to be read by people (`case`, `content`) and loaded again (`records`).

    Personal numbers stay sealed. `records` are Django's own, so any portal of this kind reads them.
    """
    flow = flow_of(case)
    return {
        "case": {
            "number": case.number,
            "matter": flow.label,
            "title": case.title,
            "division": {"code": case.division.code, "name": case.division.full_name},
            "state": flow.state(case.state).label,
            "outcome": case.get_outcome_display(),
            "submitted": case.submitted_at,
            "closed": case.closed_at,
            "parties": [{"name": row.name, "role": row.get_role_display()} for row in case.parties.all()],
        },
        "content": {anchor: {"label": label, "value": value} for anchor, (label, value) in flow.content(case).items()},
        "records": serializers.serialize("python", rows_of(case)),
        "trail": [event_of(row) for row in AuditEvent.objects.about(case).order_by("id")],
    }


def rows_of(case):
    """The case's own rows, then those of its publicity notices and of the app it belongs to."""
    own = [row for name in OWN_ROWS for row in getattr(case, name).all()]
    objections = [row for notice in case.publicities.all() for row in notice.objections.all()]
    return [Case.objects.get(pk=case.pk), *own, *objections, *flow_of(case).kept(case)]


def event_of(row):
    return {
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "note": row.note,
        "before": row.before,
        "after": row.after,
    }


def papers_of(case):
    """Every paper the offices issued, and the form as somebody filled it in."""
    found = {f"{row.number} {row.title}.pdf": bytes_of(row) for row in case.issued.all()}
    if case.parties.filter(role=CaseParty.Role.APPLICANT).exists():
        found[f"{case.number} {LETTERS['application'].title}.pdf"] = application(case)
    return found


def files_of(case):
    """Every file handed in, also replaced and removed ones; what the scan refused stays out."""
    rows = case.attachments.exclude(scan=Attachment.Scan.REFUSED)
    return {f"{row.slot} {row.uid.hex[:8]} {row.name}": read(row.file) for row in rows}


def read(stored):
    with stored.open("rb") as file:
        return file.read()


def may_take(case, user):
    """The package holds what offices said among themselves: for who sees the case there, never for its parties."""
    return user.has_perm(RIGHT, case) and not case.parties.filter(user=user).exists()


def handed_out(case, user):
    """{rows, package, waiting}: the papers the user may open, for officers the package, whether some is being made."""
    rows = list(papers_for(case, user))
    package = Package.objects.filter(case=case).first() if may_take(case, user) else None
    waiting = any(row is not None and row.state == State.WAITING for row in (*rows, package))
    return {"rows": rows, "package": package, "waiting": waiting}


def download(*, package, by):
    """The package's file for an officer who sees the case; each time is an event. Refuses everybody else."""
    if not may_take(package.case, by):
        raise PermissionDenied
    audit.record("download_archive", package.case, by=by, after={"sha256": package.sha256})
    return package.file.open("rb")


def problems():
    """Yields (case, sentence) for every package that is not as it was made, and every closed case without one."""
    for row in Package.objects.filter(state=State.READY).select_related("case").order_by("id").iterator(chunk_size=100):
        if sentence := wrong(row):
            yield row.case, sentence
    late = Package.objects.filter(state=State.WAITING, case__closed_at__lt=timezone.now() - SOON)
    for row in (Package.objects.filter(state=State.FAILED) | late).select_related("case").order_by("id"):
        yield row.case, f"was not packed: {row.last_error or 'a paper of it is missing'}"
    closed = Case.objects.filter(closed_at__isnull=False, submitted_at__isnull=False)
    for case in closed.filter(package=None).order_by("id"):
        yield case, "has no package"


def wrong(row):
    """What is wrong with one package; empty when its bytes, its sums and the trail agree."""
    try:
        data = read(row.file)
    except OSError as error:
        return f"the file cannot be read: {error}"
    digest = hashlib.sha256(data).hexdigest()
    known = AuditEvent.objects.about(row.case).filter(action=ACTION).values_list("after__sha256", flat=True)
    if digest == row.sha256 and digest in known:
        return ""
    return f"altered: {verify_archive(data) or 'package and sums together'}"
