"""Signing in by phone, for those who file: the number, then the code; and where the demo's messages are read."""

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.limits import Misses
from casework.models import OutboxMessage
from casework.sealing import mask_phone, seal, unseal
from casework.services import links
from registry.public_forms import TidyField
from registry.services import phone_sign_in
from registry.views.public import Open

BACKEND = "accounts.backends.PlaceBackend"
SENT = Misses("sign-in-code", limit=20, seconds=3600)
WRONG = Misses("sign-in-try", limit=20, seconds=600)
KEPT = "sign_in_phone"
MESSAGES = 20


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel-national", "autofocus": True}),
    )

    def clean_phone(self):
        return phone_sign_in.mobile(self.cleaned_data["phone"])


class CodeForm(forms.Form):
    code = TidyField(
        r"^[0-9]{6}$",
        label=_("Code of six digits"),
        max_length=12,
        error_messages={"invalid": _("The code has six digits.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )


class SignIn(Open):
    """The number; the answer is the same whether it is known, new, or has had too many codes."""

    def get(self, request):
        if request.user.is_authenticated:
            return redirect(target(request))
        return self.page(request, PhoneForm())

    def post(self, request):
        form = PhoneForm(request.POST)
        if not settings.SMS_BACKEND or not form.is_valid():
            return self.page(request, form, status=422)
        if not SENT.exceeded(request):
            phone_sign_in.send_code(phone=form.cleaned_data["phone"])
            SENT.add(request)
        request.session[KEPT] = seal(form.cleaned_data["phone"], row_uid=KEPT, field="phone")
        return redirect(f"{reverse('apply:sign_in_code')}?{request.GET.urlencode()}")

    def page(self, request, form, status=200):
        context = {
            "form": form,
            "query": request.GET.urlencode(),
            "sms": bool(settings.SMS_BACKEND),
            "ended": request.session.pop("ended", None),
            "idle_minutes": settings.SESSION_IDLE_SECONDS // 60,
        }
        return render(request, "apply/sign_in.html", context, status=status)


class SignInCode(Open):
    def get(self, request):
        if KEPT not in request.session:
            return redirect("apply:sign_in")
        return self.page(request, CodeForm())

    def post(self, request):
        phone, form = phone_kept(request), CodeForm(request.POST)
        if not phone:
            return redirect("apply:sign_in")
        if not form.is_valid():
            return self.page(request, form, status=422)
        user = None
        if not WRONG.exceeded(request):
            user = phone_sign_in.sign_in_user(phone=phone, code=form.cleaned_data["code"])
        if user is None:
            WRONG.add(request)
            form.add_error(
                "code", _("This code is not right or no longer valid. Please look again, or ask for a new one.")
            )
            return self.page(request, form, status=422)
        request.session.pop(KEPT)
        login(request, user, backend=BACKEND)
        return redirect(target(request))

    def page(self, request, form, status=200):
        context = {"form": form, "phone": mask_phone(phone_kept(request)), "query": request.GET.urlencode()}
        context["demo"] = settings.DEBUG
        return render(request, "apply/sign_in_code.html", context, status=status)


def phone_kept(request):
    """The number the code was asked for: sealed, for sessions are rows like any other."""
    return unseal(request.session.get(KEPT, ""), row_uid=KEPT, field="phone")


def target(request):
    """Where the visitor was going, when that is a page of ours; else the own cases."""
    wanted = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    return resolve_url("apply:my")


class Messages(Open):
    """What a phone would show: the short messages a portal without a gateway did not send. Empty in production."""

    def get(self, request):
        rows = OutboxMessage.objects.all()[:MESSAGES] if settings.DEBUG else []
        context = {"rows": [(row, links.split(row.text)) for row in rows]}
        return render(request, "public/messages.html", context)
