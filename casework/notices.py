"""Telling people: rows in the transaction of the step they tell of, so nothing is told of a step that was undone."""

import json
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from accounts.models import User
from casework.flows import flow_of
from casework.models import Delivery, Notice, NoticeChoice
from casework.sealing import seal, unseal
from casework.wording import WORDS, spoken

DAILY_AT, NIGHT_FROM = time(8, 30), time(21)
Channel = Delivery.Channel
# The notices somebody without an account gets as well, by short message.
TEXTED = {"returned", "approved", "refused", "not_accepted", "lapsed"}


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


def text_absent(case, row, step):
    """Whom an agent filed for and who has no account hears of it by one short message, after a decision with the link
    to rate the service.
    """
    link = "" if case.is_open else flow_of(case).ended(case)
    phone = flow_of(case).phone(case) if link or (row.notice in TEXTED and case.submitted_at) else ""
    if phone:
        code = "decided_for_you" if link else "filed_for_you"
        text_to(phone, code, case=case, params={"note": step.note, "state": case.state, "link": link})


@transaction.atomic
def tell(user_id, code, *, case=None, params=None, key=""):
    """Leaves one notice and its deliveries; a second one with the same key to the same user is not left."""
    given = {"case": case, "code": code, "params": params or {}}
    if key:
        notice, new = Notice.objects.get_or_create(user_id=user_id, key=key, defaults=given)
    else:
        notice, new = Notice.objects.create(user_id=user_id, **given), True
    if new:
        Delivery.objects.bulk_create(deliveries(notice))
    return notice


def deliveries(notice):
    """The messages a notice sends: what its user chose, and for a statutory one every channel there is."""
    user = User.objects.select_related("notice_choice").get(pk=notice.user_id)
    words, choice = WORDS[notice.code], choice_of(user)
    rows = []
    if user.is_active and user.email and settings.EMAIL_ON and (choice.email or words.statutory):
        daily = choice.daily and not words.statutory
        due_at = next_morning() if daily else timezone.now()
        rows.append(Delivery(notice=notice, channel=Channel.EMAIL, daily=daily, due_at=due_at))
    sms = words.sms and settings.SMS_BACKEND and choice.phone_sealed
    if user.is_active and sms and (choice.sms or words.statutory):
        rows.append(Delivery(notice=notice, channel=Channel.SMS, due_at=by_day() if words.clock else timezone.now()))
    return rows


def choice_of(user):
    """How the user wants to be told; who never chose gets what a new row says."""
    return getattr(user, "notice_choice", None) or NoticeChoice(user=user)


def by_day():
    """Now between half past eight and nine in the evening, else next morning: the clock wakes nobody up."""
    now = timezone.localtime()
    return now if DAILY_AT <= now.time() < NIGHT_FROM else next_morning(now)


def next_morning(now=None):
    """The next 8:30 in the morning."""
    now = timezone.localtime(now)
    at = datetime.combine(now.date(), DAILY_AT, tzinfo=now.tzinfo)
    return at if at > now else at + timedelta(days=1)


def text_to(phone, code, *, case=None, params=None):
    """A short message to somebody without an account. The row goes with the caller's transaction; returns it.

    Number and words are sealed until they are sent, then gone.
    """
    with translation.override(settings.LANGUAGE_CODE):
        _title, text = spoken(code, case=case, params=params)
    row = Delivery(channel=Channel.SMS, due_at=by_day() if WORDS[code].clock else timezone.now())
    message = json.dumps({"to": phone, "text": text}, ensure_ascii=False)
    row.sealed = seal(message, row_uid=row.uid, field="message")
    row.save()
    return row


def sealed_message(delivery):
    """(number, words) of a message to somebody without an account."""
    message = json.loads(unseal(delivery.sealed, row_uid=delivery.uid, field="message"))
    return message["to"], message["text"]
