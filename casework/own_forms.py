"""What may be typed about one's own work: a substitute, handing everything over."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Assignment, User
from accounts.models.division import in_paths
from casework.models import Case, CaseParty
from casework.services import handling


def leaving_user(login, user, right):
    """As `known_user`, or somebody gone already who still files an open case for others there."""
    there = Case.objects.open().filter(in_paths("division_path", user.paths(right)))
    acting = CaseParty.objects.filter(role=CaseParty.Role.AGENT, case__in=there)
    gone = User.objects.filter(username=login, pk__in=acting.values("user"))
    return known_user(login, user, right) or gone.first()


def known_user(login, user, right):
    """Somebody else who works at a place where the user holds the right; None when there is no such person."""
    rows = Assignment.objects.visible_to(user, right).in_force(timezone.localdate())
    return User.objects.filter(username=login, is_active=True, pk__in=rows.values("user")).first()


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, data=None, *, user):
        self.user = user
        super().__init__(data)

    def clean_password(self):
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("The present password is not right. Please type it again."))
        return self.cleaned_data["password"]


class ColleagueForm(forms.Form):
    """A form about the user's own work, or, for those who may, about somebody else's named by the login name."""

    right = ""
    other = ""
    find = staticmethod(known_user)

    def __init__(self, data=None, *, user):
        self.user = user
        super().__init__(data)
        if not user.has_perm(self.right):
            del self.fields[self.other]

    def clean(self):
        given = super().clean()
        login = given.get(self.other)
        given[self.other] = self.find(login, self.user, self.right) if login else None
        if login and given[self.other] is None:
            self.add_error(self.other, _("Nobody of this login name works at your places."))
        return given

    def refuse(self, error):
        """A service's refusal beside the fields it names, else on top."""
        told = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
        for name, faults in told.items():
            self.add_error(name if name in self.fields else None, faults)


class AbsenceForm(ColleagueForm):
    """Who stands in, from which day until the day somebody is back."""

    right, other = "accounts.add_assignment", "absent"

    substitute = forms.ModelChoiceField(User.objects.none(), label=_("Substitute"), empty_label=_("Please choose"))
    starts = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    ends = forms.DateField(label=_("Back on"), widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("Reason"), required=False, max_length=200)
    absent = forms.CharField(
        label=_("Login name of somebody else who is absent"),
        required=False,
        max_length=150,
        help_text=_("Leave it empty when you are absent yourself."),
    )

    def __init__(self, data=None, *, user):
        super().__init__(data, user=user)
        self.fields["substitute"].queryset = handling.colleagues(user)
        self.fields["starts"].initial = timezone.localdate()

    def arranged(self):
        """The arguments of the service."""
        given = dict(self.cleaned_data)
        return {**given, "absent": given["absent"] or self.user}


class HandOverForm(ColleagueForm):
    """To whom everything goes that somebody has in hand or files for others."""

    right, other, find = "casework.reassign_case", "leaving", staticmethod(leaving_user)

    to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Colleague"),
        required=False,
        empty_label=_("Nobody: back to the office's list"),
    )
    note = forms.CharField(label=_("Reason"), min_length=2, max_length=200)
    leaving = forms.CharField(
        label=_("Login name of somebody else who leaves"),
        required=False,
        max_length=150,
        help_text=_("Leave it empty to hand over your own cases."),
    )

    def __init__(self, data=None, *, user):
        super().__init__(data, user=user)
        self.fields["to"].queryset = handling.colleagues(user)
