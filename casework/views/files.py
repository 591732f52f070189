from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.views import View

from casework import audit
from casework.attachments import BY_MEDIA
from casework.views.cases import case_of

# A paper is somebody else's file: whatever it holds, it runs nothing, loads nothing and is framed by nobody but us.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
PERSONAL = "casework.open_personal_paper"


class CaseFile(View):
    """A paper of a case, for those who see the case: shown in the page when its kind allows it, else handed out.

    One with personal data opens for its parties and for who holds the right to, and each opening is on record.
    """

    def get(self, request, uid, file):
        case = case_of(request, uid)
        paper = get_object_or_404(case.attachments.openable(), uid=file)
        if paper.personal and not case.parties.filter(user=request.user).exists():
            open_personal(request.user, case, paper)
        return served(paper, download="download" in request.GET)


def open_personal(user, case, paper):
    if not user.has_perm(PERSONAL, case):
        raise PermissionDenied
    audit.record("open_paper", case, by=user, after={"paper": paper.name, "slot": paper.slot})


def served(paper, *, download=False):
    """The file under our own name and kind, never at an address of the storage."""
    inline = not download and paper.kind in BY_MEDIA and BY_MEDIA[paper.kind].preview
    response = FileResponse(
        paper.file.open("rb"), content_type=paper.kind, filename=paper.name, as_attachment=not inline
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
