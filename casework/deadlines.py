"""What time does to cases: reminders, what happens by itself, and due dates a new calendar moves.

Every case is handled in a transaction of its own and every message has a key: running twice, or two workers at once,
does nothing twice.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from casework import notices, workdays
from casework.flows import flow_of
from casework.models import PARTY, SYSTEM, Case, Notice, Publicity
from casework.services import publicity
from casework.services.handling import office_holders, supervisors_of
from casework.services.holding import let_go
from casework.workflow import NotNowError, perform

SHARES = (50, 80, 100)
REMINDERS = ("overdue", *(f"reminder_{share}" for share in SHARES))
SLICE = 500
# How many supervisors hear of a case that is overdue.
SUPERVISORS = 5


def move(pk):
    """Takes the first SYSTEM row out of the case's state that its guard lets through; whether there was one."""
    case = Case.objects.select_related("division").get(pk=pk)
    rows = [row for row in flow_of(case).transitions if row.side == SYSTEM and case.state in row.sources]
    for row in rows:
        try:
            with transaction.atomic():
                perform(case, row.name, by=SYSTEM)
        except (NotNowError, ValidationError):
            continue
        return True
    return False


def run(today=None, move=move):
    """One round over all open cases with a clock; returns how much of what was done.

    `move` is handed each case whose time is over: a worker makes it a task of its own, so that none holds up others.
    """
    today = today or timezone.localdate()
    moved = [move(pk) for pk in over(today)]
    return {"moved": sum(map(bool, moved)), "recomputed": recompute(), "freed": free(), "reminded": remind(today)}


def over(today):
    """Ids of the cases the portal takes a step of by itself once their time is over: lapsing, ending a notice."""
    rows = Case.objects.open().filter(office__in=(SYSTEM, PARTY), due__lt=today)
    return rows.order_by("id").values_list("pk", flat=True)


def remind(today):
    """Tells whoever holds a case that half, four fifths or all of its time is over, then every day offices work."""
    if not workdays.is_working(today):
        return 0
    told = Notice.objects.filter(case=OuterRef("pk"), code__in=REMINDERS).order_by("-id")
    due = Case.objects.open().filter(due__isnull=False, limit_days__gt=0).exclude(office=SYSTEM)
    due = due.annotate(told=Subquery(told.values("key")[:1]))
    return sum(remind_of(case, today) for case in due.select_related("division", "handler").iterator(chunk_size=SLICE))


@transaction.atomic
def remind_of(case, today):
    """`case.told` is the key of the last reminder: who has it already is not asked for again every minute."""
    left = workdays.between(today, case.due)
    used = 100 * (case.limit_days - left) // case.limit_days
    passed = [share for share in SHARES if used >= share]
    if not passed:
        return 0
    late = left < 0
    key = f"late:{case.pk}:{case.version}:{today}" if late else f"due:{case.pk}:{case.version}:{passed[-1]}"
    if key == case.told:
        return 0
    code = "overdue" if late else f"reminder_{passed[-1]}"
    people = office_holders(case)
    if late and case.office != PARTY:
        people = [*people, *supervisors_of(case)[:SUPERVISORS]]
    for user in {user.pk: user for user in people}.values():
        notices.tell(user.pk, code, case=case, params={"left": left, "due": case.due.isoformat()}, key=key)
    return 1


def free():
    """Puts back what was given to people whose role has ended since; a claim runs out by itself."""
    given = Case.objects.open().filter(handler__isnull=False, handler_until=None)
    return sum(let_go(user, by=SYSTEM) for user in User.objects.filter(pk__in=given.values("handler")))


def recompute():
    """Due dates that were provisional, once their year's calendar is known; nothing else moves."""
    moved = publicity.recompute()
    waiting = (
        Case.objects.open()
        .filter(due_provisional=True, due_days__isnull=False)
        .exclude(publicities__state=Publicity.State.OPEN)
    )
    for case in waiting.select_related("division"):
        start = timezone.localdate(case.entered_at)
        stored = workdays.Due(case.due, case.due_provisional)
        for pk, due in workdays.recompute([(case.pk, start, case.due_days, stored)]):
            moved += Case.objects.filter(pk=pk, due=case.due).update(due=due.date, due_provisional=due.provisional)
    return moved
