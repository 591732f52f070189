"""What a broken rule looks like to a caller of the API."""

from django.core.exceptions import ValidationError as ModelValidationError
from rest_framework.exceptions import ValidationError
from rest_framework.views import exception_handler


def handle_exception(exc, context):
    """A rule of the models or services that was broken is the caller's to mend: 400 with the fields named."""
    if isinstance(exc, ModelValidationError):
        exc = ValidationError(getattr(exc, "message_dict", None) or exc.messages)
    return exception_handler(exc, context)
