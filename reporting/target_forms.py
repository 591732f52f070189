"""Forms of the administration pages of target sets and targets: measures chosen by their names in words."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from casework.admin.base import ServiceForm
from registry.models import OrganizationType
from registry.models.scheme import Tier
from reporting.measures import MEASURES
from reporting.models import Target, TargetSet
from reporting.services import add_target, create_target_set, edit_target, edit_target_set

FIGURES = ("value", "good_value", "factor", "baseline_value")
# Names that stand for several measures: one for each tier counted, or for urban or rural by the target's own basis.
PATTERNS = {
    "orgs_{tier}": (MEASURES["orgs"].label, _("%(of)s, tiers counted")),
    "orgs_{urban}_{tier}": (MEASURES["orgs"].label, _("%(of)s in urban communities, tiers counted")),
    "orgs_{rural}_{tier}": (MEASURES["orgs"].label, _("%(of)s in rural communities, tiers counted")),
    "communities_{urban}": (MEASURES["communities"].label, _("%(of)s, urban by the basis chosen")),
    "communities_{rural}": (MEASURES["communities"].label, _("%(of)s, rural by the basis chosen")),
}


class SetForm(ServiceForm):
    """Carries the version of the set as the page was opened with it."""

    set_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            del self.fields["set_version"]
        else:
            self.fields["set_version"].initial = self.target_set().version

    def target_set(self):
        return self.instance


class TargetSetForm(SetForm):
    class Meta:
        model = TargetSet
        fields = ("name", "valid_from", "valid_to", "divisions")

    def call_service(self):
        values = dict(self.cleaned_data)
        if self.instance.pk is None:
            return create_target_set(by=self.actor, **values)
        return edit_target_set(target_set=self.instance, by=self.actor, version=values.pop("set_version"), **values)


class DoneAction(ActionForm):
    """The action's own box, with room for the reason a moved baseline needs."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, widget=UnfoldAdminTextInputWidget(attrs={"size": 24})
    )


def measure_choices(present=()):
    """Measures by their names in words: by tier or kind of place, each, by type; one in use stays offered."""
    terms = [(name, text % {"of": of}) for name, (of, text) in PATTERNS.items()]
    named = [(name, f"{entry.label} ({entry.unit})") for name, entry in MEASURES.items()]
    types = OrganizationType.objects.select_related("scheme").order_by("scheme__code", "order")
    typed = [(f"orgs_{{tier}}:{row.scheme.code}/{row.code}", f"{terms[0][1]} · {row.scheme} · {row}") for row in types]
    known = {name for name, _label in [*terms, *named, *typed]}
    return [*terms, *named, *typed, *((name, name) for name in present if name not in known)]


def trimmed(value):
    """A figure without the zeros behind it: 1980.0000 is 1980."""
    value = Decimal(value)
    return value.quantize(1) if value == value.to_integral_value() else value.normalize()


def in_words(names):
    words = dict(measure_choices(names))
    return "、".join(str(words[name]) for name in names)


def several(label, choices=()):
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=UnfoldAdminSelect2MultipleWidget
    )


class TargetForm(SetForm):
    numerator = several(_("numerator"))
    denominator = several(_("denominator"))
    tiers = several(_("tiers counted"), Tier.choices)
    reported = forms.ChoiceField(label=_("counted as reported"), required=False, widget=UnfoldAdminSelect2Widget)
    reporters = forms.ChoiceField(label=_("due from"), required=False, widget=UnfoldAdminSelect2Widget)

    class Meta:
        model = Target
        exclude = ("order",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        target = self.instance
        self.initial |= {name: trimmed(self.initial[name]) for name in FIGURES if self.initial.get(name) is not None}
        for name in ("numerator", "denominator"):
            self.fields[name].choices = measure_choices(getattr(target, name))
        for name in ("reported", "reporters"):
            self.fields[name].choices = [("", "—"), *measure_choices([getattr(target, name)] * bool(target.pk))]

    def target_set(self):
        return self.instance.set

    def call_service(self):
        values = dict(self.cleaned_data)
        if self.instance.pk is None:
            return add_target(target_set=values.pop("set"), by=self.actor, **values)
        return edit_target(target=self.instance, by=self.actor, version=values.pop("set_version"), **values)
