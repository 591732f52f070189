"""What may be typed about needs, projects and base figures from a page; whether it is allowed, the services say."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import DivisionField
from accounts.models import Division
from registry.forms import DayField, TermsField
from registry.models import DivisionYear, Need, Project, Term
from registry.services.works import digest, require_number

LONG = forms.Textarea(attrs={"rows": 3})


class WorkForm(forms.ModelForm):
    """A need or a project at a community where the user holds the right; carries what it held when opened."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    division = DivisionField(Division.objects.none(), label=gettext_lazy("Community"))
    targets = TermsField(Term.List.TARGET_GROUP, label=gettext_lazy("Service targets"))

    def __init__(self, *args, user, right, **kwargs):
        super().__init__(*args, **kwargs)
        places = Division.objects.visible_to(user, right).in_force()
        places = places.filter(level=Division.Level.COMMUNITY, virtual=False)
        self.fields["division"].queryset = places
        self.fields["targets"].offer(self.instance.targets)
        if self.instance.pk:
            self.initial["seen"] = digest(self.instance)
        elif len(only := places[:2]) == 1:
            self.initial["division"] = only[0].pk

    def clean(self):
        given = super().clean()
        require_number(self.instance, given)  # before the model would say it in words of the database
        return given

    @property
    def values(self):
        return {name: self.cleaned_data[name] for name in self._meta.fields}


class NeedForm(WorkForm):
    raised = DayField(label=gettext_lazy("Raised on"), initial=timezone.localdate)

    class Meta:
        model = Need
        fields = (
            "content",
            "division",
            "category",
            "targets",
            "people",
            "urgency",
            "channel",
            "raised",
            "state",
            "number",
        )
        widgets = {"content": LONG}


class ProjectForm(WorkForm):
    starts = DayField(label=gettext_lazy("From"))
    ends = DayField(label=gettext_lazy("To"))

    class Meta:
        model = Project
        fields = (
            "name",
            "organization_name",
            "division",
            "category",
            "targets",
            "starts",
            "ends",
            "fund_source",
            "amount",
            "served",
            "state",
            "number",
        )
        labels = {"organization_name": gettext_lazy("Organization")}


class WorkFilter(forms.Form):
    q = forms.CharField(label=gettext_lazy("Words in it"), max_length=50, required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)

    def __init__(self, data, *, model):
        super().__init__(data)
        self.fields["state"].choices = [("", _("All")), *model.State.choices]


def years():
    """The years figures are typed for, the newest first."""
    return [(year, str(year)) for year in range(timezone.localdate().year, timezone.localdate().year - 6, -1)]


class FiguresFilter(forms.Form):
    year = forms.TypedChoiceField(label=gettext_lazy("Year"), coerce=int, required=False)
    q = forms.CharField(label=gettext_lazy("Part of the name"), max_length=50, required=False)

    def __init__(self, data):
        super().__init__(data, initial={"year": years()[1][0]})
        self.fields["year"].choices = years()


class BaseFiguresForm(forms.ModelForm):
    """Figures of a place for a year; beside each field what stood before. Empty means unknown, never 0."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)

    GROUPS = (
        (gettext_lazy("People"), ("population", "registered_pop", "households", "elderly", "party_members")),
        (gettext_lazy("Volunteers"), ("reg_volunteers", "active_volunteers", "key_volunteers")),
        (gettext_lazy("Staff"), ("staff", "certified_staff", "social_workers")),
        (gettext_lazy("Places and money"), ("facility_area", "has_station", "fund_count", "fund_amount")),
        (gettext_lazy("Source"), ("source",)),
    )

    class Meta:
        model = DivisionYear
        fields = (*DivisionYear.FIGURES, "source")

    def __init__(self, *args, before=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["has_station"] = forms.TypedChoiceField(
            label=self.fields["has_station"].label,
            choices=[("", "—"), ("yes", _("Yes")), ("no", _("No"))],
            coerce=lambda text: text == "yes",
            empty_value=None,
            required=False,
            initial={True: "yes", False: "no"}.get(self.instance.has_station, ""),
        )
        self.initial.pop("has_station", None)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.version
        for name in DivisionYear.NUMBERS:
            value = getattr(before, name, None)
            if value is not None:
                self.fields[name].help_text = _("%(year)s: %(value)s") % {"year": before.year, "value": value}

    @property
    def grouped(self):
        return [(group, [self[name] for name in names]) for group, names in self.GROUPS]
