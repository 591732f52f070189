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
def issue_token(*, user, by):
    """Gives the user a new API token and returns it in clear, seen this once only; an older one stops working.

    Refuses whom `lock_user` refuses: only who may change the user may hand out a key to their rights.
    """
    lock_user(user, by)
    token = secrets.token_hex(20)
    Token.objects.filter(user=user).delete()
    Token.objects.create(user=user, key=digest(token))
    audit.record("issue_token", user, by=by, path=home_of(user))
    return token


@transaction.atomic
def withdraw_token(*, user, by):
    """Makes the user's API token useless; returns whether there was one."""
    lock_user(user, by)
    found, _rows = Token.objects.filter(user=user).delete()
    if found:
        audit.record("withdraw_token", user, by=by, path=home_of(user))
    return bool(found)
