"""The way of a case as its applicant sees it: where it has been, where it is, what is still to come."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from casework.flows import BACK, FLOWS, flow_of
from casework.models import PARTY, Case, CaseParty
from casework.services.holding import REMARK


@dataclass(frozen=True)
class Stop:
    """One state on the way: `done_at` when it was left behind, `here` for where the case is now."""

    code: str
    label: str
    done_at: datetime | None
    here: bool


def road(case):
    """The stops from the draft to the decision under the policies in force; of a closed case those it made.

    A case returned for correction stands where it was returned from: that office goes on with it.
    """
    flow, left = flow_of(case), {}
    steps = list(case.steps.all())
    for step in steps:
        if step.source != step.target:
            left[step.source] = step.at
    here = case.returned_from or case.state
    codes = made(flow, steps) if not case.is_open else expected(case, flow, steps, here)
    return [stop(flow, code, left, here, case) for code in codes]


def stop(flow, code, left, here, case):
    at = case.closed_at if code == case.state and not case.is_open else left.get(code)
    return Stop(code, flow.state(code).label, None if code == here and case.is_open else at, code == here)


def made(flow, steps):
    """The states a closed case went through, each once, corrections left out."""
    codes = [flow.first.code]
    for step in steps:
        if not flow.state(step.target).paused and step.target not in codes:
            codes.append(step.target)
    return codes


def expected(case, flow, steps, here):
    """What lies behind, then the shortest way from here to an approval."""
    behind = made(flow, steps)
    behind = behind[: behind.index(here)] if here in behind else behind
    return [*behind, *[code for code in shortest(case, flow, here) if code not in behind]]


def shortest(case, flow, start):
    """Codes from `start` to the nearest approval along rows the policies allow; only `start` where there is none."""
    queue, seen = deque([(start,)]), {start}
    while queue:
        way = queue.popleft()
        if flow.state(way[-1]).outcome == Case.Outcome.APPROVED:
            return way
        for row in flow.transitions:
            fits = way[-1] in row.sources and row.target != BACK and row.target not in seen
            if fits and not flow.state(row.target).paused and (row.when is None or row.when(case)):
                seen.add(row.target)
                queue.append((*way, row.target))
    return (start,)


def read_by_parties(case, steps):
    """[(step, who, words)] without the offices' own remarks.

    Officers by their office, never by name; their words where the parties are told of them.
    """
    flow, own = flow_of(case), {party.user_id for party in case.parties.all()} - {None}
    rows = []
    for step in steps:
        if step.transition == REMARK:
            continue
        state, said = flow.state(step.source), step.actor_id in own
        office = state.label if "." in state.office else _("The portal")
        rows.append((step, step.actor_name if said else str(office), step.note if said or flow.tells(step) else ""))
    return rows


def with_applicant(case):
    """Whether the applicant has something to do now."""
    return case.is_open and case.office == PARTY


def with_filer(case, user):
    """Whether this party of the case filed it and has something to do for it now."""
    return with_applicant(case) and case.is_filed_by(user)


def awaited(case):
    """The parties a case waits for now: those who filed it, or those it is about; none while it lies with an office."""
    heard = case.state in flow_of(case).heard
    if not heard and not with_applicant(case):
        return []
    return [party for party in case.parties.all() if (party.role == CaseParty.Role.OTHER) == heard]


def awaiting(user):
    """Open cases that wait for this party of them: for what they filed, or for their answer to what is about them."""
    about = Exists(CaseParty.objects.filter(case=OuterRef("pk"), user=user, role=CaseParty.Role.OTHER))
    heard = Q(pk__in=[])
    for flow in FLOWS.values():
        heard |= Q(kind=flow.kind, state__in=flow.heard)
    return Case.objects.held_by(user).open().filter((Q(office=PARTY) & ~about) | (heard & about))
