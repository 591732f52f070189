"""Signing in by phone: a code is sent, and whoever types it in time is the applicant with that phone."""

import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from casework import notices
from casework.sealing import lookup_hash, seal
from casework.services.reach import remember_phone
from registry.checks import check
from registry.models import Applicant, SignInCode

VALID = timedelta(minutes=10)
PAUSE = timedelta(seconds=60)
TRIES = 5
# Codes one phone may be sent within an hour.
HOURLY = 5
MOBILE_LENGTH = 11


def mobile(raw):
    """The mobile number typed, in its plain form. Raises ValidationError for anything else."""
    phone = check("phone", raw) or ""
    if len(phone) != MOBILE_LENGTH or not phone.isdecimal() or not phone.startswith("1"):
        raise ValidationError(_("Please give a mobile number of 11 digits."), code="phone")
    return phone


@transaction.atomic
def send_code(*, phone):
    """Sends a code to a mobile number, known or not; returns whether one went out.

    Within a minute of the last one, or after HOURLY in an hour, none does: callers answer the same either way.
    """
    phone_hash = lookup_hash(phone, "phone")
    lock_phone(phone_hash)
    now = timezone.now()
    recent = SignInCode.objects.filter(phone_hash=phone_hash, sent_at__gt=now - timedelta(hours=1))
    if recent.filter(sent_at__gt=now - PAUSE).exists() or recent.count() >= HOURLY:
        return False
    code = f"{secrets.randbelow(10**6):06}"
    row = SignInCode(phone_hash=phone_hash, sent_at=now, expires_at=now + VALID)
    row.digest = digest(row, code)
    row.save()
    notices.text_to(phone, "code", params={"code": code})
    return True


def lock_phone(phone_hash):
    """Whoever asks for the same number at the same moment waits until this transaction ends, then finds the code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(phone_hash[:15], 16)])


def digest(row, code):
    """The code's keyed hash, bound to its row: a copy of the table opens nothing."""
    return salted_hmac("sign-in-code", f"{row.uid}:{code}", algorithm="sha256").hexdigest()


@transaction.atomic
def sign_in_user(*, phone, code):
    """The user behind the phone when the code is the last one sent, in time and within its tries; None otherwise.

    A phone that is not known yet gets its account here. A wrong code costs a try, so the caller must not roll back.
    """
    phone_hash, now = lookup_hash(phone, "phone"), timezone.now()
    row = SignInCode.objects.select_for_update().filter(phone_hash=phone_hash).order_by("-sent_at", "-id").first()
    if row is None or row.used_at or row.expires_at <= now or row.tries >= TRIES:
        return None
    row.tries += 1
    right = constant_time_compare(row.digest, digest(row, code))
    row.used_at = now if right else None
    row.save(update_fields=["tries", "used_at"])
    user = user_of(phone, phone_hash) if right else None
    return user if user and user.is_active else None


def user_of(phone, phone_hash):
    """The applicant's user; a new one has no password, no role and no name until its first filing."""
    known = Applicant.objects.select_related("user").filter(phone_hash=phone_hash).first()
    if known:
        return known.user
    row = Applicant(phone_hash=phone_hash)
    row.user = User(username=f"p-{row.uid.hex[:20]}", must_change_password=False)
    row.user.set_unusable_password()
    row.user.save()
    row.phone_sealed = seal(phone, row_uid=row.uid, field="phone")
    row.user_id = row.user.pk
    row.save()
    remember_phone(user=row.user, phone=phone)
    return row.user


def user_by_phone(*, phone, name):
    """The user who signs in by this phone, known or not, with that name; None when it is no mobile number."""
    try:
        phone = mobile(phone)
    except ValidationError:
        return None
    user = user_of(phone, lookup_hash(phone, "phone"))
    name_applicant(user=user, name=name)
    return user


def name_applicant(*, user, name):
    """Gives a user who came by phone the name papers are addressed to; a name once given stays."""
    if not user.name:
        user.name = " ".join(name.split())[:100]
        user.save(update_fields=["name"])
