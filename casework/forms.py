"""What may be typed on the pages of cases, and whether it is well-formed."""

import re

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.flows import FLOWS
from casework.services.inbox import lit

ANCHOR = re.compile(r"item_([a-z0-9_]{1,60})\Z")
DISTINCT = re.compile(r"distinct_([0-9]{1,18})\Z")
PERSON = re.compile(r"person_([0-9a-f-]{36})\Z")


class CaseFilter(forms.Form):
    """The query bar of the lists of cases."""

    q = forms.CharField(label=_("Case number or subject"), required=False, max_length=60)
    kind = forms.ChoiceField(label=_("Matter"), required=False)
    light = forms.ChoiceField(
        label=_("Time left"),
        required=False,
        choices=[("", _("All")), ("red", _("Overdue")), ("yellow", _("Nearly due"))],
    )

    def __init__(self, data=None):
        super().__init__(data)
        self.fields["kind"].choices = [("", _("All")), *((kind, flow.label) for kind, flow in FLOWS.items())]

    def given(self):
        self.full_clean()
        return getattr(self, "cleaned_data", {})

    def narrow(self, cases):
        """The cases that fit what could be read; what cannot be read narrows nothing."""
        given = self.given() if self.is_bound else {}
        if text := given.get("q"):
            cases = cases.filter(Q(number__startswith=text) | Q(title__contains=text))
        if kind := given.get("kind"):
            cases = cases.filter(kind=kind)
        return lit(cases, given.get("light"))


def items_given(post):
    """[{"anchor", "reason", "basis"}] of the fields and papers ticked in a return."""
    return [
        {"anchor": found[1], "reason": post.get(f"reason_{found[1]}", ""), "basis": post.get(f"basis_{found[1]}", "")}
        for key in post
        if (found := ANCHOR.match(key))
    ]


def reasons_given(post):
    """{id: reason} of look-alikes called different."""
    found = ((DISTINCT.match(key), text.strip()) for key, text in post.items())
    return {int(match[1]): text[:200] for match, text in found if match and len(text) > 1}


def people_given(post):
    """{uid: "same" or "new"} of people said to be, or not to be, somebody known."""
    return {found[1]: said for key, said in post.items() if (found := PERSON.match(key)) and said in ("same", "new")}


class NoticeChoiceForm(forms.Form):
    """How somebody wants to be told; a number left empty stays as it is."""

    email = forms.BooleanField(label=_("By e-mail"), required=False)
    sms = forms.BooleanField(label=_("By short message"), required=False)
    daily = forms.BooleanField(
        label=_("E-mails once a day, at 8:30 in the morning"),
        required=False,
        help_text=_("Otherwise each comes at once, as decisions, returns and other statutory notices always do."),
    )
    phone = forms.CharField(
        label=_("New mobile number"),
        required=False,
        max_length=20,
        help_text=_("Leave it empty to keep the number you have."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    forget = forms.BooleanField(label=_("Forget my mobile number"), required=False)

    def chosen(self):
        """The arguments of the service."""
        given = self.cleaned_data
        phone = "" if given["forget"] else given["phone"] or None
        return {"email": given["email"], "sms": given["sms"], "daily": given["daily"], "phone": phone}


class ObjectionForm(forms.Form):
    """What somebody objects to a notice; unnamed ones cannot be answered and are not taken."""

    name = forms.CharField(
        label=_("Your name"), min_length=2, max_length=50, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    contact = forms.CharField(
        label=_("Phone or address for the answer"),
        min_length=5,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "tel"}),
    )
    text = forms.CharField(
        label=_("What you object to, and why"),
        min_length=5,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class PublicityForm(forms.Form):
    """The draft of a notice: its words, the papers shown with it, and those looked through by a person."""

    title = forms.CharField(label=_("Title"), max_length=200)
    body = forms.CharField(label=_("Text"), max_length=8000, widget=forms.Textarea(attrs={"rows": 12}))
    contact = forms.CharField(
        label=_("Where to object"),
        required=False,
        max_length=300,
        help_text=_("Office, address and office telephone. Mobile numbers of people are not published."),
    )
    papers = forms.MultipleChoiceField(
        label=_("Papers shown with it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    looked = forms.MultipleChoiceField(
        label=_("Looked through: no personal numbers in these pictures or scans"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args, papers, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(str(paper.uid), paper.name) for paper in papers]
        self.fields["papers"].choices = self.fields["looked"].choices = choices
        if not choices:
            del self.fields["papers"], self.fields["looked"]

    def given(self):
        """The arguments of the service."""
        return {"papers": [], "looked": [], **self.cleaned_data}


class AnswerForm(forms.Form):
    """The answer to an objection."""

    upheld = forms.TypedChoiceField(
        label=_("Result"),
        choices=[("no", _("Not upheld")), ("yes", _("Upheld"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(label=_("Answer with reasons"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
