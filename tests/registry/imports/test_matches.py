from uuid import UUID

import pytest

from registry.imports.matches import Firsts
from registry.imports.sealed import fresh_uid

HERE, THERE = ("组织信息", 5), ("名单", 9)


def seen(firsts, here, *, key="舞队", division=7, uscc="", filing_no="", registered=False):
    found = {"division": division, "district": 1, "key": key}
    return firsts.organization(found, uscc, filing_no, registered=registered, here=here)


@pytest.mark.parametrize(
    ("first", "second", "how"),
    [
        ({"uscc": "A"}, {"uscc": "A", "key": "别的", "division": 8}, "uscc"),
        ({"filing_no": "1"}, {"filing_no": "1", "key": "别的", "division": 8}, "filing_no"),
        ({}, {}, "name"),
        ({"uscc": "A"}, {}, "name"),
        ({"uscc": "A"}, {"filing_no": "1"}, "name"),
    ],
)
def test_a_line_that_repeats_another(first, second, how):
    firsts = Firsts()
    assert seen(firsts, HERE, **first) is None
    assert seen(firsts, THERE, **second) == (HERE, how)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"uscc": "A"}, {"uscc": "B"}),
        ({"filing_no": "1"}, {"filing_no": "2"}),
        ({"registered": True}, {}),
        ({}, {"division": 8}),
        ({}, {"key": "歌队"}),
    ],
)
def test_namesakes_that_are_not_the_same(first, second):
    firsts = Firsts()
    assert seen(firsts, HERE, **first) is None
    assert seen(firsts, THERE, **second) is None


def test_the_first_of_any_key():
    firsts = Firsts()
    assert firsts.first(("base", 1, 2024), HERE) is None
    assert firsts.first(("base", 1, 2024), THERE) == HERE
    assert firsts.first(("base", 2, 2024), THERE) is None


def test_fresh_uids_are_random_uuids():
    uid = UUID(fresh_uid())
    assert (uid.version, uid.variant) == (4, UUID(fresh_uid()).variant)
    assert fresh_uid() != fresh_uid()
