"""A case at a committee without people lies with whoever may do its work: in one queue, and one step away."""

import math

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from casework import checking, deadlines, workdays
from casework.flows import FLOWS
from casework.models import Notice
from casework.services import handling, inbox
from casework.services.handling import require_idle
from casework.workflow import perform
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
made_world, world = worlds.shared(worlds.with_people)
CHECK = "registry.check_filing"


def queue(user, name=inbox.TODO):
    return list(inbox.queue(User.objects.get(pk=user.pk), name))


@pytest.fixture
def case(world):
    return cases.make_filing(world, "committee_check").case


def leave(user, how="role"):
    """The user works there no more, or may not sign in."""
    if how == "role":
        user.assignments.update(ends=timezone.localdate())
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)


def test_every_state_of_a_committee_can_be_taken_over():
    for flow in FLOWS.values():
        taken = {code for row in flow.transitions if row.guard is require_idle for code in row.sources}
        assert {state.code for state in flow.states if state.office == CHECK} == taken, flow.kind
    assert handling.relief() == {CHECK: "registry.review_filing"}


@pytest.mark.parametrize("how", ["role", "account"])
def test_it_lies_with_the_street_while_the_committee_has_nobody(world, case, how):
    assert queue(world.officer) == []
    leave(world.clerk, how)
    assert queue(world.officer) == [case]
    assert queue(world.officer, inbox.PLACES) == []
    assert inbox.waiting(User.objects.get(pk=world.officer.pk)) == 1
    for other in (world.second_clerk, world.leader, world.bureau, world.outsider, world.applicant):
        assert queue(other) == []
    assert list(checking.problems()) == []
    clerk = builders.make_user("clerk", world.community)
    assert (queue(world.officer), queue(clerk)) == ([], [case])


def test_somebody_above_who_holds_the_right_holds_the_office(world, case):
    leave(world.clerk)
    above = builders.make_user("clerk", world.street)
    assert (queue(world.officer), queue(above)) == ([], [case])


def test_what_the_only_clerk_filed_lies_with_the_street(world):
    filing = cases.make_filing(world, by=world.clerk, applicant="林秀英")
    case = perform(filing.case, "submit", by=world.clerk)
    assert (queue(world.clerk), queue(world.officer)) == ([], [case])
    assert list(checking.problems()) == []
    colleague = builders.make_user("clerk", world.community)
    assert (queue(world.officer), queue(colleague)) == ([], [case])


def test_without_anybody_at_the_street_it_is_a_problem(world, case):
    leave(world.clerk)
    leave(world.officer)
    assert [text for _case, text in checking.problems()] == [f"nobody holds {CHECK} there"]


def test_the_list_says_so_and_takes_it_over(client, world, case):
    leave(world.clerk)
    client.force_login(world.officer)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("casework:cases"))
    [row] = page.context["rows"]
    assert row["vacant"]
    assert "take_over" in dict(page.context["batch"])
    posted = {"step": "take_over", "note": "社区暂无人", "case": f"{case.uid}:{case.version}"}
    answer = client.post(reverse("casework:batch"), posted)
    assert answer.context["done"] == 1
    [after] = queue(world.officer)
    assert after.state == "street_review"
    [row] = client.get(reverse("casework:cases")).context["rows"]
    assert not row["vacant"]


def test_the_list_asks_as_often_for_three_as_for_one(client, world, case, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(workdays, "HELD_SECONDS", math.inf)  # no calendar runs out while we count
    leave(world.clerk)
    client.force_login(world.officer)
    client.get(reverse("casework:cases"))
    with django_assert_max_num_queries(40) as one:
        client.get(reverse("casework:cases"))
    most = len(one)
    for name in ("六联社区太极队", "六联社区腰鼓队"):
        cases.make_filing(world, "committee_check", values={"name": name})
    client.get(reverse("casework:cases"))
    with django_assert_max_num_queries(most):
        assert len(client.get(reverse("casework:cases")).context["rows"]) == 3


def test_whoever_relieves_is_reminded_and_urged(world, case):
    leave(world.clerk)
    handling.urge(case=case, by=world.applicant)
    deadlines.remind(case.due)
    told = Notice.objects.filter(case=case, code__in=("urged", "reminder_100"))
    assert set(told.values_list("user", "code")) == {(world.officer.pk, "urged"), (world.officer.pk, "reminder_100")}
