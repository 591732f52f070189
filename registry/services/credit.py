"""The credit lists: an entry is proposed, told, listed after the time to be heard, and taken off (domain 3.10)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import audit, notices, policy, workdays
from registry.models import CreditEvent
from registry.models.scheme import Tier
from registry.services.guards import lock_organization, require_counted, require_past, require_right

RIGHT = "registry.list_credit"
HEARING_DAYS = 5
Kind, State = CreditEvent.Kind, CreditEvent.State


@transaction.atomic
def propose_credit(*, organization, kind, grounds, by, cause="", document=""):
    """An entry somebody will look at; nothing is listed yet. The same `cause` proposes once: returns the row or None.

    Refuses an ended organization, empty grounds, and one of the ministry's two lists for a body that is not registered.
    """
    current = lock_organization(organization)
    require_right(by, RIGHT, current)
    require_counted(current)
    if kind != Kind.WATCH and current.tier != Tier.REGISTERED:
        raise ValidationError({"kind": _("This list is for registered organizations; others have the watch list.")})
    grounds = words(grounds, "grounds")
    if cause and current.credit_events.filter(kind=kind, cause=cause).exists():
        return None
    event = CreditEvent.objects.create(
        organization=current,
        kind=kind,
        grounds=grounds,
        document=document,
        cause=cause,
        proposed_on=timezone.localdate(),
    )
    return written(event, "propose_credit", by, grounds)


@transaction.atomic
def tell_credit(*, event, by):
    """The organization is told what it is to be listed for and may be heard for some working days (policy)."""
    event = lock_event(event, by, State.PROPOSED)
    days = policy.value("credit.hearing_days", default=HEARING_DAYS, division=event.organization.division)
    event.hear_until = workdays.add(timezone.localdate(), days).date
    move(event, State.TOLD)
    for account in event.organization.accounts.filter(ends=None):
        params = {"due": event.hear_until.isoformat(), "note": event.grounds}
        notices.tell(account.user_id, "credit_told", params=params, key=f"credit:{event.pk}")
    return written(event, "tell_credit", by, event.grounds)


@transaction.atomic
def list_credit(*, event, by, document=""):
    """The entry stands on its list from today. Refuses before the time to be heard is over."""
    event = lock_event(event, by, State.TOLD)
    if event.hear_until >= timezone.localdate():
        raise ValidationError(_("The organization may be heard until %(day)s.") % {"day": event.hear_until})
    event.starts, event.document = timezone.localdate(), document or event.document
    move(event, State.LISTED)
    return written(event, "list_credit", by, event.grounds)


@transaction.atomic
def drop_credit(*, event, by, reason):
    """A proposed or told entry that does not stand: the reason stays on record."""
    event = lock_event(event, by, State.PROPOSED, State.TOLD)
    event.reason = words(reason, "reason")
    move(event, State.DROPPED)
    return written(event, "drop_credit", by, event.reason)


@transaction.atomic
def remove_credit(*, event, by, reason, on=None):
    """Taken off the list from a day (today) on, once cured. Refuses a future day and an empty reason."""
    event = lock_event(event, by, State.LISTED)
    on = on or timezone.localdate()
    require_past(on, "on")
    if on < event.starts:
        raise ValidationError({"on": _("The day must come after %(day)s.") % {"day": event.starts}})
    event.ends, event.reason = on, words(reason, "reason")
    move(event, State.REMOVED)
    return written(event, "remove_credit", by, event.reason)


def words(text, field):
    if len(text.strip()) < 2:
        raise ValidationError({field: _("Please give the reason.")})
    return text.strip()[:300]


def lock_event(event, by, *states):
    """The entry as stored now, locked; refuses without the right at the place, and in another state."""
    rows = CreditEvent.objects.select_for_update(of=("self",)).select_related("organization__division")
    event = rows.get(pk=event.pk)
    require_right(by, RIGHT, event.organization)
    if event.state not in states:
        raise ValidationError(_("This entry is “%(state)s” now.") % {"state": event.get_state_display()}, code="state")
    return event


def move(event, state):
    event.state = state
    event.save()


def written(event, action, by, note):
    after = {"list": event.kind, "credit_state": event.state}
    audit.record(action, event.organization, by=by, after=after, note=note)
    return event
