"""What officers write down while looking after organizations: contacts, entries on credit lists, reasons."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.forms import DayField
from registry.models import ContactAttempt, CreditEvent
from registry.models.scheme import Tier


class ContactForm(forms.Form):
    on = DayField(label=_("On"), required=True)
    way = forms.ChoiceField(label=_("How"), choices=ContactAttempt.Way)
    reached = forms.TypedChoiceField(
        label=_("Reached"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
    )
    leader_gone = forms.BooleanField(label=_("The leader has died or left"), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, data=None):
        super().__init__(data, initial={"on": timezone.localdate()})


class CreditForm(forms.Form):
    kind = forms.ChoiceField(label=_("List"))
    grounds = forms.CharField(label=_("Reason for the entry"), min_length=2, max_length=300)
    document = forms.CharField(label=_("Document number"), max_length=60, required=False)

    def __init__(self, data=None, *, organization):
        super().__init__(data)
        kinds = CreditEvent.Kind.choices
        self.fields["kind"].choices = kinds if organization.tier == Tier.REGISTERED else kinds[:1]


class CreditStepForm(forms.Form):
    """The reason of an end, or the number of the document an entry rests on; each service asks for what it needs."""

    text = forms.CharField(max_length=300, required=False)
