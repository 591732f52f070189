"""What a broken rule looks like to a caller of the API."""

from django.core.exceptions import ValidationError as ModelValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.views import exception_handler

from accounts.middleware import RETRY_SECONDS, is_held


class BusyError(APIException):
    status_code = 503
    default_code = "busy"
    default_detail = _("Somebody else is writing here just now. Nothing was stored; please send it again in a minute.")
    wait = RETRY_SECONDS


def handle_exception(exc, context):
    """A broken rule is the caller's to mend: 400 with the fields named. A lock waited for in vain: 503."""
    if is_held(exc) or is_held(exc.__cause__):
        exc = BusyError()
    if isinstance(exc, ModelValidationError):
        exc = ValidationError(getattr(exc, "message_dict", None) or exc.messages)
    return exception_handler(exc, context)
