"""办件台账: a list of cases as a workbook, the same cases and filter as on its page, the most urgent first."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from accounts.models import Division
from casework import audit
from casework.flows import flow_of
from casework.forms import CaseFilter
from casework.models import PARTY
from casework.services import clock, inbox
from casework.services.accounts import home_of
from casework.services.handling import is_busy
from casework.views.cases import queue_url
from registry.offices import LEVELS, Level, office_name
from registry.workbooks.download import download
from registry.workbooks.stream import Column, Sheet

MOST = 5000


class Ledger(View):
    """The cases of one of the user's own lists, as the list shows them."""

    def get(self, request, name):
        if name not in inbox.LABELS:
            raise Http404
        cases = CaseFilter(request.GET or None).narrow(inbox.queue(request.user, name))
        count = cases.count()
        if count > MOST:
            words = _("%(count)s cases; one workbook holds %(most)s. Please narrow the filter.")
            messages.error(request, words % {"count": count, "most": MOST})
            return redirect(f"{queue_url(name)}?{request.GET.urlencode()}")
        after = {"list": name, "rows": count}
        audit.record("export_cases", request.user, by=request.user, after=after, path=home_of(request.user))
        return download([sheet(cases, request.user)], _("Ledger of cases"), inbox.LABELS[name])


def sheet(cases, user):
    columns = [
        Column(_("Case number"), width=30),
        Column(_("Matter"), width=20),
        Column(_("Subject"), width=32),
        Column(_("Street or town"), width=16),
        Column(_("Place"), width=18),
        Column(_("State"), width=18),
        Column(_("Submitted on"), "date", 12),
        Column(_("Decided on"), "date", 12),
        Column(_("Working days used"), "number", 12),
        Column(_("Due"), "date", 12),
        Column(_("Working days left"), "number", 12),
        Column(_("Office"), width=24),
        Column(_("Handled by"), width=12),
    ]
    rows = inbox.in_order(cases).select_related("division", "handler").prefetch_related("steps", "parties")
    return Sheet(_("Ledger of cases"), columns, lines(list(rows), user))


def lines(cases, user):
    above = {pk for case in cases for pk in case.division.ancestor_ids}
    places = Division.objects.in_bulk(above)
    return [line(case, {places[pk].level: places[pk] for pk in case.division.ancestor_ids}, user) for case in cases]


def line(case, places, user):
    """A case in the order of the columns; `places` are the divisions it lies in by their level.

    Who handles it is named while it is in hand, and never to a party.
    """
    flow = flow_of(case)
    return (
        case.number,
        str(flow.label),
        case.title,
        str(places.get(Level.STREET, "")),
        str(case.division),
        str(flow.state(case.state).label),
        day(case.submitted_at),
        day(case.decided_at),
        clock.used(case, {state.code for state in flow.states if state.paused or state.office == PARTY}),
        case.due if case.is_open else None,
        inbox.left(case) if case.is_open else None,
        office(case, places),
        "" if any(party.user_id == user.pk for party in case.parties.all()) or not is_busy(case) else str(case.handler),
    )


def day(moment):
    return moment and timezone.localdate(moment)


def office(case, places):
    """Whose turn it is; empty when nobody's."""
    if case.office == PARTY:
        return _("Applicant")
    level = LEVELS.get(case.office)
    return office_name(places.get(level, case.division)) if level else ""
