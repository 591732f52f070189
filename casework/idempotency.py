"""One request, one effect: a request sent twice with the same Idempotency-Key happens once and is answered twice."""

import hashlib
import json
import re
from datetime import timedelta
from functools import wraps

from django.db import transaction
from django.db.utils import OperationalError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from accounts.middleware import is_held
from casework.models import IdempotencyKey

KEPT = timedelta(hours=24)
HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,100}\Z")
DECLARED = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Any text of your own, at most 100 characters. Sent again with the same body within 24 hours, the "
    "request is answered as the first time and nothing happens twice.",
)


class KeyReusedError(APIException):
    status_code = 422
    default_code = "key_reused"
    default_detail = _("This Idempotency-Key was used for another request already. Please send a new one.")


class StillRunningError(APIException):
    status_code = 409
    default_code = "still_running"
    default_detail = _("The same request is still being worked on. Please ask again in a moment.")


def once(handler):
    """Makes a POST handler answer its Idempotency-Key; without the header it runs as it is.

    The key is taken in the handler's transaction: a twin waits for the first one to end, then answers what that one
    answered, or runs itself when the first one failed.
    """

    @wraps(handler)
    def run(view, request, *args, **kwargs):
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not KEY.match(key):
            raise ValidationError({HEADER: [_("Please use 1 to 100 letters, digits or signs.")]})
        with transaction.atomic():
            row, taken = take(request.user, key, digest_of(request))
            if not taken:
                return Response(row.body, status=row.status, headers={"Idempotency-Replayed": "true"})
            response = handler(view, request, *args, **kwargs)
            keep(row, response)
            return response

    return extend_schema(parameters=[DECLARED])(run)


def take(user, key, digest):
    """(the key's row, whether it is this request's to fill). Refuses a key that stands for another request.

    The twin of a running request waits as long as the database lets anybody wait for a lock.
    """
    IdempotencyKey.objects.filter(user=user, key=key, at__lt=timezone.now() - KEPT).delete()
    row = IdempotencyKey(user=user, key=key, digest=digest)
    try:
        with transaction.atomic():
            IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    except OperationalError as error:
        if is_held(error):
            raise StillRunningError from error
        raise
    stored = IdempotencyKey.objects.get(user=user, key=key)
    if stored.digest != digest:
        raise KeyReusedError
    return stored, not stored.status


def keep(row, response):
    row.status, row.body = response.status_code, json.loads(JSONRenderer().render(response.data))
    row.save(update_fields=["status", "body"])


def digest_of(request):
    """The hash of what is asked: address and body, files by their bytes."""
    told = {name: told_of(value) for name, value in items_of(request.data)}
    text = json.dumps([request.method, request.path, told], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def items_of(data):
    """Pairs of the body; a form's fields with all their values."""
    if hasattr(data, "lists"):
        return data.lists()
    return data.items() if isinstance(data, dict) else [("", data)]


def told_of(value):
    values = value if isinstance(value, list) else [value]
    return [hash_of(one) if hasattr(one, "chunks") else one for one in values]


def hash_of(upload):
    found = hashlib.sha256(upload.name.encode("utf-8", "surrogatepass"))
    for chunk in upload.chunks():
        found.update(chunk)
    upload.seek(0)
    return found.hexdigest()


def sweep():
    """Forgets keys older than a day; returns how many."""
    return IdempotencyKey.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
