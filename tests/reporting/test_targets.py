from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from casework.models import PolicyValue
from reporting.models import Baseline, Snapshot, Target
from reporting.rollups import rebuild, snapshot
from reporting.targets import below_line, binding, by_place, evaluate, farthest, level_below, summary
from tests.builders import (
    make_division_year,
    make_organization,
    make_organization_year,
    make_target,
    make_target_set,
    make_world,
)

DEADLINE = date(2020, 12, 31)
AVERAGE = {
    "kind": "average",
    "level": "community",
    "basis": "urban",
    "numerator": ["orgs_{urban}_{tier}"],
    "denominator": ["communities_{urban}"],
    "value": 2,
}
HUBS = {
    "kind": "coverage",
    "level": "community",
    "numerator": ["communities_with_hub_or_support"],
    "denominator": ["communities"],
    "factor": 100,
    "value": 100,
    "unit": "%",
}
VOLUNTEERS = {
    "kind": "ratio",
    "level": "community",
    "numerator": ["reg_volunteers"],
    "denominator": ["population"],
    "reported": "communities_volunteer_rate_reported",
    "reporters": "communities",
    "factor": 100,
    "value": 10,
    "unit": "%",
    "needs": "注册志愿者、常住人口",
}
DOUBLE = {
    "kind": "growth",
    "level": "street",
    "basis": "rural",
    "numerator": ["orgs_{rural}_{tier}"],
    "value": 2,
    "unit": "倍",
    "baseline_on": date(2020, 12, 31),
    "deadline": date(2023, 12, 31),
}


@pytest.fixture
def world(db):
    """坪山区: three urban communities and one village; a set of targets given for the district."""
    world = make_world()
    world.set = make_target_set(world.district)
    return world


def organizations(world, division, number, **fields):
    return [make_organization(division, world.types["culture"], **fields) for _ in range(number)]


def only(results):
    assert len(results) == 1
    return results[0]


def test_a_total_is_met_missed_and_counts_only_the_tiers_named(world):
    make_target(world.set)
    organizations(world, world.community, 6, founded=date(2019, 1, 1))
    organizations(world, world.street, 3, tier="registered", founded=date(2019, 1, 1))
    organizations(world, world.village, 5, tier="group", founded=date(2019, 1, 1))
    result = only(evaluate(world.district))
    assert (result.value, result.state, result.gap, result.short) == (9, "missed", 1, 1)
    organizations(world, world.village, 1, founded=DEADLINE)
    result = only(evaluate(world.district))
    assert (result.value, result.state, result.gap, result.final) == (10, "met", 0, True)


def test_after_the_deadline_later_foundings_do_not_count(world):
    make_target(world.set)
    organizations(world, world.community, 12, founded=date(2021, 1, 1))
    result = only(evaluate(world.district, latest=True))
    assert (result.value, result.state, result.as_of) == (0, "missed", DEADLINE)
    assert (result.latest.value, result.latest.state) == (12, "met")
    Target.objects.update(value=20)
    assert only(evaluate(world.district, latest=True)).latest.state == "behind"


def test_the_deadline_s_snapshot_decides_even_when_records_are_corrected_later(world):
    make_target(world.set)
    organizations(world, world.community, 9, founded=date(2019, 1, 1))
    assert only(evaluate(world.district)).origin == "computed"
    assert only(evaluate(world.district)).notes
    snapshot(world.district, on=DEADLINE, reason=Snapshot.Reason.DEADLINE, by="system")
    organizations(world, world.community, 5, founded=date(2019, 1, 1))
    result = only(evaluate(world.district))
    assert (result.value, result.state, result.origin, result.notes) == (9, "missed", "snapshot", [])


def test_ended_organizations_leave_on_their_exit_date(world):
    make_target(world.set, value=1)
    organizations(world, world.community, 1, founded=date(2015, 1, 1), ended=date(2020, 12, 31))
    assert only(evaluate(world.district)).value == 0
    assert only(evaluate(world.district, date(2020, 12, 30))).value == 1


@pytest.mark.parametrize(
    ("on", "number", "state"),
    [
        (date(2020, 12, 30), 10, "met"),
        (date(2019, 12, 31), 7, "on_track"),
        (date(2019, 12, 31), 6, "behind"),
        (date(2018, 12, 31), 4, "on_track"),
        (date(2018, 12, 31), 3, "behind"),
        (date(2018, 7, 2), 2, "on_track"),
        (date(2018, 7, 2), 1, "behind"),
        (DEADLINE, 9, "missed"),
    ],
)
def test_before_the_deadline_the_straight_line_decides(world, on, number, state):
    """From 0 on the set's first day to the stated baseline (4 at the end of 2018) to 10 at the end of 2020."""
    make_target(world.set, baseline_on=date(2018, 12, 31), baseline_value=4)
    organizations(world, world.community, number, founded=date(2010, 1, 1))
    assert only(evaluate(world.district, on)).state == state


def test_below_its_level_a_total_is_a_share_without_a_light(world):
    make_target(world.set)
    organizations(world, world.community, 3, founded=date(2019, 1, 1))
    result = only(evaluate(world.street))
    assert (result.value, result.state) == (3, "share")
    assert "3" in result.sentence
    assert "share" not in summary(world.street)


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
    places = [(row.division, row.short) for row in below_line(target, world.district)]
    assert places == [(world.other_community, 2), (world.second_community, 1)]
    assert [row.division for row in by_place(target, world.district, "street")] == [world.street, world.other_street]


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
    PolicyValue.objects.create(
        key="targets.basically_percent", value=75, division=world.district, starts=date(2018, 1, 1)
    )
    result = only(evaluate(world.district))
    assert (result.line, result.state) == (75, "met")


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


