"""What may be typed about an organization and whether it is well-formed; whether it is allowed, the services say."""

from datetime import date

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import DivisionField
from accounts.models import Division
from registry.checks import check
from registry.models import Organization, OrganizationType, OrganizationYear, Scheme, Term
from registry.models.organization import COUNTED, State
from registry.models.scheme import Tier
from registry.schemes import main_scheme
from registry.services.guards import locked_facts
from registry.services.standing import EXITS

CURSOR_LENGTH = 300
NAME_LENGTH = 100
YES_NO = ((None, "—"), (True, _("Yes")), (False, _("No")))


class CellField(forms.CharField):
    """A text read by the survey's own rule for the field `key`: what the import recovers is recovered here too."""

    def __init__(self, key, *, empty=None, **kwargs):
        self.key, self.empty = key, empty
        super().__init__(**{"required": False, "max_length": 200, **kwargs})

    def clean(self, value):
        read = check(self.key, super().clean(value))
        return self.empty if read is None else read


class DayField(CellField):
    """A date in any of the forms people write."""

    def __init__(self, key="founded", **kwargs):
        super().__init__(key, max_length=40, **kwargs)
        self.widget.attrs.setdefault("placeholder", "2019-03-05")

    def clean(self, value):
        read = super().clean(value)
        return date.fromisoformat(read) if read else None

    def prepare_value(self, value):
        return value.isoformat() if isinstance(value, date) else value


class CountField(CellField):
    """A number of people or times; 约30人 and full-width digits are read as well."""

    def __init__(self, key, **kwargs):
        super().__init__(key, max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs)


class TermsField(forms.MultipleChoiceField):
    """Several words of a code list. Words a record already has stay choosable when the list no longer holds them."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, name, **kwargs):
        self.list = name
        super().__init__(required=False, **kwargs)

    def offer(self, present=(), *, codes=False):
        rows = Term.objects.filter(list=self.list).values_list("code", "name")
        words = [(code if codes else name, name) for code, name in rows]
        known = {value for value, _name in words}
        self.choices = words + [(value, value) for value in present if value not in known]


def type_choices(user):
    """Types of every scheme that is the main one somewhere in the user's subtrees, grouped when there are several."""
    scope = Q()
    for path in user.paths("registry.view_organization"):
        above = [int(part) for part in path.split(".") if part]
        scope |= Q(divisions__path__startswith=path) | Q(divisions__in=above)
    schemes = Scheme.objects.filter(scope).distinct() if scope else Scheme.objects.none()
    return OrganizationType.objects.filter(scheme__in=schemes.values("pk")).select_related("scheme")


class TypeField(forms.ModelChoiceField):
    """A type; its scheme stands in front when the user works with several."""

    def __init__(self, **kwargs):
        super().__init__(OrganizationType.objects.none(), **{"label": _("Type"), **kwargs})

    def offer(self, user):
        self.queryset = type_choices(user)
        self.several = len({row.scheme_id for row in self.queryset}) > 1

    def label_from_instance(self, obj):
        return f"{obj.scheme.name} · {obj.name}" if self.several else obj.name


def homes(user, right):
    """Divisions in force an organization may be homed in, where the user holds the right."""
    return Division.objects.visible_to(user, right).in_force().filter(virtual=False)


class OrganizationFilter(forms.Form):
    """Every parameter of the list's address; what cannot be read filters nothing and is said."""

    q = forms.CharField(label=_("Part of the name"), required=False, max_length=50)
    division = DivisionField(Division.objects.none(), required=False)
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    type = TypeField(required=False, empty_label=_("All"))
    state = forms.ChoiceField(label=_("State"), required=False)
    flag = forms.ChoiceField(label=_("Function"), required=False)
    uscc = forms.CharField(label=_("Credit code or filing number"), required=False, max_length=60)

    def __init__(self, data, *, user):
        super().__init__(data)
        self.fields["division"].queryset = homes(user, "registry.view_organization")
        self.fields["tier"].choices = [("", _("All")), *Tier.choices]
        self.fields["state"].choices = [("", _("All")), ("counted", _("On the register")), *State.choices]
        self.fields["type"].offer(user)
        flags = Term.objects.filter(list=Term.List.FLAG).values_list("code", "name")
        self.fields["flag"].choices = [("", _("All")), *flags]

    def given(self):
        """What can be read, empty values left out."""
        self.full_clean()
        return {name: value for name, value in getattr(self, "cleaned_data", {}).items() if value not in ("", None)}


