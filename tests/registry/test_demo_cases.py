"""The demo's cases: carried by people along the flows, dated back, each in one queue."""

import random
from datetime import date

import pytest
from django.utils import timezone

from casework import checking
from casework.flows import FLOWS
from casework.models import Case
from casework.services import inbox
from registry import demo_cases, demo_imports
from registry.checks import check
from registry.demo_facts import id_number
from registry.models import ImportBatch, Organization
from tests import builders, cases

pytestmark = pytest.mark.django_db
KINDS = ("filing", "revoke", "merge")


@pytest.fixture
def cast(settings, tmp_path):
    """A district with teams and groups enough, and somebody at every office of its two communities."""
    settings.MEDIA_ROOT = tmp_path
    world = cases.make_people(builders.make_world())
    for number in range(12):
        builders.make_organization(
            world.community,
            world.types["culture"],
            tier="group" if number % 4 == 3 else "team",
            founded=date(2025, 1, 6),
            filing_no=f"备〔2025〕{number}号",
        )
    for number in range(6):
        builders.make_organization(
            world.second_community,
            world.types["culture"],
            tier=("team", "group")[number % 2],
            name=f"六和太极{number}队",
            filing_no=f"备〔2024〕{number}号",
        )
    second = builders.make_user("clerk", world.community)
    return demo_cases.Cast(
        code=world.district.code,
        communities=(world.community, world.second_community),
        applicants=(world.applicant,),
        officers=(world.clerk, second, world.second_clerk, world.officer, world.leader, world.bureau, world.head),
    )


def test_cases_lie_in_one_queue_some_late_and_bear_the_day_they_were_handed_in(cast):
    made, refused = demo_cases.load([cast], KINDS)
    assert refused == []
    assert made >= 30
    # tests/browser/teams.py asks the same of every matter, of the demo as it is loaded.
    every = {(kind, state) for kind, state in demo_cases.states() if kind in KINDS}
    unseen = {(kind, "district_decision") for kind in KINDS} | {("filing", "community_notice")}  # by other policies
    assert every - set(Case.objects.values_list("kind", "state")) == unseen
    assert list(checking.problems()) == []
    rows = Case.objects.prefetch_related("steps")
    assert {"red", "green"} <= {inbox.light(case) for case in rows.filter(closed_at=None)}
    for case in rows:
        steps = [step.at for step in case.steps.all()]
        assert [case.opened_at, *steps] == sorted([case.opened_at, *steps])
        if case.number:
            assert timezone.localdate(case.submitted_at).strftime("%Y%m%d") in case.number
    assert rows.filter(rounds=1, office="registry.review_filing").exists()
    assert rows.filter(filing__people__verdict="doubtful", closed_at=None).exists()
    assert rows.exclude(handler=None).count() == 2
    assert rows.filter(copies__read_at=None, copies__user__in=cast.officers).exists()
    assert rows.filter(parties__role="agent", parties__user__isnull=False).exists()
    granted = rows.filter(kind="filing", outcome=Case.Outcome.APPROVED).first()
    assert timezone.localdate(granted.closed_at) == timezone.localdate()


def test_every_state_of_a_filing_has_a_road_under_one_of_the_policies(cast):
    home = cast.communities[0]
    cases.make_policy("filing.community_notice", True)
    cases.make_policy("filing.authority", "district")
    draft = Case(kind="filing", division=home, state="draft")
    assert [row.name for row in demo_cases.road(draft, "community_notice")] == ["submit", "agree"]
    assert demo_cases.road(draft, "district_decision")[-1].name == "propose"
    assert demo_cases.road(draft, "street_decision") is None
    assert {kind for kind, _state in demo_cases.states()} == set(FLOWS)


def test_one_survey_is_stored_one_taken_back_and_one_waits(cast):
    bureau = cast.officers[-2]
    demo_imports.load(cast.communities[0].parent, bureau, timezone.localdate())
    batches = ImportBatch.objects.order_by("id")
    assert [batch.state for batch in batches] == ["stored", "undone", "checked"]
    assert set(batches[2].rows.values_list("status", flat=True)) > {"reject"}
    assert Organization.objects.filter(name__contains="存字").count() == 2
    assert not Organization.objects.filter(name__contains="撤字").exists()


def test_invented_id_numbers_are_well_formed_and_of_no_place():
    numbers = {id_number(random.Random(seed)) for seed in range(20)}
    assert len(numbers) == 20
    assert all(check("id_number", number) == number and number.startswith("99") for number in numbers)
