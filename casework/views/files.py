from django.views import View

from casework.serving import opened, served, shown
from casework.views.cases import case_of


class CaseFile(View):
    """A paper of a case, for those who see the case: shown in the page when its kind allows it, or handed out."""

    def get(self, request, uid, file):
        case = case_of(request, uid)
        if "download" in request.GET:
            return served(opened(case, file, request.user), download=True)
        return shown(case, file, request.user)