class DetailFields(forms.Form):
    """What an officer may correct at any time, in the order of the survey."""

    name = forms.CharField(label=_("Organization name"), max_length=NAME_LENGTH, min_length=2)
    legal_form = forms.ChoiceField(
        label=_("Legal form"), required=False, choices=[("", "—"), *Organization.LegalForm.choices]
    )
    uscc = CellField("uscc", label=_("Credit code"), empty="", help_text=_("18 characters, for registered ones."))
    filing_no = CellField("filing_no", label=_("Filing number"), empty="", max_length=60)
    founded = DayField(label=_("Founded"))
    leader_name = CellField("leader", label=_("Leader"), empty="", max_length=60)
    phone = CellField("phone", label=_("Leader's phone"), empty="", max_length=40)
    id_number = CellField("id_number", label=_("Leader's ID number"), empty="", max_length=40)
    targets = TermsField(Term.List.TARGET_GROUP, label=_("Service targets"))
    fields_ = TermsField(Term.List.FIELD, label=_("Service fields"))
    place = CellField("place", label=_("Venue"), empty="", max_length=200)
    place_area = CountField("place_area", label=_("Venue area (m²)"))
    fund_sources = TermsField(Term.List.FUND_SOURCE, label=_("Sources of funds"))
    volunteer_system_id = forms.CharField(label=_("Volunteer system number"), required=False, max_length=40)
    remark = forms.CharField(
        label=_("Remark"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    GROUPS = (
        (_("Name and numbers"), ("name", "legal_form", "uscc", "filing_no", "founded")),
        (_("Leader"), ("leader_name", "phone", "id_number")),
        (_("What it does"), ("targets", "fields_", "place", "place_area")),
        (_("More"), ("fund_sources", "volunteer_system_id", "remark")),
    )
    LEADER = ("leader_name", "phone", "id_number")

    def clean_name(self):
        return check("name", self.cleaned_data["name"]) or ""

    def clean(self):
        given = super().clean()
        asked = "leader_name" in self.fields
        if asked and (given.get("phone") or given.get("id_number")) and not given.get("leader_name"):
            self.add_error("leader_name", _("Please give the name that belongs to the number."))
        if given.get("name") == "":
            self.add_error("name", _("Please give the name."))
        return given

    def details(self):
        """Keywords for the services."""
        names = [name for name in DetailFields.base_fields if name in self.fields and name not in self.LEADER]
        return {"fields" if name == "fields_" else name: self.cleaned_data[name] for name in names}

    def leader(self):
        given = self.cleaned_data
        return {"name": given["leader_name"], "phone": given["phone"], "id_number": given["id_number"]}

    def offer_terms(self, organization=None):
        for name in ("targets", "fields_", "fund_sources"):
            present = getattr(organization, "fields" if name == "fields_" else name) if organization else ()
            self.fields[name].offer(present)

    def grouped(self):
        """[(heading, [bound fields])] for the page."""
        groups = [(heading, [self[name] for name in names if name in self.fields]) for heading, names in self.GROUPS]
        return [(heading, fields) for heading, fields in groups if fields]


class FigureFields(forms.Form):
    """What an organization reported for a year; empty means unknown."""

    year = forms.IntegerField(label=_("Year of the figures"), min_value=1990, max_value=2999)
    members = CountField("members", label=_("Members"))
    volunteers = CountField("volunteers", label=_("Registered volunteers"))
    party_members = CountField("party_members", label=_("Party members"))
    party_org = forms.TypedChoiceField(
        label=_("Has a party body"),
        required=False,
        choices=YES_NO,
        coerce=lambda text: text == "True",
        empty_value=None,
    )
    party_form = forms.ChoiceField(
        label=_("Party form"), required=False, choices=[("", "—"), *OrganizationYear.PartyForm.choices]
    )
    fulltime = CountField("fulltime", label=_("Full-time staff"))
    certified = CountField("certified", label=_("Certified social workers"))
    activities = CountField("activities", label=_("Activities in the year"))
    served = CountField("served", label=_("Person-times served in the year"))
    income = CountField("income", label=_("Yearly funds (yuan)"))

    FIGURES = ("year", *OrganizationYear.FIGURES)

    def figures(self):
        return {name: self.cleaned_data[name] for name in OrganizationYear.FIGURES if name in self.cleaned_data}

    def clean_year(self):
        year = self.cleaned_data["year"]
        if year > timezone.localdate().year:
            raise forms.ValidationError(_("The year lies in the future."))
        return year


class OrganizationForm(FigureFields, DetailFields):
    """A new organization."""

    tier = forms.ChoiceField(label=_("Tier"), choices=[("", _("Please choose")), *Tier.choices])
    type = TypeField(empty_label=_("Please choose"))
    division = DivisionField(Division.objects.none(), label=_("Home community or street"))
    flags = TermsField(Term.List.FLAG, label=_("Functions"))

    GROUPS = (
        (_("What and where"), ("name", "tier", "type", "division")),
        (_("Numbers and founding"), ("legal_form", "uscc", "filing_no", "founded")),
        *DetailFields.GROUPS[1:3],
        (_("Figures of the year"), FigureFields.FIGURES),
        (_("Functions"), ("flags",)),
        DetailFields.GROUPS[3],
    )

    def __init__(self, data=None, *, user, **kwargs):
        super().__init__(data, initial={"year": timezone.localdate().year}, **kwargs)
        self.fields["division"].queryset = homes(user, "registry.add_organization")
        self.fields["type"].offer(user)
        self.fields["flags"].offer(codes=True)
        self.offer_terms()

    def clean(self):
        given = super().clean()
        place, kind = given.get("division"), given.get("type")
        if place and kind and kind.scheme != main_scheme(place):
            self.add_error("type", _("This district uses another scheme. Please choose one of its types."))
        return given

    def data_for_service(self):
        given = self.cleaned_data
        figures = {name: value for name, value in self.figures().items() if value not in ("", None)}
        standing = {name: given[name] for name in ("tier", "type", "division", "flags")}
        return {**self.details(), **standing, "leader": self.leader(), "figures": figures, "year": given["year"]}


class EditForm(DetailFields):
    """Correcting a record: what is known is filled in; the leader's numbers stay hidden and are kept when empty.

    What a filing or registration vouches for is not asked here: those facts change through a case.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    note = forms.CharField(label=_("Reason for the change"), required=False, max_length=200)

    GROUPS = (*DetailFields.GROUPS, (_("About this change"), ("note",)))

    def __init__(self, data=None, *, organization, hints, **kwargs):
        initial = {name: getattr(organization, name) for name in DETAIL_NAMES}
        leader = organization.leader.name if organization.leader else ""
        initial |= {"fields_": organization.fields, "leader_name": leader, "version": organization.version}
        super().__init__(data, initial=initial, **kwargs)
        self.offer_terms(organization)
        for name, shown in hints.items():
            if shown:
                self.fields[name].help_text = _("Stored: %(shown)s. Leave empty to keep it.") % {"shown": shown}
        self.known_leader = leader
        for name in locked_fields(organization, hints):
            del self.fields[name]

    def leader(self):
        given = {"leader_name": self.known_leader, "id_number": "", **self.cleaned_data}
        return {"name": given["leader_name"], "phone": given["phone"], "id_number": given["id_number"]}


def locked_fields(organization, hints):
    """Fields of the form whose facts change only through a case."""
    locked = locked_facts(organization)
    names = [name for name in DetailFields.base_fields if name in locked]
    if "leader" in locked:
        names += ["leader_name", *(["id_number"] if hints["id_number"] else [])]
    return names


DETAIL_NAMES = tuple(name for name in DetailFields.base_fields if name not in (*DetailFields.LEADER, "fields_"))


class VersionedForm(forms.Form):
    """A verb on a record somebody may have changed meanwhile."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, data=None, *, organization, **kwargs):
        initial = {"version": organization.version, **kwargs.pop("initial", {})}
        super().__init__(data, initial=initial, **kwargs)


class StandingForm(VersionedForm):
    """Tier, state, type and place from a day on."""

    effective = DayField(label=_("From"), required=True)
    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices)
    state = forms.ChoiceField(label=_("State"), choices=[(state.value, state.label) for state in COUNTED])
    type = TypeField(empty_label=None)
    division = DivisionField(Division.objects.none(), label=_("Home community or street"))
    note = forms.CharField(label=_("Reason for the change"), max_length=200)

    def __init__(self, data=None, *, organization, user):
        initial = {name: getattr(organization, name) for name in ("tier", "state", "type", "division")}
        super().__init__(data, organization=organization, initial=initial)
        self.fields["division"].queryset = homes(user, "registry.change_organization")
        self.fields["type"].offer(user)
        for name in locked_facts(organization) & set(self.fields):
            del self.fields[name]


class EndForm(VersionedForm):
    """Ending an organization; the name is typed again because the record then stands still."""

    state = forms.ChoiceField(label=_("How it ended"), choices=[(state.value, state.label) for state in EXITS])
    on = DayField(label=_("Ended on"), required=True)
    reason = forms.CharField(label=_("Reason"), max_length=200, min_length=2)
    typed_name = forms.CharField(label=_("Type the name of the organization"), max_length=NAME_LENGTH)

    def __init__(self, data=None, *, organization):
        self.name = organization.name
        super().__init__(data, organization=organization)

    def clean_typed_name(self):
        if self.cleaned_data["typed_name"].strip() != self.name:
            raise forms.ValidationError(_("This is not the name. Please type it exactly as it stands above."))
        return self.name


class YearForm(VersionedForm, FigureFields):
    """The figures of a year, of a record known already."""


class ReopenForm(VersionedForm):
    reason = forms.CharField(label=_("Reason"), max_length=200, min_length=2)


class FlagForm(forms.Form):
    """A function from a day on."""

    flag = forms.ChoiceField(label=_("Function"))
    starts = DayField(label=_("From"), required=True)
    evidence = forms.CharField(label=_("Evidence"), required=False, max_length=200)

    def __init__(self, data=None, *, organization):
        super().__init__(data)
        held = {row.flag for row in organization.flags.all() if row.ends is None}
        terms = Term.objects.filter(list=Term.List.FLAG).values_list("code", "name")
        self.fields["flag"].choices = [(code, name) for code, name in terms if code not in held]


class FlagEndForm(forms.Form):
    ends = DayField(label=_("Ended on"), required=True)
    note = forms.CharField(label=_("Reason"), required=False, max_length=200)


class ClassifyForm(forms.Form):
    """The type in a scheme other than the main one."""

    type = forms.ModelChoiceField(OrganizationType.objects.none(), label=_("Type"))

    def __init__(self, data=None, *, organization):
        super().__init__(data)
        others = OrganizationType.objects.exclude(scheme=organization.type.scheme_id).select_related("scheme")
        self.fields["type"].queryset = others
        self.fields["type"].label_from_instance = lambda row: f"{row.scheme.name} · {row.name}"


class RevealForm(forms.Form):
    """What is to be shown, and what for."""

    field = forms.ChoiceField(label=_("Number"), choices=[("phone", _("Phone")), ("id", _("ID number"))])
    purpose = forms.CharField(label=_("What you need it for"), min_length=4, max_length=200)
