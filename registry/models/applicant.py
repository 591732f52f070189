"""People who file for themselves and sign in by their phone."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.models.sealed import SealedTextField


class Applicant(models.Model):
    """A user without any role, known by a phone that is sealed and found again by its hash."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="applicant")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_sealed = SealedTextField(bound="phone", hashed="phone_hash", editable=False)
    phone_hash = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        verbose_name = _("applicant")
        verbose_name_plural = _("applicants")
        default_permissions = []

    def __str__(self):
        return str(self.user)


class SignInCode(models.Model):
    """A six-digit code sent to a phone: kept as a digest, for one use, a few tries and a few minutes."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_hash = models.CharField(max_length=64, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign-in code")
        verbose_name_plural = _("sign-in codes")
        default_permissions = []
        indexes = [models.Index(fields=["phone_hash", "-sent_at"], name="sign_in_code_phone")]

    def __str__(self):
        return str(self.uid)
