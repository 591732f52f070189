"""Signing in and out, one's own account, and the switches of the top bar."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import TemplateView
from django.views.i18n import set_language
from django_htmx.http import HttpResponseClientRedirect

from accounts.context import places_of
from accounts.forms import OwnPasswordForm, SignInForm
from accounts.limits import PASSWORDS_AT, PASSWORDS_OF
from accounts.models import Division

ONE_YEAR = 31536000


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request, *args, **kwargs):
        # A fragment request of an ended session must move the whole page here, not draw this form into a table cell.
        if request.htmx:
            return HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if PASSWORDS_AT.exceeded(request) or PASSWORDS_OF.exceeded(self.name):
            words = {"cooloff_timedelta": settings.AXES_COOLOFF_TIME}
            return render(request, settings.AXES_LOCKOUT_TEMPLATE, words, status=429)
        return super().post(request, *args, **kwargs)

    @property
    def name(self):
        return self.request.POST.get("username", "").strip()

    def form_invalid(self, form):
        PASSWORDS_AT.add(self.request)
        PASSWORDS_OF.add(self.name)
        return super().form_invalid(form)

    def get_context_data(self, **kwargs):
        ended = self.request.session.pop("ended", None) if self.request.method == "GET" else None
        minutes = settings.SESSION_IDLE_SECONDS // 60
        return super().get_context_data(ended=ended, idle_minutes=minutes, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class SignOut(LogoutView):
    http_method_names = ["post", "options"]


class PasswordChange(PasswordChangeView):
    template_name = "accounts/password_change.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("reporting:home")

    def form_valid(self, form):
        messages.success(self.request, _("Your password is changed. Other devices are signed out."))
        return super().form_valid(form)


class Account(TemplateView):
    template_name = "accounts/account.html"

    def get_context_data(self, **kwargs):
        assignments = self.request.user.assignments.in_force(timezone.localdate()).select_related("role", "division")
        return super().get_context_data(assignments=assignments, **kwargs)


language = login_not_required(require_POST(set_language))


@login_not_required
@require_POST
def elder(request):
    response = redirect(back(request))
    if request.COOKIES.get("elder") == "1":
        response.delete_cookie("elder")
    else:
        response.set_cookie("elder", "1", max_age=ONE_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


@require_POST
def choose_place(request):
    place = request.POST.get("place", "")
    if not any(str(known.pk) == place for known in places_of(request)):
        raise Http404
    request.session["place"] = int(place)
    return redirect("reporting:home")


@require_GET
def division_children(request):
    parent = request.GET.get("parent", "")
    if not (parent.isascii() and parent.isdigit() and len(parent) < 19):
        raise Http404
    divisions = Division.objects.visible_to(request.user).in_force().filter(parent_id=int(parent)).order_by("path")
    return JsonResponse({"divisions": [{"id": row.pk, "name": str(row)} for row in divisions]})


def back(request):
    """Where a switch was pressed, when that is a page of ours; else the home page."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return target
    return resolve_url("reporting:home")
