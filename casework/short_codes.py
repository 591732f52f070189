"""Codes a person can read off a paper and type: ABCDE-FGHJK, no signs that look alike, the last one a check."""

import secrets
import unicodedata

from stdnum.iso7064 import mod_37_36

# Neither 0 O 1 I L nor the second of 2 Z, 5 S, 8 B: what is misread as one of those is read as its twin.
ALPHABET = "23456789ACDEFGHJKMNPQRTUVWXY"
TWINS = str.maketrans("ZSB", "258")
LENGTH = 10


def new_code(choice=secrets.choice):
    """A code nobody can guess: 28⁹ ≈ 10¹³ of them, and only one in 28 typed at random passes the check (ISO 7064)."""
    body = "".join(choice(ALPHABET) for _sign in range(LENGTH - 1))
    return body + mod_37_36.calc_check_digit(body, ALPHABET)


def read_code(text):
    """The code as stored, out of what was typed or scanned (case, spaces, dashes, full width); empty if it is none."""
    plain = unicodedata.normalize("NFKC", text).upper()
    signs = "".join(sign for sign in plain if sign.isalnum()).translate(TWINS)
    return signs if len(signs) == LENGTH and mod_37_36.is_valid(signs, ALPHABET) else ""


def spelled(code):
    """ABCDE-FGHJK, as it is printed."""
    return f"{code[:5]}-{code[5:]}"
