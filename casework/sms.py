"""Short messages: one call, whatever sends them (setting SMS_BACKEND)."""

import json
import urllib.error
import urllib.request
from http.client import HTTPException

from django.conf import settings
from django.utils.module_loading import import_string

from casework.models import OutboxMessage

SECONDS = 5


class SmsError(Exception):
    """The message was not taken; the delivery is tried again."""


class OutboxBackend:
    """For a laptop and the demo: keeps the messages in the database and sends nothing."""

    def send(self, phone, text, *, key):
        OutboxMessage.objects.create(phone=phone, text=text, key=key)


class HttpBackend:
    """Any gateway that takes a JSON of phone, text and key over HTTPS, with a bearer token, and answers with 2xx."""

    def send(self, phone, text, *, key):
        body = json.dumps({"phone": phone, "text": text, "key": key}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}"}
        request = urllib.request.Request(settings.SMS_GATEWAY_URL, body, headers)  # noqa: S310 - our own setting
        try:
            with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
                return
        except (urllib.error.URLError, HTTPException, OSError) as error:
            raise SmsError(f"{type(error).__name__}: {getattr(error, 'code', '')}") from error


def send(phone, text, *, key=""):
    """Hands one message to the gateway; a gateway that knows `key` already does not send it twice. Raises SmsError.

    Workers call this. Whoever has something to say in a request leaves a row: `notices.text_to` or `notices.tell`.
    """
    if not settings.SMS_BACKEND:
        raise SmsError("SMS_BACKEND is not set")
    import_string(settings.SMS_BACKEND)().send(phone, text, key=key)
