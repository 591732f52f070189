"""A case locked, whether somebody may have it in hand, and putting it back when not."""

from django.db import transaction

from accounts.models import User
from casework.models import PARTY, SYSTEM, Case, CaseStep


def lock(case):
    """The row as stored now, locked until the transaction ends."""
    return Case.objects.select_for_update(of=("self",)).select_related("division", "handler").get(pk=case.pk)


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
