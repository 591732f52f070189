"""The page behind the link a silent organization's leader gets: one tap says “still active”."""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render

from registry.services.dormancy import answer_by_link, asks, case_of_link
from registry.views.public import Open


def case_or_404(token):
    case = case_of_link(token)
    if case is None:
        raise Http404
    return case


class StillActive(Open):
    """Looking at the page changes nothing: some phones open links by themselves."""

    def get(self, request, token):
        case = case_or_404(token)
        context = {
            "organization": case.filing.organization,
            "asking": asks(case),
            "looked_into": case.state in ("reminded", "verification", "assessment"),
            "answered": case.state == "still_active",
            "heard": case.is_open and case.steps.filter(transition="still_active").exists(),
            "due": case.due,
        }
        response = render(request, "public/still_active.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def post(self, request, token):
        # When the case went on meanwhile the page says so.
        with suppress(ValidationError):
            answer_by_link(case=case_or_404(token))
        return redirect("public:still_active", token=token)
