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
def test_each_state_offers_exactly_its_rows_and_none_without_its_reason(kind, state, world):
    filing = cases.make_filing(world, state, kind=kind)
    assert filing.case.state == state
    for name in PEOPLE:
        offers_its_rows(filing.case, name, world)
    insists_on_reasons(filing, world)
    filing.case.refresh_from_db()
    assert filing.case.state == state


def offers_its_rows(case, name, world):
    sides = {party.user_id: OTHER if party.role == "other" else PARTY for party in case.parties.all()}
    user = getattr(world, name)
    offered = {row.name for row in available(case, user)}
    assert offered == expected(case, user, sides.get(user.pk, OFFICER)), name
    if name == "outsider":
        assert offered == set()
    for row_name in {row.name for row in flow_of(case).transitions} - offered:
        with pytest.raises((PermissionDenied, NotNowError)):
            perform(case, row_name, by=user, note="试一试")


def insists_on_reasons(filing, world):
    """Who must say why cannot leave it out."""
    case = filing.case
    for row in flow_of(case).transitions:
        if row.note and row.side == OFFICER and case.state in row.sources:
            with pytest.raises(ValidationError) as refused:
                perform(case, row.name, by=cases.actor_of(row, filing, world), note=" ")
            assert "note" in refused.value.error_dict
