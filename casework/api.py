"""What every answer of the API keeps to: clean input, declared parameters, pages by key, a limit per caller."""

import json
import re

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError
from rest_framework import serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.utils.urls import replace_query_param

from accounts.addresses import client_address
from accounts.limits import neighbourhood
from casework.paging import CursorError, KeysetPage
from casework.tokens import digest

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
TOKEN = re.compile(r"[0-9a-f]{40}", re.ASCII)
# A whole text (an unclosed one runs to the end, so that the search stays linear) or one bracket.
BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.DOTALL)
# Control characters but tab and line ends, half surrogate pairs, and marks that turn or hide text.
UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


class HashedTokenAuthentication(TokenAuthentication):
    """The database keeps only a digest of each token, so a copy of the table opens nothing."""

    def authenticate_credentials(self, key):
        return super().authenticate_credentials(digest(key) if TOKEN.fullmatch(key) else "")


class Settled(IsAuthenticated):
    """A signed-in user who has replaced the initial password."""

    def has_permission(self, request, view):
        return super().has_permission(request, view) and not request.user.must_change_password


class MayReadSchema(Settled):
    """The description of the API is for those who may open the administration pages, not for the public."""

    def has_permission(self, request, view):
        return super().has_permission(request, view) and request.user.has_perm("accounts.use_admin")


class CallerThrottle(UserRateThrottle):
    """Counts callers, strangers by their network; without the cache the API goes on unlimited, not away."""

    rate = settings.API_RATE

    def get_ident(self, request):
        return neighbourhood(client_address(request))

    def allow_request(self, request, view):
        try:
            return super().allow_request(request, view)
        except RedisError:
            return True


class TooLargeError(APIException):
    status_code = 413
    default_detail = _("The request is larger than 1 MB.")


class StrictJSONParser(BaseParser):
    """JSON as an honest client writes it: 1 MB and 32 levels at most, no key twice, no text a database refuses."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLargeError
        try:
            text = body.decode("utf-8")
            require_shallow(text)
            return json.loads(text, object_pairs_hook=unique_keys, parse_constant=refuse_constant, parse_float=number)
        except ValueError as error:
            raise ParseError(_("The body is not valid JSON.")) from error


def require_shallow(text):
    """Refuse deep nesting before the parser recurses into it; brackets inside texts do not count."""
    depth = 0
    for bracket in BRACKET.findall(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(bracket, 0)
        if depth > MAX_DEPTH:
            raise ValueError("nested too deep")


def unique_keys(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key appears twice")
    if any(UNCLEAN.search(text) for pair in pairs for text in texts(pair)):
        raise ValueError("a text holds characters nobody can see")
    return found


def texts(value):
    """Every text in a key, a value or a list inside it; objects have been checked when they were read."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def number(text):
    """A number a database column can hold; 1e999 is none."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("not a finite number")
    return value


class Parameters(serializers.Serializer):
    """The query parameters of an operation: what is not declared is refused by name."""

    def validate(self, attrs):
        if unknown := set(self.initial_data) - set(self.fields):
            message = _("There is no such parameter.")
            raise ValidationError({name: [message] for name in sorted(unknown)})
        return attrs

    @classmethod
    def read(cls, request):
        parameters = cls(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        return parameters.validated_data


class StrictSerializer(serializers.Serializer):
    """Refuses keys nobody declared: a misspelt field must not be lost in silence."""

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            raise ValidationError({name: [_("There is no such field.")] for name in sorted(unknown)})
        return super().to_internal_value(data)


class PageParameters(Parameters):
    limit = serializers.RegexField(
        r"^[1-9][0-9]{0,2}\Z", required=False, help_text="Rows on a page, at most 200; 50 unless told."
    )
    after = serializers.CharField(
        required=False, max_length=500, help_text="Cursor out of the last answer's `next`; opaque."
    )


class KeyPagination(BasePagination):
    """`{"next": address or null, "results": […]}`, walked along the view's `keyset`."""

    def paginate_queryset(self, queryset, request, view=None):
        size = min(int(request.query_params.get("limit") or PAGE_SIZE), MAX_PAGE_SIZE)
        try:
            page = KeysetPage(queryset, view.keyset, size, after=request.query_params.get("after", ""))
        except CursorError as error:
            raise ValidationError({"after": [_("This is no cursor of this list.")]}) from error
        address = request.build_absolute_uri()
        self.next = replace_query_param(address, "after", page.next) if page.next else None
        return page.rows

    def get_paginated_response(self, data):
        return Response({"next": self.next, "results": data})

    def get_paginated_response_schema(self, schema):
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {"type": "string", "format": "uri", "nullable": True},
                "results": schema,
            },
        }
