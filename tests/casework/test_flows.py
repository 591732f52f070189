"""Every flow is exactly its table: each transition in each state by each side."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from casework.flows import FLOWS, OFFICER, OTHER, flow_of
from casework.models import PARTY
from casework.workflow import NotNowError, available, perform
from registry.matters import MATTERS
from tests import cases, worlds

pytestmark = pytest.mark.django_db

PEOPLE = ("applicant", "clerk", "officer", "leader", "bureau", "head", "outsider")
STATES = [(kind, state.code) for kind, flow in FLOWS.items() for state in flow.states]


made_world, world = worlds.shared(worlds.with_people)


def expected(case, user, side):
    """The names of the table's rows for this user on this case."""
    return {
        row.name
        for row in flow_of(case).transitions
        if row.side == side
        and case.state in row.sources
        and (row.when is None or row.when(case))
        and (not row.permission or user.has_perm(row.permission, case))
    }


def test_every_flow_has_its_matter():
    assert set(FLOWS) == set(MATTERS)


@pytest.mark.parametrize(("kind", "state"), STATES)
def test_each_state_offers_exactly_its_rows(kind, state, world):
    case = cases.make_filing(world, state, kind=kind).case
    assert case.state == state
    sides = {party.user_id: OTHER if party.role == "other" else PARTY for party in case.parties.all()}
    for name in PEOPLE:
        user = getattr(world, name)
        side = sides.get(user.pk, OFFICER)
        offered = {row.name for row in available(case, user)}
        assert offered == expected(case, user, side), name
        if name == "outsider":
            assert offered == set()
        for row_name in {row.name for row in flow_of(case).transitions} - offered:
            with pytest.raises((PermissionDenied, NotNowError)):
                perform(case, row_name, by=user, note="试一试")
    case.refresh_from_db()
    assert case.state == state


@pytest.mark.parametrize(("kind", "state"), [one for one in STATES if not FLOWS[one[0]].state(one[1]).closed])
def test_who_must_say_why_cannot_leave_it_out(kind, state, world):
    filing = cases.make_filing(world, state, kind=kind)
    case = filing.case
    for row in flow_of(case).transitions:
        if row.note and row.side == OFFICER and state in row.sources:
            with pytest.raises(ValidationError) as refused:
                perform(case, row.name, by=cases.actor_of(row, filing, world), note=" ")
            assert "note" in refused.value.error_dict
