"""Messages on their way out of the portal: taken by a worker, handed to mail or gateway, tried again, given up.

At least once: a worker that dies between handing over and writing that down leaves a lease that runs out, and the next
one sends again, under the same key.
"""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from casework import sms
from casework.models import Delivery
from casework.notices import choice_of, sealed_message
from casework.sealing import SealError, unseal
from casework.wording import WORDS, spoken

LEASE = timedelta(seconds=120)
# After the first, second … failure; after the last one the message is given up.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480)]
AT_ONCE = 50
IN_ONE_MAIL = 100
State, Channel = Delivery.State, Delivery.Channel


class UnreachableError(Exception):
    """There is nobody to send it to any more: the account is closed or its address is gone."""


def tick(most=AT_ONCE):
    """Sends what is due, at most so many messages; returns how many were sent."""
    give_up_broken()
    sent = 0
    for _number in range(most):
        rows = take()
        if not rows:
            break
        sent += deliver(rows)
    return sent


def give_up_broken():
    """Messages whose every attempt ended with the end of its worker."""
    tried = Delivery.objects.filter(state=State.WAITING, attempts__gt=len(PAUSES), lease_until__lt=timezone.now())
    tried.update(state=State.DEAD, lease_until=None, sealed="", last_error="worker lost")


@transaction.atomic
def take():
    """The next message for this worker, its lease set; of a daily mail all that belongs into it."""
    now = timezone.now()
    rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
    rows = rows.select_related("notice__case", "notice__user__notice_choice")
    ready = rows.filter(Q(lease_until=None) | Q(lease_until__lt=now), state=State.WAITING, due_at__lte=now)
    first = ready.order_by("due_at", "id").first()
    if first is None:
        return []
    taken = [first]
    if first.daily:
        mine = ready.filter(daily=True, channel=first.channel, notice__user=first.notice.user_id)
        taken = list(mine.order_by("id")[:IN_ONE_MAIL])
    named(taken).update(attempts=F("attempts") + 1, lease_until=now + LEASE)
    return taken


def named(rows):
    return Delivery.objects.filter(pk__in=[row.pk for row in rows], state=State.WAITING)


def deliver(rows):
    """Hands one message over and writes down how it went; returns how many messages left (0 or 1)."""
    try:
        with translation.override(settings.LANGUAGE_CODE):
            hand_over(rows)
    except (UnreachableError, SealError) as error:
        end(rows, str(error))
    except (sms.SmsError, OSError) as error:
        try_again(rows, f"{type(error).__name__}: {error}")
    else:
        named(rows).update(state=State.SENT, sent_at=timezone.now(), lease_until=None, sealed="", last_error="")
        return 1
    return 0


def hand_over(rows):
    first = rows[0]
    if first.notice is None:
        number, text = sealed_message(first)
        sms.send(number, signed(text), key=str(first.uid))
    elif not first.notice.user.is_active:
        raise UnreachableError("the account is closed")
    elif first.channel == Channel.SMS:
        _title, text = words(first.notice)
        link = address(first.notice) if WORDS[first.notice.code].opens else []
        sms.send(phone_of(first.notice.user), " ".join([signed(text), *link]), key=str(first.uid))
    else:
        mail(rows).send()


def words(notice):
    return spoken(notice.code, case=notice.case, params=notice.params)


def phone_of(user):
    choice = choice_of(user)
    phone = unseal(choice.phone_sealed, row_uid=choice.uid, field="phone")
    if not phone:
        raise UnreachableError("the phone number is gone")
    return phone


def signed(text):
    return f"【{settings.PRODUCT_NAME}】{text}"


def mail(rows):
    """One plain mail: a single notice, or those of a day under each other."""
    notices = [row.notice for row in rows]
    user = notices[0].user
    if not user.email:
        raise UnreachableError("the e-mail address is gone")
    parts = [words(notice) for notice in notices]
    several = _("%(count)s notices of yesterday and today") % {"count": len(parts)}
    subject = parts[0][0] if len(parts) == 1 else several
    lines = [_("Hello %(name)s,") % {"name": user.name}, ""]
    for (title, text), notice in zip(parts, notices, strict=True):
        lines += [title, text, *address(notice), ""]
    lines += [f"{settings.BUREAU_NAME} · {settings.PRODUCT_NAME}"]
    key = {"Message-ID": f"<{rows[0].uid}@notices>"}
    return EmailMessage(f"【{settings.PRODUCT_NAME}】{subject}", "\n".join(lines), None, [user.email], headers=key)


def address(notice):
    base = settings.PUBLIC_ADDRESS.rstrip("/")
    return [f"{base}/notices/{notice.pk}/"] if base else []


def try_again(rows, error):
    """A pause that grows with the attempts, or the end of them. Leaves rows alone that another worker has by now."""
    for row in rows:
        mine = named([row]).filter(attempts=row.attempts + 1)
        if row.attempts < len(PAUSES):
            due_at = timezone.now() + PAUSES[row.attempts]
            mine.update(due_at=due_at, lease_until=None, last_error=error[:300])
        else:
            mine.update(state=State.DEAD, lease_until=None, sealed="", last_error=error[:300])


def end(rows, error):
    named(rows).update(state=State.DEAD, lease_until=None, sealed="", last_error=error[:300])
