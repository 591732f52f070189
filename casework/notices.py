"""Telling people: rows in the transaction of the step they tell of, so nothing is told of a step that was undone."""

from casework.flows import flow_of
from casework.models import Notice


def tell_step(case, row, step, *, by):
    """What the parties are told of a step, when its row names a notice; the actor is not told of their own step."""
    if not row.notice:
        return
    params = {
        "note": step.note,
        "due": case.due.isoformat() if case.due else "",
        "state": str(flow_of(case).state(case.state).code),
    }
    for party in case.parties.all():
        if party.user_id and party.user_id != getattr(by, "pk", None):
            tell(party.user_id, row.notice, case=case, params=params, key=f"step:{step.pk}")


def tell(user_id, code, *, case=None, params=None, key=""):
    """Leaves one notice; a second one with the same key to the same user is not left."""
    row = Notice(user_id=user_id, case=case, code=code, params=params or {}, key=key)
    Notice.objects.bulk_create([row], ignore_conflicts=bool(key))
