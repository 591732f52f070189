from datetime import date

import pytest
from django.utils import timezone, translation

from registry.models import TypeMapping
from reporting.models import Baseline, Snapshot, Target
from reporting.rollups import rebuild, snapshot
from reporting.targets import Book, binding, evaluate, farthest, judged, level_below, summary
from tests.builders import (
    make_division_year,
    make_organization_year,
    make_scheme,
    make_target,
    make_target_set,
)
from tests.reporting.target_cases import AVERAGE, DEADLINE, HUBS, VOLUNTEERS, only, organizations


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
    result = only(evaluate(world.district))
    assert (result.value, result.state, result.as_of) == (0, "missed", DEADLINE)


def test_the_value_since_the_deadline_is_judged_on_the_day_shown(world):
    target = make_target(world.set)
    organizations(world, world.community, 12, founded=date(2021, 1, 1))
    book = Book(world.district, timezone.localdate())
    result = only(list(judged(target, book, None, at=book.on)))
    assert (result.value, result.state) == (12, "met")
    target.value = 20
    assert only(list(judged(target, book, None, at=book.on))).state == "behind"


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
    other = make_scheme("SH", types={"art": "文艺类"}, tier_words={}).types.get()
    TypeMapping.objects.create(source=world.types["culture"], target=other)
    for kind in (f"{world.scheme.code}/culture", "SH/art"):
        make_target(world.set, numerator=[f"orgs_{{tier}}:{kind}"], deadline=date(2099, 1, 1))
    with django_assert_num_queries(4):
        assert [result.value for result in evaluate(world.district)][3:] == [3, 3]


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
    result = only(evaluate(world.district, date(2019, 12, 31)))
    assert (result.state, round(result.expected, 1)) == ("behind", 9)


def test_an_upper_limit_without_a_baseline_has_no_line_to_follow(world):
    make_target(world.set, direction="down", value=2)
    organizations(world, world.community, 3, founded=date(2010, 1, 1))
    result = only(evaluate(world.district, date(2019, 12, 31)))
    assert (result.state, result.expected) == ("behind", None)
