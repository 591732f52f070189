"""The proof that every open case is in exactly one queue, and somebody stands at it."""

from casework.flows import FLOWS
from casework.models import PARTY, SYSTEM, Case
from casework.services.handling import holders_of
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
        active = any(party.user and party.user.is_active for party in case.parties.all())
        return [] if active else ["none of its parties can sign in"]
    if case.office == SYSTEM:
        own = any(row.side == SYSTEM and case.state in row.sources for row in flow.transitions)
        return [] if own else ["waits for the portal, which has no step to take"]
    if not standing_at(case, held):
        return [f"nobody holds {case.office} there"]
    if case.handler and not holds(case, case.handler):
        return [f"{case.handler} has it in hand and may not act on it"]
    return []


def standing_at(case, held):
    """Whether anybody but its parties holds the office at the case's place; asked once per office and place."""
    key = (case.office, case.division_path)
    if key not in held:
        held[key] = set(holders_of(*key).values_list("pk", flat=True))
    return bool(held[key] - {party.user_id for party in case.parties.all()})
