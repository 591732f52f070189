"""What bureau staff may type about an organization on the administration pages."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from casework.admin.base import ServiceForm
from registry.checks import check
from registry.forms import TermsField
from registry.models import Organization, Term
from registry.models.organization import COUNTED
from registry.services.organizations import NUMBERS, DuplicateFoundError, edit_organization
from registry.services.standing import STANDING, change_standing

LISTS = ("targets", "fields", "fund_sources")


class Words(TermsField):
    widget = UnfoldAdminCheckboxSelectMultipleWidget


class OrganizationForm(ServiceForm):
    """Details are corrected at once; tier, state, type and home change from the day in `effective` on."""

    targets = Words(Term.List.TARGET_GROUP, label=_("Service targets"))
    fields = Words(Term.List.FIELD, label=_("Service fields"))
    fund_sources = Words(Term.List.FUND_SOURCE, label=_("Sources of funds"))
    effective = forms.DateField(
        label=_("From"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("The day the new tier, state, type or home counts from; needed only when one of them changes."),
    )
    note = forms.CharField(
        label=_("Reason for the change"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )
    another = forms.CharField(
        label=_("Another one, because"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Only where a look-alike is named: why this is a different organization. Nobody is asked again."),
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    DETAILS = (
        "name",
        "legal_form",
        "uscc",
        "filing_no",
        "founded",
        "place",
        "place_area",
        *LISTS,
        "rating",
        "volunteer_system_id",
        "remark",
    )

    class Meta:
        model = Organization
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "type" not in self.fields:
            return
        self.initial["seen_version"] = self.instance.version
        for name in LISTS:
            self.fields[name].offer(getattr(self.instance, name))
        self.fields["type"].queryset = self.instance.type.scheme.types.all()
        self.fields["state"].choices = [(state.value, state.label) for state in COUNTED]

    def clean_name(self):
        return check("name", self.cleaned_data["name"]) or ""

    def clean_uscc(self):
        return check("uscc", self.cleaned_data["uscc"]) or ""

    def clean(self):
        given = super().clean()
        if set(STANDING) & set(self.changed_data) and not given.get("effective") and "effective" not in self.errors:
            self.add_error("effective", _("Please say from which day the new standing counts."))
        return given

    def call_service(self):
        given = self.cleaned_data
        about = {"organization": self.instance, "by": self.actor, "note": given["note"]}
        details = {name: given[name] for name in self.DETAILS if name in given}
        stored = self.edit(version=given["seen_version"], **about, **details)
        moved = {name: given[name] for name in STANDING if name in self.changed_data}
        if not moved:
            return stored
        return change_standing(version=stored.version, effective=given["effective"], **about, **moved)

    def edit(self, **values):
        """A look-alike the officer sees, other than by number, may be said to be a different organization."""
        try:
            return edit_organization(**values)
        except DuplicateFoundError as error:
            near = [match.id for match in error.matches if match.how not in NUMBERS]
            alike = dict(Organization.objects.visible_to(self.actor).filter(pk__in=near).values_list("pk", "name"))
            if len(alike) < len(error.matches):
                raise
            reason = self.cleaned_data["another"].strip()
            if not reason:
                told = _("This looks like %(names)s. If it is a different organization, say here why.")
                raise ValidationError({"another": told % {"names": "、".join(alike.values())}}) from error
            return edit_organization(distinct=dict.fromkeys(alike, reason), **values)
