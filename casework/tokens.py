"""Keys other systems use to call the API: shown once, kept as a digest."""

import hashlib
import secrets

from django.db import transaction
from rest_framework.authtoken.models import Token

from casework import audit
from casework.services.accounts import home_of, lock_user


def digest(token):
    return hashlib.sha256(token.encode("ascii")).hexdigest()[:40]


@transaction.atomic
def issue_token(*, by):
    """Gives the user a new API token of their own and returns it, seen this once; an older one stops working.

    Nobody gets one for somebody else: it would be a key to act in that person's name unnoticed.
    """
    token = secrets.token_hex(20)
    Token.objects.filter(user=by).delete()
    Token.objects.create(user=by, key=digest(token))
    audit.record("issue_token", by, by=by, path=home_of(by))
    return token


@transaction.atomic
def withdraw_token(*, user, by):
    """Makes the user's API token useless; returns whether there was one."""
    lock_user(user, by)
    found, _rows = Token.objects.filter(user=user).delete()
    if found:
        audit.record("withdraw_token", user, by=by, path=home_of(user))
    return bool(found)
