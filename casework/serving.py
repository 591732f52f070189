"""Files of a case on their way out, to pages and to other systems: who may open them, and headers that run nothing."""

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import audit
from casework.attachments import BY_MEDIA
from casework.services import papers
from casework.watermark import marked

# A paper is somebody else's file: whatever it holds, it runs nothing, loads nothing and is framed by nobody but us.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
PERSONAL = "casework.open_personal_paper"


def opened(case, uid, user):
    """A paper handed in, for somebody who sees the case; else 404.

    One with personal data opens for its parties and for who holds the right to, and each opening is on record.
    """
    paper, guard = found(case, uid, user)
    if guard:
        record(user, case, paper, original=True)
    return paper


def found(case, uid, user):
    """(paper, whether it holds personal data of others); refuses who may not open such a one."""
    paper = get_object_or_404(case.attachments.openable(), uid=uid)
    guard = paper.personal and not case.parties.filter(user=user).exists()
    if guard and not user.has_perm(PERSONAL, case):
        raise PermissionDenied
    return paper, guard


def record(user, case, paper, *, original):
    audit.record("open_paper", case, by=user, after={"paper": paper.name, "slot": paper.slot, "original": original})


def shown(case, uid, user):
    """A paper to look at. Personal data of others bear who looks, when and what for; the file itself stays as it is.

    What cannot be marked is handed out instead, and the record says so.
    """
    paper, guard = found(case, uid, user)
    if not guard:
        return served(paper)
    with paper.file.open("rb") as file:
        copy = marked(paper.kind, file.read(), mark_of(case, user))
    record(user, case, paper, original=copy is None)
    if copy is None:
        return served(paper, download=True)
    kind, data = copy
    response = guarded(HttpResponse(data, content_type=kind))
    response["Content-Security-Policy"] = f"{POLICY}; img-src data:"
    return response


def mark_of(case, user):
    return f"{user} {timezone.localtime():%Y-%m-%d %H:%M}", _("Only for handling %(case)s") % {"case": case.number}


def issued(case, uid, user):
    """A paper the offices issued, for somebody who sees the case and may open it; else 404."""
    return get_object_or_404(papers.papers_for(case, user), uid=uid)


def served(paper, *, download=False):
    """The file under our own name and kind, never at an address of the storage."""
    inline = not download and paper.kind in BY_MEDIA and BY_MEDIA[paper.kind].preview
    return guarded(
        FileResponse(paper.file.open("rb"), content_type=paper.kind, filename=paper.name, as_attachment=not inline)
    )


def served_pdf(paper, *, download=False):
    """A paper issued, as PDF; one nobody has made yet is made now."""
    response = HttpResponse(papers.bytes_of(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'{"attachment" if download else "inline"}; filename="{paper.number}.pdf"'
    return guarded(response)


def guarded(response):
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
