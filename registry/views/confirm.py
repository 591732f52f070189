"""The one-time link of somebody a clerk filed for: what was typed in her or his name, and one tap."""

from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.limits import Misses
from casework.flows import flow_of
from casework.models import CaseParty
from casework.services import links
from registry.services import filings
from registry.views.filing_shown import no_store
from registry.views.public import Open

MISSES = Misses("one-time-link", limit=20, seconds=600)


class Confirm(Open):
    """Opening the link only shows; the answer is a POST, so that a preview of the message answers nothing."""

    def get(self, request, token):
        link = self.link(request, token)
        return self.page(request, link) if link else self.gone(request)

    def post(self, request, token):
        link = self.link(request, token)
        if link is None:
            return self.gone(request)
        yes, words = request.POST.get("answer") == "yes", request.POST.get("words", "")
        if not yes and len(words.strip()) < 2:
            return self.page(request, link, error=_("Please say in a few words what is not right."), status=422)
        try:
            links.answer(link=link, yes=yes, words=words)
        except ValidationError:
            return self.gone(request)
        return no_store(render(request, "apply/confirmed.html", {"yes": yes, "case": link.case}))

    def link(self, request, token):
        if MISSES.exceeded(request):
            return None
        link = links.find(token)
        if link is None:
            MISSES.add(request)
        return link

    def page(self, request, link, error="", status=200):
        case = link.case
        agent = case.parties.filter(role=CaseParty.Role.AGENT).first()
        context = {
            "case": case,
            "matter": flow_of(case).label,
            "party": link.party,
            "agent": agent,
            "facts": filings.content(case),
            "error": error,
        }
        return no_store(render(request, "apply/confirm.html", context, status=status))

    def gone(self, request):
        return no_store(render(request, "apply/link_gone.html", status=410))
