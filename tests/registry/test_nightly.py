"""What happens at night, or by the clock, to one district or case does not depend on another's going well."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from casework.models import Case
from casework.tasks import run_deadlines
from config.celery import app
from registry.tasks import supervise
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture(autouse=True)
def _here():
    """Tasks run where they are published, as a worker would run them."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def silent(community, kind):
    """A team that reported no activity last year."""
    team = builders.make_organization(community, kind, filing_no=f"T-{next(builders.numbers)}")
    builders.make_organization_year(team, timezone.localdate().year - 1, activities=0)
    return team


@pytest.mark.parametrize("broken", ["district", "other_district"])
def test_a_district_that_fails_stops_no_other(world, caplog, broken):
    teams = [silent(place, world.types["culture"]) for place in (world.community, world.far_community)]
    cases.make_policy("dormancy.again_months", "半年", getattr(world, broken))
    with caplog.at_level(logging.ERROR):
        supervise.apply()
    proposed = [team.filings.exists() for team in teams]
    assert proposed == [broken != "district", broken != "other_district"]
    [told] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "look_for_silence" in told.getMessage()
    assert "半年" in caplog.text


def test_a_case_that_fails_stops_no_other(world, caplog):
    names = ("晨光舞蹈队", "太极拳一队")
    first, second = (cases.make_filing(world, "returned", values={"name": name}).case for name in names)
    Case.objects.filter(pk=first.pk).update(kind="unknown", limit_days=None)
    with time_machine.travel(timezone.now() + timedelta(days=60)), caplog.at_level(logging.ERROR):
        run_deadlines.apply()
    second.refresh_from_db()
    assert second.state == "lapsed"
    assert "move_case" in caplog.text
