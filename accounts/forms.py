"""What a person types to sign in and to change a password, and the cascade that picks a division."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Division, User

ROOTS_SHOWN = 200


class SignInForm(AuthenticationForm):
    # A longer name would reach the attempt log's column and fail there, so it is refused before anything looks it up.
    username = forms.CharField(
        label=_("Login name"),
        max_length=User._meta.get_field("username").max_length,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": _("The login name or the password is not right. Please check both and try again."),
        "inactive": _("This account is closed. Please ask your bureau's administrator."),
    }


class OwnPasswordForm(PasswordChangeForm):
    """Changing one's own password also ends the duty to change the initial one; a new one must differ from the old."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": _("The present password is not right. Please type it again."),
        "unchanged": _("The new password is the present one. Please choose another."),
    }

    def clean_new_password2(self):
        new = self.cleaned_data.get("new_password2")
        if new and self.user.check_password(new):
            raise forms.ValidationError(self.error_messages["unchanged"], code="unchanged")
        return new

    def save(self, commit=True):
        self.user.must_change_password = False
        return super().save(commit)


class DivisionCascade(forms.HiddenInput):
    """District – street – community as selects that fill one another; the hidden input carries the deepest choice."""

    input_type = "hidden"
    template_name = "components/division_cascade.html"
    children = "accounts:division_children"
    levels = (Division.Level.DISTRICT, Division.Level.STREET, Division.Level.COMMUNITY)
    empty = {
        Division.Level.DISTRICT: _("Choose a district"),
        Division.Level.STREET: _("Choose a street or town"),
        Division.Level.COMMUNITY: _("Choose a community or village"),
    }

    @property
    def is_hidden(self):
        return False

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["selects"] = self.selects(self.choices.queryset, value)
        context["url"] = reverse(self.children)
        return context

    def selects(self, queryset, value):
        """One select per level from the highest the queryset holds, filled as far as the chosen division goes."""
        chosen = queryset.filter(pk=value).first() if str(value or "").isdecimal() else None
        chain = set(chosen.ancestor_ids) if chosen else set()
        options = self.roots(queryset, chosen)
        selects = []
        for level in levels_from(options):
            picked = next((option for option in options if option.pk in chain), None)
            selects.append({"options": options, "picked": picked, "label": level.label, "empty": self.empty[level]})
            options = list(queryset.filter(parent=picked).order_by("path")) if picked else []
        return selects

    def roots(self, queryset, chosen):
        return roots_of(queryset)


def levels_from(roots):
    """The cascade's levels from the highest root down; all of them when the roots lie above a district."""
    levels = DivisionCascade.levels
    at = min((levels.index(root.level) for root in roots if root.level in levels), default=0)
    return levels[at:]


def roots_of(queryset):
    """The divisions of the queryset that lie inside no other of it, in path order: one look into the index for each."""
    roots, start = [], ""
    while len(roots) < ROOTS_SHOWN and (root := queryset.filter(path__gte=start).order_by("path").first()):
        roots.append(root)
        start = root.path.removesuffix(".") + "/"  # the first text behind the path of everything inside
    return roots


class DivisionField(forms.ModelChoiceField):
    """A division out of the given queryset, picked by cascade."""

    widget = DivisionCascade

    def __init__(self, queryset, **kwargs):
        super().__init__(queryset, **{"label": _("Division"), **kwargs})
        self.error_messages["invalid_choice"] = _("Please choose a division out of your own area.")
