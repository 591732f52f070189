"""What everybody may ask the directory, and the code of a certificate as somebody types it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import DivisionCascade, DivisionField
from accounts.models import Division
from casework.numbers import tidy
from registry.directory import published_divisions
from registry.forms import TypeField
from registry.models.scheme import Tier
from registry.schemes import main_scheme

DISTRICTS = 200


class TidyField(forms.RegexField):
    """A number or code as people type it: full width and blanks are read like what they stand for."""

    def to_python(self, value):
        return tidy(super().to_python(value))


class PublicCascade(DivisionCascade):
    """District – street – community for everybody: the districts that publish, below a province once one is chosen."""

    children = "public:division_children"

    def roots(self, queryset, chosen):
        districts = queryset.filter(level=Division.Level.DISTRICT).order_by("path")
        if chosen is not None and chosen.level in (Division.Level.PROVINCE, Division.Level.CITY):
            districts = districts.under(chosen)
        return list(districts[:DISTRICTS])


class DirectoryFilter(forms.Form):
    """Every parameter of the directory's address; what cannot be read filters nothing and is said."""

    q = forms.CharField(label=_("Name or number"), required=False, max_length=50)
    division = DivisionField(
        Division.objects.none(), label=_("Street and community"), required=False, widget=PublicCascade
    )
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    type = TypeField(required=False, empty_label=_("All"))

    def __init__(self, data, *, place):
        super().__init__(data)
        self.fields["division"].queryset = published_divisions()
        self.fields["tier"].choices = [("", _("All")), *Tier.choices]
        scheme = main_scheme(place) if place else None
        if scheme is None:
            del self.fields["type"]
        else:
            self.fields["type"].queryset, self.fields["type"].several = scheme.types.all(), False

    def given(self):
        """What can be read, empty values left out."""
        self.full_clean()
        return {name: value for name, value in getattr(self, "cleaned_data", {}).items() if value not in ("", None)}


class CheckForm(forms.Form):
    """The code of a certificate; whether it is one is not the form's to say: every wrong one gets the same answer."""

    code = forms.CharField(
        label=_("Code on the certificate"),
        max_length=100,
        strip=True,
        help_text=_("Ten letters and figures below the QR code, like ABCDE-FGHJK. Capitals and dashes do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "code-input"}
        ),
    )
