"""Every flow is exactly its table: each transition in each state by each side."""

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from casework import policy
from casework.flows import BACK, FLOWS, OFFICER, OTHER, flow_of, register
from casework.models import PARTY, SYSTEM, Case, PolicyValue
from casework.services.corrections import answer_item
from casework.services.holding import STILL
from casework.workflow import NotNowError, available, perform
from registry.matters import MATTERS
from registry.models import Organization
from registry.services.dormancy import require_link, require_no_party
from tests import cases, worlds

pytestmark = pytest.mark.django_db

PEOPLE = ("applicant", "clerk", "officer", "leader", "bureau", "head", "outsider", SYSTEM)
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


def test_no_step_has_the_name_of_a_line_that_is_no_step():
    names = {row.name for flow in FLOWS.values() for row in flow.transitions}
    assert not names & {*STILL, "reassign", "hand_over", "put_right"}


def test_a_table_with_a_state_that_is_not_there_or_a_name_taken_is_refused():
    astray = replace(FLOWS["filing"], kind="astray", states=FLOWS["filing"].states[:1])
    with pytest.raises(ValueError, match="committee_check"):
        register(astray)
    with pytest.raises(ValueError, match="filing"):
        register(replace(FLOWS["filing"]))
    assert set(FLOWS) == set(MATTERS)


@pytest.mark.parametrize(("kind", "state"), STATES)
def test_each_state_offers_exactly_its_rows_and_none_without_its_reason(kind, state, world):
    filing = cases.make_filing(world, state, kind=kind)
    assert filing.case.state == state
    for name in PEOPLE:
        offers_its_rows(filing.case, name, world)
    insists_on_reasons(filing, world)
    for row in flow_of(filing.case).transitions:
        if state in row.sources:
            goes_through(filing, row, world)
    filing.case.refresh_from_db()
    assert filing.case.state == state


def offers_its_rows(case, name, world):
    sides = {party.user_id: OTHER if party.role == "other" else PARTY for party in case.parties.all()}
    user = getattr(world, name, SYSTEM)
    side = SYSTEM if user == SYSTEM else sides.get(user.pk, OFFICER)
    offered = {row.name for row in available(case, user)}
    assert offered == expected(case, user, side), name
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


def district(filing, world):
    PolicyValue.objects.filter(key="filing.authority").delete()
    cases.make_policy("filing.authority", "district")


def notice(filing, world):
    cases.make_policy("filing.community_notice", True)


def of_street(filing, world):
    Case.objects.filter(pk=filing.case_id).update(division=world.street, division_path=world.street.path)


def to_street(filing, world):
    filing.data = {**filing.data, "to": str(world.other_street.pk)}
    filing.save(update_fields=["data"])


def once_returned(filing, world):
    Case.objects.filter(pk=filing.case_id).update(rounds=1)


def registered(filing, world):
    Organization.objects.filter(pk=filing.organization_id).update(tier="registered")


# What makes way for the rows a policy, the place or an earlier return keeps closed.
SITUATIONS = (
    (),
    (once_returned,),
    (district,),
    (of_street,),
    (notice,),
    (to_street,),
    (to_street, district),
    (registered,),
)


def goes_through(filing, row, world):
    """The row taken once, in the first situation it is for; the database goes back to before."""
    for situation in SITUATIONS:
        try:
            with transaction.atomic():
                fresh = type(filing).objects.select_related("case").get(pk=filing.pk)
                for change in situation:
                    change(fresh, world)
                fresh = type(filing).objects.select_related("case").get(pk=filing.pk)
                fits = row.when is None or row.when(fresh.case)
                if fits:
                    take(fresh, row, world)
                transaction.set_rollback(True)
        finally:
            policy.forget()
        if fits:
            return
    raise AssertionError(f"No situation for {row.name} from {filing.case.state}")


def take(filing, row, world):
    source, target = filing.case.state, filing.case.returned_from if row.target == BACK else row.target
    if row.name == "submit":
        for item in filing.case.items.filter(answered_at=None):
            answer_item(item=item, by=cases.actor_of(row, filing, world), answer="已核对")
    if row.guard is require_no_party:
        filing.case.parties.all().delete()
    more = {"data": {"by_link": True}} if row.guard is require_link else {}
    actor = cases.actor_of(row, filing, world)
    case = cases.walk(filing, row, world, **more)
    state, step = flow_of(case).state(target), case.steps.order_by("-pk").first()
    assert (case.state, case.office, case.outcome) == (target, state.office, state.outcome)
    assert (step.transition, step.source, step.target) == (row.name, source, target)
    told = set(case.parties.exclude(user=None).values_list("user", flat=True)) - {getattr(actor, "pk", None)}
    if row.notice:
        assert told <= set(case.notices.filter(code=row.notice).values_list("user", flat=True)), row.name
    if row.letter and case.submitted_at:
        assert step.issued.filter(code=row.letter).exists(), (row.name, row.letter)
