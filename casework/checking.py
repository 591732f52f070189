"""The proof that every open case is in exactly one queue, and somebody stands at it."""

from casework.flows import FLOWS
from casework.models import PARTY, SYSTEM, Case, CaseParty
from casework.services.handling import holders_of, relief
from casework.services.holding import holds


def problems(cases=None):
    """Yields (case, sentence) for every case that lies nowhere, or where nobody can act."""
    held = {}
    rows = Case.objects.all() if cases is None else cases
    for case in (
        rows.prefetch_related("parties__user").select_related("handler").order_by("id").iterator(chunk_size=500)
    ):
        for sentence in wrong(case, held):
            yield case, sentence


def wrong(case, held):
    flow = FLOWS.get(case.kind)
    state = next((state for state in flow.states if state.code == case.state), None) if flow else None
    if state is None:
        return [f"no flow {case.kind} with a state {case.state}"]
    if state.closed:
        return [] if case.closed_at and not case.office else ["the state is an end, the case is not closed"]
    if case.office != state.office:
        return [f"lies with {case.office or 'nobody'}, its state {case.state} belongs to {state.office}"]
    return queue_problems(case, flow, held)


def queue_problems(case, flow, held):
    """What is wrong with the one queue the case is in."""
    if case.office == PARTY:
        acting = any(can_act(party, case, flow, held) for party in case.parties.all())
        return [] if acting else ["none of its parties can sign in and act there"]
    if case.office == SYSTEM:
        own = any(row.side == SYSTEM and case.state in row.sources for row in flow.transitions)
        return [] if own else ["waits for the portal, which has no step to take"]
    if not standing_at(case, held):
        return [f"nobody holds {case.office} there"]
    if case.handler and not holds(case, case.handler):
        return [f"{case.handler} has it in hand and may not act on it"]
    return []


def standing_at(case, held):
    """Whether anybody but its parties holds the case's office at its place or, where nobody does, relieves it."""
    parties = {party.user_id for party in case.parties.all()}
    rights = filter(None, (case.office, relief().get(case.office)))
    return any(people(right, case.division_path, held) - parties for right in rights)


def can_act(party, case, flow, held):
    """Whether a party has an account and, who files for somebody else, still works there."""
    if party.user is None or not party.user.is_active:
        return False
    lent = party.role == CaseParty.Role.AGENT and flow.agent and not party.user.is_superuser
    return not lent or party.user_id in people(flow.agent, case.division_path, held)


def people(right, path, held):
    """Who holds the right at the place; asked once."""
    if (right, path) not in held:
        held[right, path] = set(holders_of(right, path).values_list("pk", flat=True))
    return held[right, path]
