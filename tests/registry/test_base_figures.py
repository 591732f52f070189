from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from casework.models import AuditEvent, PolicyValue
from registry.models import DivisionYear, RollupMark
from registry.services.base_figures import save_figures
from tests.builders import make_division_tree, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    tree = make_division_tree()
    tree.officer = make_user("bureau_officer", tree.district)
    with translation.override("en"):
        yield tree


def save(tree, year=2023, by=None, division=None, **figures):
    about = {name: figures.pop(name) for name in ("source", "state", "version") if name in figures}
    return save_figures(division=division or tree.community, year=year, figures=figures, by=by or tree.officer, **about)


def test_figures_are_stored_audited_and_marked(tree):
    row, warnings = save(tree, population=3000, households=1000, source="摸底调查")
    assert (row.population, row.elderly, row.source, warnings) == (3000, None, "摸底调查", [])
    event = AuditEvent.objects.get(action="save_base_figures")
    assert (event.before["population"], event.after["population"]) == (None, 3000)
    assert event.division_path == tree.community.path
    assert RollupMark.objects.filter(division=tree.community).exists()


def test_the_other_figures_of_the_year_stay(tree):
    save(tree, population=3000)
    row, _warnings = save(tree, households=1000)
    assert (row.population, row.households, row.version) == (3000, 1000, 2)
    row, _warnings = save(tree, households=None)
    assert row.households is None


def test_years_follow_each_other_in_whatever_order_they_come(tree):
    for year in (2020, 2024, 2022):
        save(tree, year=year, population=year)
    assert list(tree.community.years.order_by("year").values_list("year", "next_year")) == [
        (2020, 2022),
        (2022, 2024),
        (2024, None),
    ]
    in_force = DivisionYear.objects.in_force(date(2023, 6, 1))
    assert [row.population for row in in_force] == [2022]


def test_figures_that_ended_stay_ended_when_a_later_year_comes(tree):
    save(tree, year=2020, population=2000)
    tree.community.years.update(next_year=2022)
    save(tree, year=2024, population=1000)
    save(tree, year=2021, population=2100)
    assert list(tree.community.years.order_by("year").values_list("year", "next_year")) == [
        (2020, 2021),
        (2021, 2022),
        (2024, None),
    ]


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"population": 100, "households": 101}, "households (101)"),
        ({"population": 100, "elderly": 101}, "aged 60"),
        ({"households": 49, "population": 100}, "50"),
        ({"households": 3001, "population": 9000}, "3000"),
        ({"staff": 5, "certified_staff": 6}, "certificate"),
    ],
)
def test_what_is_unlikely_is_said_and_stored(tree, figures, says):
    row, warnings = save(tree, **figures)
    assert row.pk
    assert says in " ".join(str(text) for text in warnings)


def test_a_jump_on_the_year_before_is_said(tree):
    save(tree, year=2022, population=1000)
    assert save(tree, year=2023, population=1201)[1]
    assert not save(tree, year=2023, population=1200)[1]


def test_the_limits_are_policy_values(tree):
    PolicyValue.objects.create(
        key="figures.households_usual", value=[50, 5000], division=tree.district, starts=date(2020, 1, 1)
    )
    assert not save(tree, households=4000, population=9000)[1]


def test_a_village_may_be_small(tree):
    assert not save(tree, division=tree.village, households=20, population=60)[1]


@pytest.mark.parametrize("year", [1989, 2999])
def test_a_year_out_of_range_is_refused(tree, year):
    with pytest.raises(ValidationError):
        save(tree, year=year, population=1)


def test_a_negative_number_is_refused(tree):
    with pytest.raises(ValidationError):
        save(tree, population=-1)


def test_a_stale_page_is_refused(tree):
    save(tree, population=1)
    save(tree, population=2, version=1)
    with pytest.raises(ValidationError):
        save(tree, population=3, version=1)
    assert tree.community.years.get().population == 2


@pytest.mark.parametrize(
    ("role", "place"), [("street_officer", "other_street"), ("clerk", "other_community"), ("viewer", "community")]
)
def test_only_those_with_the_right_there_may(tree, role, place):
    with pytest.raises(PermissionDenied):
        save(tree, population=1, by=make_user(role, getattr(tree, place)))
    assert not tree.community.years.exists()


def test_the_same_figures_again_are_no_event(tree):
    for _time in range(2):
        save(tree, population=3000)
    assert AuditEvent.objects.filter(action="save_base_figures").count() == 1
