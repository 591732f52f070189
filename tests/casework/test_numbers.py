"""Numbers of cases and filings: no gap, no re-use, right under many hands."""

from datetime import date
from threading import Thread
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from casework.models import Counter
from casework.numbers import case_number, filing_number, is_case_number, next_number
from tests.builders import make_division_tree

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 22)


def test_a_series_counts_from_one_and_by_itself():
    assert [next_number("A-"), next_number("A-"), next_number("B-")] == [1, 2, 1]


def test_a_rollback_leaves_no_gap():
    next_number("A-")
    with transaction.atomic():
        assert next_number("A-") == 2
        transaction.set_rollback(True)
    assert next_number("A-") == 2


@pytest.mark.django_db(transaction=True)
def test_a_number_is_taken_only_in_the_transaction_of_what_carries_it():
    with pytest.raises(TransactionManagementError):
        next_number("A-")


@pytest.mark.django_db(transaction=True)
def test_many_hands_get_different_numbers_without_gaps():
    taken = []

    def take(round_):
        try:
            with transaction.atomic():
                number = next_number("A-")
                assert round_ % 3, "every third one fails after it has taken its number"
                taken.append(number)
        except AssertionError:
            pass

    def hand():
        for round_ in range(12):
            take(round_)
        connection.close()

    hands = [Thread(target=hand) for _hand in range(6)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()
    assert sorted(taken) == list(range(1, 49))
    assert Counter.objects.get().last == 48


def test_a_case_number_says_where_what_when_and_which(world):
    number = case_number(world.street, "101", DAY)
    assert number[:-1] == "440310001101202611220001"
    assert case_number(world.street, "101", DAY)[:-1].endswith("0002")
    assert case_number(world.street, "102", DAY)[:-1].endswith("0001")
    assert case_number(world.other_street, "101", DAY)[:-1].endswith("0001")
    assert case_number(world.street, "101", date(2026, 11, 23))[:-1].endswith("0001")


def test_a_number_already_given_under_the_same_code_is_not_given_again(world):
    """Official codes are re-issued: another division with the same code goes on counting."""
    numbers = {case_number(world.street, "101", DAY), case_number(SimpleNamespace(code="440310001"), "101", DAY)}
    assert len(numbers) == 2


def test_more_than_9999_a_day_get_longer(world):
    Counter.objects.create(series="44031000110120261122", last=9999)
    assert case_number(world.street, "101", DAY)[:-1] == "4403100011012026112210000"


@pytest.mark.parametrize("code", ["101", "T1B"])
def test_mistyping_is_noticed(world, code):
    number = case_number(world.street, code, DAY)
    assert is_case_number(number)
    for place, sign in enumerate(number):
        if sign.isdigit():
            wrong = [number[:place] + other + number[place + 1 :] for other in "0123456789" if other != sign]
            assert not any(is_case_number(text) for text in wrong), place
    digits = number[-8:]
    swaps = [number[:-8] + digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :] for n in range(7)]
    assert [text for text in swaps if text != number and is_case_number(text)] == []


def test_a_number_may_be_typed_as_people_type(world):
    number = case_number(world.street, "T1", DAY)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    assert is_case_number(f" {number[:9]} {number[9:].lower()}")
    assert is_case_number(wide)


@pytest.mark.parametrize("text", ["", "4", "社区", "12-34", "²²"])
def test_what_is_no_number_is_no_case_number(text):
    assert not is_case_number(text)


@pytest.mark.parametrize(
    ("place", "tier", "number"),
    [
        ("street", "team", "440310001-T-2026-0001"),
        ("community", "team", "440310001-T-2026-0001"),
        ("village", "group", "440310002-G-2026-0001"),
        ("district", "team", "440310000-T-2026-0001"),
    ],
)
def test_a_filing_number_names_district_street_kind_and_year(world, place, tier, number):
    assert filing_number(getattr(world, place), tier, DAY) == number


def test_filings_of_a_street_s_communities_share_one_series(world):
    assert filing_number(world.community, "team", DAY).endswith("0001")
    assert filing_number(world.second_community, "team", DAY).endswith("0002")
    assert filing_number(world.community, "group", DAY).endswith("-G-2026-0001")
    assert filing_number(world.community, "team", date(2027, 1, 1)) == "440310001-T-2027-0001"


def test_a_registered_organization_has_no_filing_number(world):
    with pytest.raises(KeyError):
        filing_number(world.street, "registered", DAY)


@pytest.fixture
def world():
    return make_division_tree()
