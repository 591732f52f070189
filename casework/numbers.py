"""Numbers without gaps and without re-use: of cases (办件编号) and of filings (备案编号)."""

import unicodedata

from django.db import connection, transaction
from stdnum import damm

from accounts.models import Division

NEXT = """
    INSERT INTO casework_counter (series, last, anchored) VALUES (%s, 1, 0)
    ON CONFLICT (series) DO UPDATE SET last = casework_counter.last + 1 RETURNING last
"""
TIER_LETTERS = {"team": "T", "group": "G"}
STREET_DIGITS = 9


def next_number(series):
    """The next number of a series, from 1. A rollback gives it back; until the end others of the series wait.

    Refuses to run outside a transaction: the number and what carries it are written together or not at all.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a number is taken in the transaction of what carries it")
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [series])
        return cursor.fetchone()[0]


def case_number(division, code, on):
    """A new 办件编号: division code, matter code, day, four digits counted per division, matter and day, check digit.

    The series is the number's own beginning, so a division code that is given to another place goes on counting.
    """
    series = f"{division.code}{code}{on:%Y%m%d}"
    number = f"{series}{next_number(series):04}"
    return number + check_digit(number)


def is_case_number(text):
    """True if the check digit fits: one wrong digit, or two neighbours swapped, is always noticed."""
    text = tidy(text)
    return len(text) > 1 and text.isascii() and text.isalnum() and check_digit(text[:-1]) == text[-1]


def tidy(text):
    """A number as people type it, in the form it is stored: half width, capitals, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def check_digit(number):
    """Damm's check digit; letters of the matter code count as 10 to 35."""
    return damm.calc_check_digit("".join(str(int(sign, 36)) for sign in number))


def filing_number(division, tier, on):
    """A new 备案编号 such as 440310001-T-2026-0001, permanent: district, street, T (team) or G (group), year, serial.

    The street is the one `division` is or lies in; 000 for what a district files itself (domain 3.4).
    """
    series = f"{street_code(division)}-{TIER_LETTERS[tier]}-{on:%Y}-"
    return f"{series}{next_number(series):04}"


def street_code(division):
    if division.level == Division.Level.COMMUNITY:
        division = division.parent
    return division.code[:STREET_DIGITS].ljust(STREET_DIGITS, "0")
