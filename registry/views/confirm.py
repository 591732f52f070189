"""One-time links of somebody a clerk filed for: confirming what was typed in her or his name, rating it later."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.limits import Misses
from casework.flows import flow_of
from casework.models import CaseParty, OneTimeLink, Rating
from casework.services import links, ratings
from casework.views.cases import case_of, version_of
from registry.services import consent, filings, typos
from registry.views.filing_shown import ApplicantView, no_store
from registry.views.mine import grade_given
from registry.views.public import Open

MISSES = Misses("one-time-link", limit=20, seconds=600)


class ByLink(Open):
    """Opening the link only shows; the answer is a POST, so that a preview of the message answers nothing."""

    purpose = ""

    def get(self, request, token):
        link = self.link(request, token)
        return self.page(request, link) if link else gone(request)

    def post(self, request, token):
        link = self.link(request, token)
        return self.answer(request, link) if link else gone(request)

    def link(self, request, token):
        if MISSES.exceeded(request):
            return None
        link = links.find(token, self.purpose)
        if link is None:
            MISSES.add(request)
        return link


def gone(request):
    return no_store(render(request, "apply/link_gone.html", status=410))


class Confirm(ByLink):
    purpose = OneTimeLink.Purpose.CONFIRM

    def answer(self, request, link):
        yes, words = request.POST.get("answer") == "yes", request.POST.get("words", "")
        if not yes and len(words.strip()) < 2:
            return self.page(request, link, error=_("Please say in a few words what is not right."), status=422)
        try:
            links.answer(link=link, yes=yes, words=words)
        except ValidationError:
            return gone(request)
        return no_store(render(request, "apply/confirmed.html", {"yes": yes, "case": link.case}))

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


class AskAgain(ApplicantView):
    """Sends the link to confirm once more: for the agent, and for officers who see the case."""

    def post(self, request, uid):
        case = case_of(request, uid)
        try:
            phone = consent.ask_again(case=case, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("The link was sent to %(phone)s.") % {"phone": phone})
        return redirect("casework:case", uid=case.uid)


class PutRight(ApplicantView):
    """An obvious typo put right by the office that has the case."""

    def post(self, request, uid):
        case, given = case_of(request, uid), request.POST.get
        told = {"key": given("key", ""), "text": given("text", ""), "reason": given("reason", "")}
        try:
            typos.put_right(case=case, version=version_of(request), by=request.user, **told)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Put right; the applicant is told."))
        return redirect("casework:case", uid=case.uid)


class RateByLink(ByLink):
    purpose = OneTimeLink.Purpose.RATE

    def answer(self, request, link):
        words = request.POST.get("words", "")
        try:
            ratings.rate_by_link(link=link, grade=grade_given(request), tags=request.POST.getlist("tag"), words=words)
        except links.UsedError:
            return gone(request)
        except ValidationError as error:
            return self.page(request, link, error=" ".join(error.messages), status=422)
        return no_store(render(request, "apply/rated.html", {"case": link.case}))

    def page(self, request, link, error="", status=200):
        case = link.case
        context = {
            "case": case,
            "matter": flow_of(case).label,
            "state": flow_of(case).state(case.state),
            "grades": Rating.Grade.choices,
            "tags": list(ratings.TAGS.items()),
            "ticked": request.POST.getlist("tag"),
            "error": error,
        }
        return no_store(render(request, "apply/rate.html", context, status=status))
