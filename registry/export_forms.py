"""What may be asked of an export."""

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.models import ExportJob


class ExportForm(forms.Form):
    """The layout of the workbook, and whether phones stand in it in full."""

    layout = forms.ChoiceField(label=_("Layout"), choices=ExportJob.Layout, required=False, widget=forms.RadioSelect)
    unmasked = forms.BooleanField(
        label=_("Phones and names of leaders in full"),
        required=False,
        help_text=_("Only where you may see them; the purpose is written into the audit trail."),
    )
    purpose = forms.CharField(label=_("What the full phones are for"), required=False, max_length=200)
    filter = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, *args, may_reveal, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_reveal:
            del self.fields["unmasked"], self.fields["purpose"]

    def clean_layout(self):
        return self.cleaned_data["layout"] or ExportJob.Layout.LIST

    def asked(self):
        """Keywords for the service."""
        given = self.cleaned_data
        return {
            "layout": given["layout"],
            "unmasked": given.get("unmasked", False),
            "purpose": given.get("purpose", ""),
        }
