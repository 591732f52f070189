from datetime import date
from decimal import Decimal

from django.utils import timezone

from reporting.boards import short_places
from reporting.models import Baseline
from reporting.targets import Book, evaluate, judged
from tests.builders import (
    make_division_year,
    make_target,
)
from tests.cases import make_policy
from tests.reporting.target_cases import AVERAGE, DEADLINE, DOUBLE, HUBS, VOLUNTEERS, only, organizations


def test_an_average_counts_organizations_homed_in_communities_of_the_kind(world):
    make_target(world.set, **AVERAGE)
    organizations(world, world.community, 5, founded=date(2019, 1, 1))
    organizations(world, world.street, 9, founded=date(2019, 1, 1))
    organizations(world, world.village, 9, founded=date(2019, 1, 1))
    result = only(evaluate(world.district))
    assert (result.numerator, result.denominator) == (5, 3)
    assert round(result.value, 2) == Decimal("1.67")
    assert (result.state, result.short) == ("missed", 1)


def test_an_average_is_compared_unrounded(world):
    make_target(world.set, **{**AVERAGE, "value": Decimal("1.6667")})
    organizations(world, world.community, 5, founded=date(2019, 1, 1))
    assert only(evaluate(world.district)).state == "missed"


def test_an_urban_line_is_not_shown_in_a_village(world):
    make_target(world.set, **AVERAGE)
    assert evaluate(world.village) == []
    assert len(evaluate(world.community)) == 1
    assert len(evaluate(world.other_street)) == 1


def test_urban_by_statistical_class_is_a_setting_of_the_target(world):
    make_target(world.set, **AVERAGE, classing="stat")
    world.village.stat_class = "121"
    world.village.save(update_fields=["stat_class"])
    organizations(world, world.village, 4, founded=date(2019, 1, 1))
    result = only(evaluate(world.district))
    assert (result.numerator, result.denominator, result.state) == (4, 1, "met")


def test_the_list_below_the_line_shows_what_a_mean_hides(world):
    target = make_target(world.set, **AVERAGE)
    organizations(world, world.community, 6, founded=date(2019, 1, 1))
    organizations(world, world.second_community, 1, founded=date(2019, 1, 1))
    assert only(evaluate(world.district)).state == "met"
    book = Book(world.district, timezone.localdate(), ("street", "community"))
    places = [(row.division, row.short) for row in short_places(target, book)]
    assert places == [(world.other_community, 2), (world.second_community, 1)]
    assert [row.division for row in judged(target, book, "street")] == [world.street, world.other_street]


def test_a_coverage_counts_places_and_is_left_out_below_its_level(world):
    make_target(world.set, **HUBS)
    make_target(
        world.set,
        **{**HUBS, "level": "street", "numerator": ["streets_with_hub_or_support"], "denominator": ["streets"]},
    )
    organizations(world, world.community, 1, founded=date(2019, 1, 1), flags=["hub"])
    organizations(world, world.street, 1, founded=date(2019, 1, 1), flags=["support"])
    communities, streets = evaluate(world.district)
    assert (communities.value, communities.short) == (25, 3)
    assert (streets.value, streets.short) == (50, 1)
    assert only(evaluate(world.community)).state == "met"
    assert [row.state for row in evaluate(world.street)] == ["missed", "met"]


def test_basically_is_a_policy_value(world):
    make_target(world.set, **HUBS, basically=True)
    for community in (world.community, world.second_community, world.village):
        organizations(world, community, 1, founded=date(2019, 1, 1), flags=["hub"])
    result = only(evaluate(world.district))
    assert (result.line, result.state) == (90, "missed")
    make_policy("targets.basically_percent", 75, world.district)
    result = only(evaluate(world.district))
    assert (result.line, result.state) == (75, "met")


def test_basically_gives_way_beyond_an_upper_limit(world):
    make_target(world.set, direction="down", value=10, basically=True)
    organizations(world, world.community, 11, founded=date(2019, 1, 1))
    assert (only(evaluate(world.district)).line, only(evaluate(world.district)).state) == (11, "met")


def test_a_ratio_is_a_ratio_of_sums_and_says_who_has_not_reported(world):
    make_target(world.set, **VOLUNTEERS)
    make_division_year(world.community, 2020, population=1000, reg_volunteers=150)
    make_division_year(world.village, 2020, population=100, reg_volunteers=1)
    result = only(evaluate(world.district))
    assert (result.numerator, result.denominator, result.state) == (151, 1100, "met")
    assert "2" in result.notes[0]
    assert "4" in result.notes[0]
    assert only(evaluate(world.village)).short == 9


