"""What may be typed about a change of divisions; whether it fits the tree, the services say."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import DivisionField
from accounts.models import Division
from registry.forms import DayField
from registry.models import DivisionChange

Kind, Level = DivisionChange.Kind, Division.Level
KINDS = [("", "—"), *Division.Kind.choices]
# What each kind of change asks for beside the day, and at which levels it is made.
ASKS = {
    Kind.SPLIT: ((), {Level.COMMUNITY}),
    Kind.MERGE: (("merged", "new_name", "new_code", "new_kind"), {Level.STREET, Level.COMMUNITY}),
    Kind.RECODE: (("new_code",), {Level.DISTRICT, Level.STREET, Level.COMMUNITY}),
    Kind.RENAME: (("new_name", "new_code"), {Level.DISTRICT, Level.STREET, Level.COMMUNITY}),
    Kind.TRANSFER: (("new_parent", "new_code"), {Level.STREET, Level.COMMUNITY}),
    Kind.CLASS: (("new_kind",), {Level.COMMUNITY}),
    Kind.CREATE: (("new_name", "new_code", "new_kind"), {Level.DISTRICT, Level.STREET}),
    Kind.ABOLISH: ((), {Level.STREET, Level.COMMUNITY}),
}
NEEDED = {
    Kind.MERGE: {"merged"},
    Kind.RECODE: {"new_code"},
    Kind.RENAME: {"new_name"},
    Kind.TRANSFER: {"new_parent"},
    Kind.CLASS: {"new_kind"},
    Kind.CREATE: {"new_name", "new_code"},
}
CHOICES = ("merged", "new_parent", "new_name", "new_code", "new_kind")
MOST_PARTS = 6
RIGHT = "registry.add_divisionchange"


class CodeField(forms.CharField):
    """An official code: digits, of any width; as many as `like` has."""

    def __init__(self, *, like="", **kwargs):
        self.like = like
        digits = forms.TextInput(attrs={"inputmode": "numeric"})
        super().__init__(required=False, max_length=20, widget=digits, **kwargs)

    def clean(self, value):
        digits = re.sub(r"\s", "", super().clean(value)).translate(str.maketrans("０１２３４５６７８９", "0123456789"))
        if digits and not re.fullmatch(r"[0-9]{2,12}", digits):
            raise ValidationError(_("A code is written in digits only."))
        if digits and self.like and len(digits) != len(self.like):
            words = {"count": len(self.like), "code": self.like}
            raise ValidationError(_("The code has %(count)s digits, as %(code)s has.") % words)
        return digits


class StartForm(forms.Form):
    """Which change, and of which place."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of change"), choices=[(kind, kind.label) for kind in ASKS])
    division = DivisionField(
        Division.objects.none(),
        label=gettext_lazy("Place"),
        help_text=gettext_lazy("Of a merger the one that goes on; for a new place the one above it."),
    )

    def __init__(self, data=None, *, user):
        super().__init__(data)
        self.fields["division"].queryset = Division.objects.visible_to(user, RIGHT).in_force().filter(virtual=False)

    def clean(self):
        given = super().clean()
        kind, division = given.get("kind"), given.get("division")
        if kind and division and division.level not in ASKS[kind][1]:
            levels = "、".join(str(Level(level).label) for level in Level.values if level in ASKS[kind][1])
            told = _("For this kind of change choose one of these: %(levels)s.") % {"levels": levels}
            self.add_error("division", told)
        return given


