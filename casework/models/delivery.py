"""How people are reached beside the portal: what they chose, and every message that leaves it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.models.sealed import SealedTextField


class NoticeChoice(models.Model):
    """How a user wants to be told. Who never chose is told at once by every channel there is an address for.

    Notices the law asks for are sent whatever was chosen here. The phone is sealed, bound to `uid`.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_choice")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_sealed = SealedTextField(bound="phone", blank=True, editable=False)
    email = models.BooleanField(_("by e-mail"), default=True)
    sms = models.BooleanField(_("by short message"), default=True)
    daily = models.BooleanField(_("e-mails once a day, at 8:30 in the morning"), default=False)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        default_permissions = []

    def __str__(self):
        return str(self.user)


class Delivery(models.Model):
    """One message on its way by one channel. The row is the queue: written with its notice, sent by a worker.

    A message to somebody without an account has no notice: its address and words stand in `sealed`, bound to `uid`,
    and are emptied once it was sent. `key` goes to the gateway, so that one sent twice arrives once.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("Short message")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")

    notice = models.ForeignKey("casework.Notice", models.CASCADE, null=True, related_name="deliveries")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    sealed = SealedTextField(bound="message", blank=True, editable=False)
    daily = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("to be sent from"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        default_permissions = []
        ordering = ["id"]
        indexes = [models.Index(fields=["due_at"], name="delivery_waiting", condition=Q(state="waiting"))]

    def __str__(self):
        return f"{self.channel} {self.uid}"


class OutboxMessage(models.Model):
    """A short message the demo did not send: its people read it here. Never used where real people are told."""

    at = models.DateTimeField(_("at"), auto_now_add=True)
    phone = models.CharField(_("phone"), max_length=30)
    text = models.TextField(_("text"))
    key = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("message of the demo")
        verbose_name_plural = _("messages of the demo")
        default_permissions = []
        ordering = ["-id"]

    def __str__(self):
        return self.text