def test_only_sets_in_force_above_the_place_bind(world):
    make_target(make_target_set(world.district, state="draft"))
    make_target(make_target_set(world.other_district))
    make_target(make_target_set(world.district, valid_from=date(2030, 1, 1)))
    closed = make_target(make_target_set(world.district, state="closed"))
    assert list(binding(world.community, date(2024, 1, 1))) == [closed]
    assert list(binding(world.city, date(2024, 1, 1))) == []


def test_the_report_holds_plain_numbers(world):
    make_target(world.set, code="PH-03", **AVERAGE)
    make_target(world.set, code="PH-09", numerator=[], needs="x")
    organizations(world, world.community, 6, founded=date(2019, 1, 1))
    assert [row.as_json() for row in evaluate(world.district)] == [
        {
            "id": "PH-03",
            "value": 2,
            "target": 2,
            "state": "met",
            "numerator": 6,
            "denominator": 3,
            "as_of": "2020-12-31",
        },
        {
            "id": "PH-09",
            "value": None,
            "target": 10,
            "state": "no_data",
            "numerator": None,
            "denominator": None,
            "as_of": "2020-12-31",
        },
    ]


def test_stored_figures_of_today_are_read_not_counted(world, django_assert_num_queries):
    make_target(world.set, deadline=date(2099, 1, 1))
    organizations(world, world.community, 3, founded=date(2019, 1, 1))
    rebuild(on=date.today())
    result = only(evaluate(world.district))
    assert (result.value, result.origin, result.state) == (3, "current", "on_track")
    with django_assert_num_queries(3):
        evaluate(world.district)
    make_target(world.set, **{**AVERAGE, "deadline": date(2099, 1, 1)})
    make_target(world.set, **{**HUBS, "deadline": date(2099, 1, 1)})
    with django_assert_num_queries(3):
        assert len(evaluate(world.district)) == 3


def test_the_summary_counts_states_and_names_the_farthest_place(world):
    make_target(world.set, **AVERAGE)
    make_target(world.set, **HUBS)
    make_target(world.set, numerator=[], needs="x")
    organizations(world, world.community, 3, founded=date(2019, 1, 1), flags=["hub"])
    organizations(world, world.second_community, 3, founded=date(2019, 1, 1), flags=["hub"])
    with translation.override("en"):
        assert summary(world.district) == "3 targets: 1 Met, 1 Missed, 1 No data; the widest gap is in 马峦街道"
    assert farthest(world.district, evaluate(world.district)) == world.other_street
    assert farthest(world.community, evaluate(world.community)) is None
    assert summary(world.other_district)


def test_the_next_level_skips_what_is_not_there(world):
    assert level_below(world.province) == "city"
    assert level_below(world.city) == "district"
    assert level_below(world.street) == "community"
    assert level_below(world.far_community) is None


def test_party_rules_count_only_organizations_whose_form_is_known(world):
    make_target(
        world.set,
        kind="ratio",
        level="community",
        numerator=["party_ok_independent"],
        denominator=["party_need_independent"],
        reported="party_known",
        reporters="orgs",
        factor=100,
        value=100,
        needs="党组织形式",
    )
    first, second, third = organizations(world, world.community, 3, founded=date(2019, 1, 1))
    assert only(evaluate(world.district)).missing
    make_organization_year(first, 2020, party_members=5, party_org=True)
    make_organization_year(second, 2020, party_members=4, party_org=False)
    result = only(evaluate(world.district))
    assert (result.value, result.numerator, result.denominator) == (50, 1, 2)
    assert result.notes
    assert third.name


def test_every_state_has_a_sentence(world):
    target = make_target(world.set)
    with translation.override("en"):
        assert only(evaluate(world.district)).sentence == "10 个 short"
        organizations(world, world.community, 10, founded=date(2019, 1, 1))
        result = only(evaluate(world.district))
        assert (result.label, result.sentence, result.progress) == ("Met", "Reached", 100)
    assert result.target == Target.objects.get(pk=target.pk)


def test_a_place_of_a_later_date_has_no_data(world):
    make_target(world.set, **HUBS)
    world.community.periods.update(starts=date(2022, 1, 1))
    result = only(evaluate(world.community))
    assert (result.state, result.value) == ("no_data", None)
    assert result.missing


def test_an_empty_sum_is_named_where_nobody_must_report(world):
    make_target(world.set, **{**VOLUNTEERS, "reported": "", "reporters": ""})
    make_division_year(world.community, 2020, population=1000)
    with translation.override("en"):
        assert only(evaluate(world.district)).missing == "No figures: Registered volunteers"


def test_the_straight_line_starts_from_a_frozen_baseline(world):
    target = make_target(world.set, baseline_on=date(2018, 12, 31))
    organizations(world, world.community, 8, founded=date(2010, 1, 1))
    assert only(evaluate(world.district, date(2019, 12, 31))).state == "on_track"
    frozen = {"on": date(2018, 12, 31), "numerator": 8, "value": 8, "by": "x"}
    Baseline.objects.create(target=target, division=world.district, **frozen)
    result = only(evaluate(world.district, date(2019, 12, 31), latest=True))
    assert (result.state, round(result.expected, 1), result.latest) == ("behind", 9, None)


def test_an_upper_limit_without_a_baseline_has_no_line_to_follow(world):
    make_target(world.set, direction="down", value=2)
    organizations(world, world.community, 3, founded=date(2010, 1, 1))
    result = only(evaluate(world.district, date(2019, 12, 31)))
    assert (result.state, result.expected) == ("behind", None)
