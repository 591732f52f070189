"""What a dashboard may be asked: a date, a map, a figure to rank by, where a list goes on."""

import datetime as dt

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models import Scheme
from reporting.results import State
from reporting.sources import NOW, WAS

FIRST_DAY = dt.date(1990, 1, 1)


class AsOfForm(forms.Form):
    """An empty or unreadable value falls back to its default; the page says so beside the field."""

    as_of = forms.DateField(
        label=_("As of"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    basis = forms.ChoiceField(
        label=_("Map"),
        required=False,
        choices=[(WAS, _("Divisions as they stood then")), (NOW, _("Today's divisions"))],
    )

    def clean_as_of(self):
        on = self.cleaned_data["as_of"] or timezone.localdate()
        if not FIRST_DAY <= on <= timezone.localdate():
            raise forms.ValidationError(_("Please choose a day from 1990 up to today; today's figures are shown."))
        return on

    def clean_basis(self):
        return self.cleaned_data["basis"] or WAS

    def chosen(self, name, default):
        """The cleaned value, or the default when the field could not be read."""
        self.is_valid()
        value = self.cleaned_data.get(name)
        return default if value in (None, "") else value

    @property
    def on(self):
        return self.chosen("as_of", timezone.localdate())

    @property
    def map(self):
        return self.chosen("basis", WAS)


class DashboardForm(AsOfForm):
    rank = forms.SlugField(label=_("Rank by"), required=False, max_length=80)
    scheme = forms.ModelChoiceField(
        Scheme.objects.all(), label=_("Types by"), required=False, empty_label=_("Each place's own types")
    )
    order = forms.ChoiceField(required=False, choices=[("desc", _("Highest first")), ("asc", _("Lowest first"))])
    state = forms.ChoiceField(required=False, choices=State.choices)


class RowsForm(AsOfForm):
    """A list of rows goes on after the row with this key; of organizations, only those of some types, dots between."""

    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    kinds = forms.RegexField(r"^[0-9]{1,18}(\.[0-9]{1,18})*\Z", required=False, max_length=1500)
    scheme = forms.ModelChoiceField(Scheme.objects.all(), required=False)

    @property
    def types(self):
        return tuple(dict.fromkeys(int(pk) for pk in self.chosen("kinds", "").split(".") if pk))
