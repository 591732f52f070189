"""抄送: a case copied to people who may see it anyway, for information; nothing is asked of them."""

from django.db import transaction
from django.utils import timezone

from casework import audit, notices
from casework.models import CaseCopy
from casework.services.handling import holders_of

OFFERED = 50


def readers(case, user):
    """Whom the user may copy the case to: who sees cases at its place, the nearest first, its parties left out."""
    seeing = holders_of("casework.view_case", case.division_path).exclude(case_parties__case=case)
    return seeing.exclude(pk=user.pk)[:OFFERED]


@transaction.atomic
def send(*, case, to, by):
    """Copies the case to those of `to` (ids as text) the user may copy it to; returns them. Again is unread again."""
    people = [user for user in readers(case, by) if str(user.pk) in to] if to else []
    for user in people:
        CaseCopy.objects.update_or_create(case=case, user=user, defaults={"sent_at": timezone.now(), "read_at": None})
        notices.tell(user.pk, "copied", case=case, params={"note": str(by)})
    if people:
        audit.record(f"{case.kind}.copy", case, by=by, after={"to": [str(user) for user in people]})
    return people


def read(*, case, by):
    """The user looked at the case."""
    CaseCopy.objects.filter(case=case, user=by, read_at=None).update(read_at=timezone.now())


def unread(cases, user):
    """The ids among these cases whose copy the user has not looked at."""
    rows = CaseCopy.objects.filter(case__in=cases, user=user, read_at=None)
    return set(rows.values_list("case", flat=True))
