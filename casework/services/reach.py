"""How a person wants to be told of what happens to their cases."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from casework import audit
from casework.models import NoticeChoice
from casework.notices import choice_of
from casework.sealing import mask_phone, normalised, seal, unseal
from casework.services.accounts import home_of

MOBILE = re.compile(r"1[3-9]\d{9}")


@transaction.atomic
def choose(*, user, email, sms, daily, phone=None, by):
    """Keeps what a user chose; statutory notices ignore it. `phone` None leaves the number as it is, "" forgets it.

    Refuses anybody else's choice and a number that is no mobile number.
    """
    if by != user:
        raise ValidationError(_("Everybody chooses for themselves."))
    choice = NoticeChoice.objects.select_for_update().filter(user=user).first() or NoticeChoice(user=user)
    choice.email, choice.sms, choice.daily = email, sms, daily
    if phone is not None:
        seal_phone(choice, phone)
    choice.save()
    chosen = {"email": email, "sms": sms, "daily": daily, "phone": bool(choice.phone_sealed)}
    audit.record("choose_notices", user, by=by, after=chosen, path=home_of(user))
    return choice


@transaction.atomic
def remember_phone(*, user, phone):
    """Where an account made by phone is reached; called when it is made and when its number changes."""
    choice = NoticeChoice.objects.select_for_update().filter(user=user).first() or NoticeChoice(user=user)
    seal_phone(choice, phone)
    choice.save()
    return choice


def seal_phone(choice, phone):
    number = normalised(phone)
    if number and not MOBILE.fullmatch(number):
        raise ValidationError({"phone": _("This is no mobile number: 11 digits beginning with 1.")})
    choice.phone_sealed = seal(number, row_uid=choice.uid, field="phone")


def phone_shown(user):
    """The user's number as their own page shows it: 138****5678; empty when there is none."""
    return mask_phone(phone_of(user))


def phone_of(user):
    """The user's number in clear: only for masking it or comparing it."""
    choice = choice_of(user)
    return unseal(choice.phone_sealed, row_uid=choice.uid, field="phone")
