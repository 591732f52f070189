"""How numbers, dates, hidden values and states are written."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts.templatetags import portal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        ("", "—"),
        (0, "0"),
        (1234567, "1,234,567"),
        (Decimal("12.50"), "12.5"),
        (3.14159, "3.14"),
        (-1200, "-1,200"),
    ],
)
def test_numbers(value, text):
    assert portal.number(value) == text


def test_fixed_decimals_and_percent():
    assert portal.number(Decimal(2), 1) == "2.0"
    assert portal.percent(Decimal("0.1534")) == "15.3%"
    assert portal.percent(None) == "—"


def test_days_and_moments_are_shanghai_ones():
    late = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert portal.day(late) == "2026-11-21"
    assert portal.moment(late) == "2026-11-21 00:30"
    assert portal.day(date(2026, 1, 2)) == portal.moment(date(2026, 1, 2)) == "2026-01-02"
    assert portal.day(None) == portal.moment(None) == "—"


@pytest.mark.parametrize("state", ["met", "on_track", "behind", "missed", "no_data"])
def test_a_state_has_a_mark_and_a_word(state):
    badge = portal.state_badge(state)
    assert "<use" in badge
    assert str(portal.STATES[state][2]) in badge


def test_a_bar_stays_inside_its_frame():
    assert 'width="100.00"' in portal.bar(1.7)
    assert 'width="0.00"' in portal.bar(None)
    assert 'x1="50.00"' in portal.bar(0.2, "met", 0.5)


def test_a_sparkline_needs_two_values():
    assert portal.sparkline([3]) == portal.sparkline([]) == portal.sparkline(None) == ""
    assert "polyline" in portal.sparkline([1, None, 3], goal=4)


def test_a_chart_says_the_same_as_a_table():
    series = [{"values": [1, 2]}, {"values": [3, None], "links": ["/3/", "/4/"]}]
    data = {"labels": ["a", "b"], "links": ["/a/", "/b/"], "series": series}
    assert list(portal.chart_rows(data)) == [
        ("a", "/a/", ((1, ""), (3, "/3/"))),
        ("b", "/b/", ((2, ""), (None, "/4/"))),
    ]