def test_without_a_denominator_there_is_no_data_never_0(world):
    make_target(world.set, **VOLUNTEERS)
    result = only(evaluate(world.district))
    assert (result.value, result.state, result.gap, result.short, result.progress) == (
        None,
        "no_data",
        None,
        None,
        None,
    )
    assert "常住人口" in result.missing
    make_division_year(world.community, 2020, population=0, reg_volunteers=3)
    assert only(evaluate(world.community)).state == "no_data"
    make_division_year(world.village, 2021, population=100, reg_volunteers=30)
    assert only(evaluate(world.village)).state == "no_data", "figures of 2021 say nothing of a deadline in 2020"


def test_figures_of_an_earlier_year_stay_in_force(world):
    make_target(world.set, **VOLUNTEERS)
    make_division_year(world.village, 2019, population=100, reg_volunteers=30)
    assert only(evaluate(world.village)).state == "met"


def test_data_that_is_not_held_is_named(world):
    make_target(world.set, numerator=[], needs="孵化基地名册")
    result = only(evaluate(world.district))
    assert result.state == "no_data"
    assert "孵化基地名册" in result.sentence
    assert evaluate(world.street) == []


def test_a_type_nobody_knows_is_no_data_never_0(world):
    make_target(world.set, numerator=["orgs_{tier}:NONE/culture"])
    result = only(evaluate(world.district))
    assert (result.state, result.value) == ("no_data", None)
    assert result.missing


def test_a_standing_target_has_no_deadline(world):
    make_target(world.set, **{**VOLUNTEERS, "period": "standing", "deadline": None})
    make_division_year(world.community, 2020, population=1000, reg_volunteers=50)
    result = only(evaluate(world.district))
    assert (result.state, result.expected, result.final) == ("behind", None, False)


def test_a_yearly_number_is_expected_day_by_day(world):
    make_target(world.set, period="yearly", kind="yearly", numerator=["founded_year"], value=12, deadline=None)
    organizations(world, world.community, 6, founded=date(2021, 3, 1))
    assert only(evaluate(world.district, date(2021, 6, 30))).state == "on_track"
    assert only(evaluate(world.district, date(2021, 10, 1))).state == "behind"


def test_an_upper_limit_is_kept_or_passed(world):
    make_target(world.set, direction="down", value=2)
    organizations(world, world.community, 3, founded=date(2019, 1, 1))
    result = only(evaluate(world.district))
    assert (result.state, result.gap, result.short, result.progress) == ("missed", 1, None, None)
    assert "1" in result.sentence
    assert only(evaluate(world.district, date(2018, 1, 1))).state == "met"


def test_growth_is_measured_against_the_frozen_baseline(world):
    target = make_target(world.set, **DOUBLE)
    organizations(world, world.village, 3, founded=date(2019, 1, 1))
    organizations(world, world.village, 3, founded=date(2022, 1, 1))
    result = only(evaluate(world.district))
    assert (result.value, result.state, result.denominator) == (2, "met", 3)
    assert len(result.notes) == 2, "computed afterwards, and the baseline is not frozen"
    Baseline.objects.create(target=target, division=world.district, on=DEADLINE, numerator=4, value=1, by="x")
    result = only(evaluate(world.district))
    assert (result.value, result.denominator, result.state, result.short) == (Decimal("1.5"), 4, "missed", 2)
    Baseline.objects.create(
        target=target, division=world.district, on=DEADLINE, numerator=3, value=1, by="x", version=2, reason="漏登"
    )
    assert only(evaluate(world.district)).denominator == 3


def test_growth_before_the_deadline_starts_from_one(world):
    make_target(world.set, **DOUBLE)
    organizations(world, world.village, 4, founded=date(2019, 1, 1))
    organizations(world, world.village, 2, founded=date(2021, 12, 1))
    assert only(evaluate(world.district, date(2022, 6, 1))).state == "on_track"
    assert only(evaluate(world.district, date(2022, 9, 1))).state == "behind"


def test_growth_from_nothing_is_no_data(world):
    make_target(world.set, **DOUBLE)
    result = only(evaluate(world.district))
    assert result.state == "no_data"
    assert "2020" in result.missing
    assert only(evaluate(world.street)).missing != result.missing, "no village there at all"
