"""Whose turn it is: the lists of everybody's cases, their counts and lights."""

from functools import reduce
from operator import or_

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import workdays
from casework.flows import offices
from casework.models import Case, CaseCopy, CaseParty
from casework.services.clock import left
from casework.services.handling import relief

TODO, DONE, MINE, COPIES, DRAFTS, PLACES = "todo", "done", "mine", "copies", "drafts", "places"
LABELS = {
    TODO: _("To do"),
    DONE: _("Done by me"),
    MINE: _("Started by me"),
    COPIES: _("Copied to me"),
    DRAFTS: _("Drafts"),
    PLACES: _("Elsewhere at my places"),
}
# Lights: overdue is red; yellow when at most this many working days, or a fifth of the limit, are left.
SOON_DAYS = 2
SOON_SHARE = 5


def queue(user, name):
    """The cases of one of the user's lists; TODO leaves out what somebody else is handling now."""
    cases = Case.objects.all()
    own = cases.held_by(user)
    if name == TODO:
        return lying_with(user, offices())
    if name == DONE:
        return cases.worked_on_by(user).exclude(pk__in=own.values("pk"))
    if name == MINE:
        return own.filter(submitted_at__isnull=False)
    if name == DRAFTS:
        return own.open().filter(submitted_at=None)
    if name == COPIES:
        return copied_to(user)
    return cases_of_others(user).exclude(pk__in=own.values("pk"))


def copied_to(user, **which):
    """Cases copied to the user who may still see them."""
    copies = CaseCopy.objects.filter(user=user, **which)
    return Case.objects.visible_to(user).filter(pk__in=copies.values("case"))


def cases_of_others(user):
    """Open cases at the user's places that lie in another office."""
    mine = lying_with(user, offices())
    return Case.objects.visible_to(user).open().filter(submitted_at__isnull=False).exclude(pk__in=mine.values("pk"))


def lying_with(user, held):
    """Open cases of these offices at the user's places, or of an office without people that they may take over."""
    return Case.objects.in_offices_of(user, held, relief().items()).free_for(user)


def is_vacant(case, user):
    """Whether a case of the user's list lies there because nobody holds its office: the user does not."""
    return "." in case.office and not user.has_perm(case.office, case)


def in_order(cases):
    """The longest overdue first, then what is due next, then by age; cases without a due date last."""
    return cases.order_by(F("due").asc(nulls_last=True), "id")


def lengths(user):
    """{list: how many cases it has}, of the copies those not looked at yet; one query each."""
    found = {name: queue(user, name) for name in LABELS} | {COPIES: copied_to(user, read_at=None)}
    return {name: cases.count() for name, cases in found.items()}


def counts(user, today=None):
    """{"todo": …, "overdue": …, "drafts": …} for the home pages, in one query each."""
    today = today or timezone.localdate()
    todo = queue(user, TODO).aggregate(todo=Count("pk"), overdue=Count("pk", filter=Q(due__lt=today)))
    parties = CaseParty.objects.filter(user=user, case__closed_at=None, case__submitted_at=None)
    return {**todo, "drafts": parties.count()}


def waiting(user):
    """How many cases wait for the user, for the menu of every page: one query, none without an office."""
    held = {permission for permission in offices() if user.paths(permission)}
    return lying_with(user, held).count() if held else 0


def lit(cases, light, today=None):
    """Those of the cases that show red (overdue) or yellow (due soon); all of them for no light."""
    today = today or timezone.localdate()
    if light == "red":
        return cases.overdue(today)
    if light == "yellow":
        limits = cases.open().order_by().values_list("limit_days", flat=True).distinct()
        near = [Q(limit_days=limit, due__lt=workdays.add(today, soon(limit) + 1).date) for limit in limits]
        return cases.open().filter(reduce(or_, near, Q(pk__in=[])), due__gte=today)
    return cases


def soon(limit):
    """With how many working days left a case shows yellow, of a limit in working days."""
    return max(SOON_DAYS, (limit or 0) // SOON_SHARE)


def light(case, today=None):
    """red (overdue), yellow (nearly), green, or nothing for a case without a clock."""
    days = left(case, today)
    if days is None:
        return ""
    if days < 0:
        return "red"
    return "yellow" if days <= soon(case.limit_days) else "green"
