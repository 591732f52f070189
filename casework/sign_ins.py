"""Sign-ins, failures, locks and sign-outs in the trail: Django tells of them by signal only."""

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from accounts.addresses import client_address
from accounts.models import User
from casework import audit
from casework.services.accounts import home_of


def listen():
    """Connect the four receivers; called once when the app is ready."""
    user_logged_in.connect(on_sign_in, dispatch_uid="audit_sign_in")
    user_logged_out.connect(on_sign_out, dispatch_uid="audit_sign_out")
    user_login_failed.connect(on_failure, dispatch_uid="audit_sign_in_failed")
    user_locked_out.connect(on_lock, dispatch_uid="audit_locked_out")


def on_sign_in(request, user, **_rest):
    record("sign_in", user.username, request, user)


def on_sign_out(request, user, **_rest):
    if user is not None:
        record("sign_out", user.username, request, user)


def on_failure(credentials, request=None, **_rest):
    record_named("sign_in_failed", credentials.get("username"), request)


def on_lock(request, username, **_rest):
    record_named("locked_out", username, request)


def record_named(action, name, request):
    """What happened to whoever has the name typed, where they work; for a name nobody has, in the whole portal."""
    record(action, name, request, User.objects.filter(username=name).first())


def record(action, name, request, user=None):
    """The name as typed (cut to size), and the address it came from; never the password."""
    address = client_address(request) if request is not None else ""
    path = home_of(user) if user is not None else ""
    audit.record(action, user, by=str(name or "")[:150], note=address, path=path)
