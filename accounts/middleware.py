"""What every request passes: clean input, a session within its limits, no work under an initial password."""

import time
from urllib.parse import unquote_to_bytes

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth import logout
from django.db.utils import OperationalError
from django.http import HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import activate, override
from psycopg2.errors import LockNotAvailable

QUERY_LIMIT = 8192
VALUE_LIMIT = 2000
SEEN_EVERY_SECONDS = 60
RETRY_SECONDS = 30


class InputHygieneMiddleware:
    """Answers 400 to what no honest browser sends and a filter would choke on: NUL, bad UTF-8, endless values."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if is_clean(request):
            return self.get_response(request)
        with override(chosen_language(request)):
            response = HttpResponseBadRequest(render_to_string("400.html"))
        response[HEADER] = build_policy()
        return response


class LanguageMiddleware:
    """Chinese, or what somebody chose with the switch; what a browser asks for is what its computer was sold with."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.LANGUAGE_CODE = chosen_language(request)
        activate(request.LANGUAGE_CODE)
        response = self.get_response(request)
        patch_vary_headers(response, ["Cookie"])
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


def chosen_language(request):
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class BusyMiddleware:
    """Answers 503 where a write waited as long as the database lets it for another's (a long import, say)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if is_held(exception):
            return render(request, "503.html", status=503, headers={"Retry-After": RETRY_SECONDS})
        return None


def is_held(exception):
    """Whether this is the database's word that somebody else held a row for too long; nothing was written then."""
    return isinstance(exception, OperationalError) and isinstance(exception.__cause__, LockNotAvailable)


def is_clean(request):
    query = request.META.get("QUERY_STRING", "")
    if len(query) > QUERY_LIMIT or "\x00" in request.path_info or not is_utf8(query):
        return False
    if any(has_nul(pair) or len(pair[1]) > VALUE_LIMIT for pair in pairs_of(request.GET)):
        return False
    return request.content_type != "application/x-www-form-urlencoded" or not any(map(has_nul, pairs_of(request.POST)))


def is_utf8(query):
    try:
        unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def pairs_of(data):
    return ((key, value) for key, values in data.lists() for value in values)


def has_nul(pair):
    return any("\x00" in text for text in pair)


class SessionLimitMiddleware:
    """Ends a session SESSION_IDLE_SECONDS after the last click or SESSION_COOKIE_AGE after sign-in.

    A page that polls by itself sends `X-Poll: 1`, so that an open progress page does not keep an empty desk signed in.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and request.session.session_key:
            self.check(request, time.time())
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def check(self, request, now):
        session = request.session
        if now - session.get("seen_at", now) > settings.SESSION_IDLE_SECONDS:
            self.end(request, "idle")
        elif now - session.setdefault("signed_in_at", now) > settings.SESSION_COOKIE_AGE:
            self.end(request, "absolute")
        elif now - session.get("seen_at", 0) > SEEN_EVERY_SECONDS and "X-Poll" not in request.headers:
            session["seen_at"] = now

    def end(self, request, reason):
        logout(request)
        request.session["ended"] = reason


class PasswordChangeMiddleware:
    """Nothing but changing it (and leaving) is possible while the password is the initial one."""

    ALLOWED = frozenset({"accounts:password_change", "accounts:sign_out"})

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        user = request.user
        if not user.is_authenticated or not user.must_change_password:
            return None
        if not getattr(view, "login_required", True) or request.resolver_match.view_name in self.ALLOWED:
            return None
        return redirect(reverse("accounts:password_change"))
