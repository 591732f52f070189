"""Short messages: one call, whatever sends them (setting SMS_BACKEND)."""

from django.conf import settings
from django.utils.module_loading import import_string


class SmsError(Exception):
    """The message was not taken; the delivery is tried again."""


class ConsoleBackend:
    """For a laptop: keeps the messages where the demo's people can read them and sends nothing."""

    sent = []

    def send(self, phone, text, *, key):
        self.sent.append((phone, text, key))


def send(phone, text, *, key=""):
    """Hands one message to the gateway; a gateway that knows `key` already does not send it twice. Raises SmsError."""
    import_string(settings.SMS_BACKEND)().send(phone, text, key=key)
