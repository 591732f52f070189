"""A case locked, whether somebody may have it in hand, and putting it back when not."""

from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from accounts.middleware import is_held
from accounts.models import User
from casework.models import PARTY, SYSTEM, Case, CaseStep

# 内部备注: a line of the history that its parties never read.
REMARK = "internal_remark"
# Lines of the history that leave the case, and its version, as they are.
STILL = ("urge", REMARK)


class HeldError(ValidationError):
    """Somebody else was writing to the same rows for too long; nothing was written."""


@contextmanager
def told_when_held():
    """Says in words (HeldError) that the rows a write needs are in somebody else's hands. Put it outside `atomic`."""
    try:
        yield
    except OperationalError as error:
        if not is_held(error):
            raise
        words = _("Somebody is at this case just now. Nothing was changed; please try again in a minute.")
        raise HeldError(words, code="held") from error


def wait_at_most(milliseconds):
    """How long the rest of this transaction waits for a row somebody else has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(milliseconds)])


def lock(case):
    """The row as stored now, locked until the transaction ends."""
    return Case.objects.select_for_update().get(pk=case.pk)


def holds(case, user):
    """Whether the user works in the office the case lies in, at its place, and is no party to it."""
    office = case.office not in ("", PARTY, SYSTEM) and user.is_active and user.has_perm(case.office, case)
    return office and not any(party.user_id == user.pk for party in case.parties.all())


def event(name, case, by, note, **data):
    """A line of the case's history that does not move it."""
    return CaseStep.objects.create(
        case=case,
        actor=by if isinstance(by, User) else None,
        actor_name=str(by),
        division=case.division,
        transition=name,
        source=case.state,
        target=case.state,
        due=case.due,
        note=note,
        data=data,
    )


@transaction.atomic
def let_go(user, *, by, note=""):
    """Cases the user has in hand and may not act on any more go back to their office's list; returns how many."""
    user = User.objects.get(pk=user.pk)
    held = Case.objects.select_for_update(of=("self",)).open().filter(handler=user).order_by("id")
    lost = [case for case in held if not holds(case, user)]
    for case in lost:
        case.handler = case.handler_until = None
        case.version += 1
        case.save(update_fields=["handler", "handler_until", "version"])
        event("hand_over", case, by, note, handler="")
    return len(lost)
