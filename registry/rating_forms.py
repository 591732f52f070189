"""What may be asked of the ratings of the service."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from casework.flows import FLOWS
from casework.models import Rating
from casework.services.ratings import BAD
from registry.forms import DayField

GOOD, POOR = "good", "bad"


class RatingFilter(forms.Form):
    """Office, matter, period and score; what cannot be read narrows nothing."""

    office = forms.ModelChoiceField(Division.objects.none(), label=_("Office"), required=False, empty_label=_("All"))
    matter = forms.ChoiceField(label=_("Matter"), required=False)
    score = forms.ChoiceField(
        label=_("Score"),
        required=False,
        choices=[("", _("All")), (GOOD, _("Satisfied (3 to 5)")), (POOR, _("Bad (1 and 2)")), *Rating.Grade.choices],
    )
    state = forms.ChoiceField(
        label=_("Follow-up"),
        required=False,
        choices=[("", _("All")), ("open", _("Still open")), ("done", _("Settled"))],
    )
    since = DayField(label=_("From"))
    until = DayField(label=_("To"))

    def __init__(self, data=None, *, offices):
        super().__init__(data)
        self.fields["office"].queryset = offices
        self.fields["matter"].choices = [("", _("All")), *((kind, flow.label) for kind, flow in FLOWS.items())]

    def narrow(self, rows):
        self.full_clean()
        given = getattr(self, "cleaned_data", {})
        if office := given.get("office"):
            rows = rows.filter(division_path__startswith=office.path)
        if matter := given.get("matter"):
            rows = rows.filter(case__kind=matter)
        if since := given.get("since"):
            rows = rows.filter(at__date__gte=since)
        if until := given.get("until"):
            rows = rows.filter(at__date__lt=until + timedelta(days=1))
        return rows.filter(of_score(given.get("score")), of_state(given.get("state")))


def of_score(score):
    if score in (GOOD, POOR):
        bad = Q(grade__in=BAD)
        return bad if score == POOR else ~bad
    return Q(grade=score) if score else Q()


def of_state(state):
    if state == "open":
        return Q(due__isnull=False)
    return Q(remedied_at__isnull=False) if state == "done" else Q()
