"""Whose account acts for an organization, given and taken by hand."""

from django import forms
from django.utils.translation import gettext_lazy as _


class GrantForm(forms.Form):
    who = forms.CharField(
        label=_("Mobile number or user name"),
        max_length=150,
        help_text=_("Whoever signs in with this number, now or later, acts for the organization."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Full name"), max_length=100)
    reason = forms.CharField(label=_("Reason, document"), min_length=2, max_length=200)


class AccountEndForm(forms.Form):
    reason = forms.CharField(label=_("Reason, document"), min_length=2, max_length=200)
