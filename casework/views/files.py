from django.views import View

from casework.serving import opened, served
from casework.views.cases import case_of


class CaseFile(View):
    """A paper of a case, for those who see the case: shown in the page when its kind allows it, else handed out."""

    def get(self, request, uid, file):
        paper = opened(case_of(request, uid), file, request.user)
        return served(paper, download="download" in request.GET)
