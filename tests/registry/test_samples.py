import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from casework.models import Case
from casework.workflow import available, perform
from registry.models import Organization
from registry.services import samples
from tests import cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def teams(world):
    return [cases.filed_organization(world, f"第{number}舞蹈队") for number in range(12)]


def drawn_sample(world, **options):
    """A draw whose cases the worker has opened."""
    sample = samples.draw_sample(division=world.district, by=world.bureau, **options)
    while samples.open_next():
        pass
    return sample


def test_a_draw_opens_a_case_each_and_can_be_done_again(world, teams):
    cases.filed_organization(world, "小组", tier="group")
    sample = drawn_sample(world)
    assert len(sample.population) == 12
    assert sample.drawn.count() == 2
    assert samples.is_as_drawn(sample)
    drawn = sample.drawn.first()
    assert (drawn.case.state, drawn.case.filing.organization) == ("checking", drawn.organization)
    assert drawn.case.number
    row = sample.drawn.last()
    row.organization = next(
        team for team in teams if team.pk not in set(sample.drawn.values_list("organization", flat=True))
    )
    row.save()
    assert not samples.is_as_drawn(sample)


def test_checks_still_open_and_teams_never_filed_are_not_drawn(world, teams):
    cases.filed_organization(world, "未备案队", filing_no="")
    first = drawn_sample(world, period="2026Q1")
    second = samples.draw_sample(division=world.district, by=world.bureau, period="2026Q2")
    third = samples.draw_sample(division=world.district, by=world.bureau, period="2026Q3")
    left = {team.pk for team in teams} - set(first.drawn.values_list("organization", flat=True))
    assert set(second.population) == left
    assert set(third.population) == left - set(second.drawn.values_list("organization", flat=True))


def test_a_team_that_ended_since_the_draw_stops_no_other(world, teams):
    sample = samples.draw_sample(division=world.district, by=world.bureau)
    gone = sample.drawn.first()
    Organization.objects.filter(pk=gone.organization_id).update(state="cancelled")
    opened = [samples.open_next(), samples.open_next()]
    assert samples.open_next() is None
    assert [(row.position, row.case is None, bool(row.problem)) for row in opened] == [
        (1, True, True),
        (2, False, False),
    ]
    assert sample.drawn.get(position=2).case == opened[1].case


def test_the_same_seed_draws_the_same():
    population = list(range(1, 101))
    first = samples.drawn_from(population, 10, "a")
    assert first == samples.drawn_from(population, 10, "a")
    assert first != samples.drawn_from(population, 10, "b")
    assert len(first) == 10
    assert len(samples.drawn_from(population[:1], 10, "a")) == 1


def test_an_altered_population_is_found_out(world, teams):
    sample = samples.draw_sample(division=world.district, by=world.bureau)
    sample.population = sample.population[1:]
    assert not samples.is_as_drawn(sample)


def test_every_filing_comes_up_about_equally_often():
    population, hits = list(range(20)), dict.fromkeys(range(20), 0)
    for seed in range(2000):
        for pk in samples.drawn_from(population, 10, str(seed)):
            hits[pk] += 1
    assert all(140 < count < 260 for count in hits.values())


def test_once_a_quarter_by_the_bureau_with_something_to_draw(world, teams):
    samples.draw_sample(division=world.district, by=world.bureau, period="2026Q1")
    with pytest.raises(ValidationError):
        samples.draw_sample(division=world.district, by=world.bureau, period="2026Q1")
    with pytest.raises(PermissionDenied):
        samples.draw_sample(division=world.district, by=world.officer, period="2026Q2")
    with pytest.raises(ValidationError):
        samples.draw_sample(division=world.other_district, by="system", period="2026Q1")


def test_the_street_reports_and_the_bureau_settles(world, teams):
    sample = drawn_sample(world)
    case = sample.drawn.first().case
    assert {row.name for row in available(case, world.bureau)} == {"pass", "order"}
    assert available(case, world.officer) == []
    case = perform(case, "order", by=world.bureau, note="成员名册缺失")
    case = perform(case, "report", by=world.officer, note="已补齐名册")
    case = perform(case, "settle", by=world.bureau, note="同意")
    assert case.outcome == Case.Outcome.APPROVED
    other = perform(sample.drawn.last().case, "pass", by=world.bureau)
    assert other.state == "fine"


def test_what_the_register_knows_is_checked(world, teams):
    case = drawn_sample(world).drawn.first().case
    found = {str(line.label): line.ok for line in samples.checks(case, world.bureau)}
    assert False in found.values()
    assert True in found.values()