class ChangeForm(forms.Form):
    """A change of one kind at one place: its day and paper, then what this kind needs."""

    effective = DayField(
        label=gettext_lazy("Effective date"),
        required=True,
        help_text=gettext_lazy("Figures up to the day before stay as they were."),
    )
    approval_no = forms.CharField(label=gettext_lazy("Approval number"), max_length=100, required=False)
    merged = forms.ModelMultipleChoiceField(
        Division.objects.none(), label=gettext_lazy("Merged into it"), widget=forms.CheckboxSelectMultiple
    )
    new_parent = forms.ModelChoiceField(Division.objects.none(), label=gettext_lazy("Goes to"))
    new_name = forms.CharField(label=gettext_lazy("New name"), max_length=100, required=False)
    new_code = CodeField(label=gettext_lazy("The new code"))
    new_kind = forms.ChoiceField(label=gettext_lazy("New committee kind"), choices=KINDS, required=False)

    def __init__(self, data=None, *, kind, place, user, initial=None):
        super().__init__(data, initial=initial)
        self.kind, self.place = kind, place
        wanted = [name for name in ASKS[kind][0] if name != "new_kind" or self.about_community]
        for name in set(CHOICES) - set(wanted):
            del self.fields[name]
        for name in wanted:
            self.fields[name].required = name in NEEDED.get(kind, ())
        if "new_code" in wanted and kind != Kind.CREATE:
            self.fields["new_code"].like = place.code
        self.offer(Division.objects.visible_to(user, RIGHT).in_force().filter(virtual=False).order_by("code"))
        self.below = list(self.coming_along()) if self.takes_along else []
        for child in self.below:
            self.fields[code_name(child)] = CodeField(like=child.code, label=str(child))

    @property
    def about_community(self):
        """Whether what changes or begins is a community, which alone has a committee kind."""
        return self.place.level == (Level.STREET if self.kind == Kind.CREATE else Level.COMMUNITY)

    def offer(self, mine):
        """The places a merger or a transfer may name: of the same level, in the same district or city."""
        if "merged" in self.fields:
            beside = mine.filter(level=self.place.level, path__startswith=around(self.place).path)
            self.fields["merged"].queryset = beside.exclude(pk=self.place.pk)
        if "new_parent" in self.fields:
            above = self.place.parent
            beside = mine.filter(level=above.level, path__startswith=around(above).path)
            self.fields["new_parent"].queryset = beside.exclude(pk=above.pk)

    def coming_along(self):
        return Division.objects.under(self.place).in_force().exclude(pk=self.place.pk).order_by("code")

    @property
    def takes_along(self):
        """Whether the places below are given new codes with it."""
        return self.kind == Kind.RECODE and self.place.level in (Level.DISTRICT, Level.STREET)

    def clean(self):
        given = super().clean()
        for child in self.below if given.get("new_code") else ():
            name = code_name(child)
            given[name] = given.get(name) or follow(child.code, self.place.code, given["new_code"])
        return given

    def rows(self):
        """(place below, its field): with the code that follows from the new one where nothing was typed."""
        return [(child, self[code_name(child)]) for child in self.below]

    def filled(self):
        """What was typed, with the codes of the places below that follow from the new one."""
        data = self.data.dict()
        new = data.get("new_code", "").strip()
        return data | {code_name(child): follow(child.code, self.place.code, new) for child in self.below if new}

    @property
    def fields_above(self):
        """The fields that stand above the rows of places below."""
        rows = {code_name(child) for child in self.below}
        return [self[name] for name in self.fields if name not in rows]

    def values(self):
        """(fields, lines) as `create_change` takes them."""
        given = self.cleaned_data
        fields = {name: given.get(name) or "" for name in ("approval_no", "new_name", "new_code", "new_kind")}
        lines = [{"division": row} for row in given.get("merged", ())]
        codes = ((child, given[code_name(child)]) for child in self.below)
        lines += [{"division": child, "code": code} for child, code in codes if code and code != child.code]
        return {**fields, "effective": given["effective"], "new_parent": given.get("new_parent")}, lines


def around(place):
    """Where the places beside it lie: its district, or what lies above it."""
    return place.parent.parent if place.level == Level.COMMUNITY else place.parent


def code_name(place):
    return f"code_{place.pk}"


def follow(code, old, new):
    """The code of a place below after the one above it has a new one; empty when it does not begin with the old."""
    return new + code[len(old) :] if code.startswith(old) else ""


class PartForm(forms.Form):
    """One part of a split community."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, min_length=2, required=False)
    code = CodeField(label=gettext_lazy("Code"))
    kind = forms.ChoiceField(label=gettext_lazy("Committee kind"), choices=KINDS, required=False)

    def __init__(self, *args, like="", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].like = like

    def clean(self):
        given = super().clean()
        if bool(given.get("name")) != bool(given.get("code")) and not self.errors:
            raise ValidationError(_("A part needs its name and its code."))
        return given


class Parts(forms.BaseFormSet):
    """The new parts; with the old community when one part keeps its name and code."""

    def values(self, place, keeps):
        given = (form.cleaned_data for form in self.forms)
        lines = [{name: row[name] for name in ("code", "name", "kind")} for row in given if row.get("name")]
        return [{"division": place}, *lines] if keeps else lines

    def clean(self):
        if any(self.errors):
            return
        for name in ("name", "code"):
            given = [form.cleaned_data[name] for form in self.forms if form.cleaned_data.get(name)]
            if twice := next((word for word in given if given.count(word) > 1), None):
                raise ValidationError(_("%(word)s is written twice.") % {"word": twice})


PartSet = forms.formset_factory(PartForm, formset=Parts, extra=MOST_PARTS, max_num=MOST_PARTS, absolute_max=MOST_PARTS)


class KeepsForm(forms.Form):
    keeps = forms.BooleanField(
        label=gettext_lazy("One part stays the old community, with its name and code"), required=False
    )


class PlacingForm(forms.Form):
    """Where waiting organizations go, from when, and why."""

    STAYS = "stays"
    division = forms.ChoiceField(label=gettext_lazy("Goes to"))
    on = DayField(
        label=gettext_lazy("Counts from"),
        help_text=gettext_lazy("Left empty: from the day the divisions were changed."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), min_length=2, max_length=200)

    def __init__(self, data=None, *, homes):
        super().__init__(data)
        self.homes = {str(home.pk): home for home in homes}
        named = [(pk, f"{home.parent} · {home}") for pk, home in self.homes.items()]
        stays = (self.STAYS, _("The whole street: it belongs to no community"))
        self.fields["division"].choices = [("", "—"), *named, stays]

    @property
    def target(self):
        return self.homes.get(self.cleaned_data["division"])
