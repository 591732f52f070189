"""Whose turn it is: the five lists of everybody's cases, their counts and lights."""

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import workdays
from casework.flows import offices
from casework.models import Case, CaseParty
from casework.services.clock import left

TODO, DONE, MINE, COPIES, DRAFTS = "todo", "done", "mine", "copies", "drafts"
LABELS = {
    TODO: _("To do"),
    DONE: _("Done by me"),
    MINE: _("Started by me"),
    COPIES: _("For information"),
    DRAFTS: _("Drafts"),
}
# Lights: overdue is red; yellow when at most this many working days, or a fifth of the limit, are left.
SOON_DAYS = 2
SOON_SHARE = 5


def queue(user, name):
    """The cases of one of the user's lists; TODO leaves out what somebody else is handling now."""
    cases = Case.objects.all()
    own = cases.held_by(user)
    if name == TODO:
        return cases.in_offices_of(user, offices()).free_for(user)
    if name == DONE:
        return cases.worked_on_by(user).exclude(pk__in=own.values("pk"))
    if name == MINE:
        return own.filter(submitted_at__isnull=False)
    if name == DRAFTS:
        return own.open().filter(submitted_at=None)
    return copies(user, own)


def copies(user, own):
    """Open cases at the user's places that lie in another office."""
    todo = cases_of_others(user)
    return todo.exclude(pk__in=own.values("pk"))


def cases_of_others(user):
    mine = Case.objects.in_offices_of(user, offices()).free_for(user)
    return Case.objects.visible_to(user).open().filter(submitted_at__isnull=False).exclude(pk__in=mine.values("pk"))


def in_order(cases):
    """The longest overdue first, then what is due next, then by age; cases without a due date last."""
    return cases.order_by(F("due").asc(nulls_last=True), "id")


def counts(user, today=None):
    """{"todo": …, "overdue": …, "drafts": …} for the menu, in one query each."""
    today = today or timezone.localdate()
    todo = queue(user, TODO).aggregate(todo=Count("pk"), overdue=Count("pk", filter=Q(due__lt=today)))
    parties = CaseParty.objects.filter(user=user, case__closed_at=None, case__submitted_at=None)
    return {**todo, "drafts": parties.count()}


def waiting(user):
    """How many cases wait for the user, for the menu of every page: one query, none without an office."""
    held = {permission for permission in offices() if user.paths(permission)}
    return Case.objects.in_offices_of(user, held).free_for(user).count() if held else 0


def lit(cases, light, today=None):
    """Those of the cases that show red (overdue) or yellow (due soon); all of them for no light."""
    today = today or timezone.localdate()
    if light == "red":
        return cases.overdue(today)
    if light == "yellow":
        return cases.open().filter(due__gte=today, due__lte=workdays.add(today, SOON_DAYS).date)
    return cases


def light(case, today=None):
    """red (overdue), yellow (nearly), green, or nothing for a case without a clock."""
    days = left(case, today)
    if days is None:
        return ""
    if days < 0:
        return "red"
    near = days <= SOON_DAYS or (case.limit_days and days * SOON_SHARE <= case.limit_days)
    return "yellow" if near else "green"
