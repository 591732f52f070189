"""The clock of a case: working days per state from policy, stopped while the applicant corrects, resumed after."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import policy, workdays


def start(case, state):
    """Sets the due date of the state the case enters: what was left when its clock stopped, else its whole limit."""
    case.limit_days = limit_of(case, state)
    resumed = case.days_left is not None and case.returned_from == state.code and not state.paused
    days = max(case.days_left, 1) if resumed else case.limit_days
    if resumed:
        case.days_left, case.returned_from = None, ""
    set_due(case, days)


def leave(case, *, to):
    """Stops the clock when the case goes where the time is not the office's: the days left are kept for its return."""
    if to.paused and not to.closed:
        case.returned_from = case.state
        case.days_left = left(case)


def left(case, today=None):
    """Working days until the due date: 0 on the day itself, negative when overdue; None without a limit."""
    if case.due is None:
        return None
    return workdays.between(today or timezone.localdate(), case.due)


def used(case, paused):
    """Working days from the submission until the end or today, without those in the `paused` states; None for drafts.

    Counts what offices took: the time the applicant had to correct is not theirs.
    """
    if case.submitted_at is None:
        return None
    end, steps = case.closed_at or timezone.now(), [step for step in case.steps.all() if step.at >= case.submitted_at]
    waits = [
        workdays.between(step.at, following)
        for step, following in zip(steps, [*(step.at for step in steps[1:]), end], strict=True)
        if step.target in paused
    ]
    return workdays.between(case.submitted_at, end) - sum(waits)


def limit_of(case, state):
    """The working days the policy in force when the case was opened gives the state; None for no limit."""
    if not state.limit:
        return state.days
    opened = timezone.localdate(case.opened_at)
    return policy.value(state.limit, default=state.days, division=case.division, on=opened)


def set_due(case, days):
    case.due_days = days
    if days is None:
        case.due, case.due_provisional = None, False
        return
    due = workdays.add(timezone.localdate(), days)
    case.due, case.due_provisional = due.date, due.provisional


def is_over(case):
    """Whether the time allowed has passed for certain: a provisional due date may still move."""
    return case.due is not None and case.due < timezone.localdate() and not case.due_provisional


def require_overdue(case, by, data):
    """Guard of what happens by itself: only after the due date has passed."""
    require_known(case.due_provisional, case.entered_at, case.due)
    if not is_over(case):
        raise ValidationError(_("The time allowed is not over yet."))


def require_known(provisional, start, end):
    """Refuses an end by the clock while the calendar of a year on the way there is awaited."""
    if provisional and end < timezone.localdate():
        words = {"years": "、".join(map(str, workdays.unknown(start, end)))}
        raise ValidationError(_("Nothing ends by itself until the calendar of %(years)s is complete.") % words)
