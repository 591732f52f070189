"""One-time links: made with an unguessable token, answered once by a POST; opening one changes nothing."""

import hashlib
import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import audit, notices
from casework.models import OneTimeLink
from casework.sealing import mask_phone

VALID = timedelta(days=14)
Answer, Purpose = OneTimeLink.Answer, OneTimeLink.Purpose


class UsedError(ValidationError):
    """The link was used meanwhile, or its time is over."""


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


def home():
    """Where messages lead to; on a laptop without PUBLIC_ADDRESS localhost."""
    return settings.PUBLIC_ADDRESS.rstrip("/") or f"http://localhost:{settings.PORT}"


def address(page, *args):
    """A page of the portal as a message leads to it."""
    return home() + reverse(page, args=args)


def split(text):
    """[(words, path)] of a message: each address of a page of the portal apart, with its path; words have none."""
    parts = re.split(rf"({re.escape(home())}/[!-~]*)", text)
    return [(part, own_path(part)) for part in parts if part]


def own_path(part):
    path = part.removeprefix(home()) if part.startswith(f"{home()}/") else ""
    try:
        resolve(re.split("[?#]", path)[0])
    except Resolver404:
        return ""
    return path


@transaction.atomic
def send(*, purpose, party, phone, page):
    """Sends the party a link to answer on `page` (the name of an address), as `make` makes it. Returns the token."""
    token = make(purpose=purpose, party=party, phone=phone)
    notices.text_to(phone, f"{purpose}_link", case=party.case, params={"link": address(page, token)})
    return token


def make(*, purpose, party, phone):
    """The token, kept nowhere, of a new link for the party at this number; links made before stop working."""
    now, token = timezone.now(), secrets.token_urlsafe(24)
    OneTimeLink.objects.filter(party=party, used_at=None).update(expires_at=now)
    OneTimeLink.objects.create(
        purpose=purpose,
        case=party.case,
        party=party,
        digest=digest(token),
        sent_at=now,
        sent_to=mask_phone(phone),
        expires_at=now + VALID,
    )
    return token


def find(token, purpose=Purpose.CONFIRM):
    """The link behind a token that still waits for its answer; None for every other one.

    An open case is confirmed, a closed one is rated.
    """
    rows = OneTimeLink.objects.select_related("case__division", "party").filter(purpose=purpose)
    waiting = rows.filter(used_at=None, expires_at__gt=timezone.now())
    closed = purpose == Purpose.RATE
    return waiting.filter(digest=digest(token), case__closed_at__isnull=not closed).first()


def use(link):
    """The link as stored, locked, its one use taken; refuses (UsedError) one that was used or has run out."""
    link = OneTimeLink.objects.select_for_update(of=("self",)).select_related("case", "party").get(pk=link.pk)
    now = timezone.now()
    if link.used_at or link.expires_at <= now:
        raise UsedError(_("This link was used already or is no longer valid."))
    link.used_at = now
    link.save(update_fields=["used_at"])
    return link


@transaction.atomic
def answer(*, link, yes, words=""):
    """Records the party's word, once. An objection is told to the agent at once.

    Refuses a link that was used meanwhile or has run out, and a case that ended (UsedError).
    """
    link = use(link)
    if not link.case.is_open:
        raise UsedError(_("This link was used already or is no longer valid."))
    link.answer, link.words = Answer.YES if yes else Answer.NO, words.strip()[:300]
    link.save(update_fields=["answer", "words"])
    party = link.party
    party.confirmed_at = link.used_at if yes else None
    party.save(update_fields=["confirmed_at"])
    action = "confirm_filing" if yes else "object_to_filing"
    audit.record(action, link.case, by=party.name, note=link.words)
    if not yes:
        tell_agent(link)
    return link


def tell_agent(link):
    """The clerk who filed hears of the objection."""
    for other in link.case.parties.exclude(user=None):
        notices.tell(other.user_id, "not_confirmed", case=link.case, params={"note": link.words}, key=f"link:{link.pk}")
