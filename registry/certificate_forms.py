"""What an officer says when a certificate is issued, replaced, lost or handed back."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.forms import DayField
from registry.models import Certificate


class IssueForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind of certificate"), choices=Certificate.Kind)
    on = DayField(label=_("Issued on"), required=True)

    def __init__(self, data=None, *, kind=""):
        super().__init__(data, initial={"on": timezone.localdate(), "kind": kind})


class GiveUpForm(forms.Form):
    """The end of a paper."""

    on = DayField(label=_("On"), required=True)
    reason = forms.CharField(label=_("Reason"), max_length=200, min_length=2)

    def __init__(self, data=None):
        super().__init__(data, initial={"on": timezone.localdate()})


class ReplaceForm(GiveUpForm):
    lost = forms.TypedChoiceField(
        label=_("What became of the old one"),
        choices=[
            ("yes", _("It is lost: issue a copy (counted)")),
            ("no", _("It is handed in or outdated: exchange it")),
        ],
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
    )
