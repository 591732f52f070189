"""What another system may send about an organization: the well-formed part; the services decide the rest."""

from django.core.exceptions import ValidationError as ModelValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.models import Division
from casework.api import StrictSerializer
from registry.checks import check
from registry.models import Organization, OrganizationType, OrganizationYear, Term
from registry.models.organization import COUNTED
from registry.models.scheme import Tier
from registry.schemes import main_scheme
from registry.services.guards import FIRST_YEAR
from registry.services.standing import EXITS

CODE = r"^[0-9]{2,12}\Z"
LISTS = {"targets": Term.List.TARGET_GROUP, "fields": Term.List.FIELD, "fund_sources": Term.List.FUND_SOURCE}
STANDING = ("tier", "state", "division", "type")


def checked(key, value):
    """The value by the rule the pages and the import use; what says nothing is empty."""
    try:
        return check(key, value) or ""
    except ModelValidationError as error:
        raise ValidationError(error.messages) from error


def words(length=40, most=50):
    return serializers.ListField(child=serializers.CharField(max_length=length), required=False, max_length=most)


def whole():
    return serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)


class LeaderSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    id_number = serializers.CharField(max_length=40, required=False, allow_blank=True)

    def validate_phone(self, value):
        return checked("phone", value)

    def validate_id_number(self, value):
        return checked("id_number", value)


class DistinctSerializer(StrictSerializer):
    """Why an organization that looks the same is another one."""

    uid = serializers.UUIDField()
    reason = serializers.CharField(min_length=2, max_length=200)


class FiguresBody(StrictSerializer):
    """What an organization reports for one year; null empties a figure, one that is not sent stays."""

    year = serializers.IntegerField(min_value=FIRST_YEAR, max_value=2100)
    members = whole()
    volunteers = whole()
    party_members = whole()
    party_org = serializers.BooleanField(required=False, allow_null=True)
    party_form = serializers.ChoiceField(OrganizationYear.PartyForm.choices, required=False, allow_null=True)
    fulltime = whole()
    certified = whole()
    activities = whole()
    served = whole()
    income = serializers.DecimalField(14, 2, min_value=0, required=False, allow_null=True)


class FlagPeriodBody(StrictSerializer):
    """A function given from the day it `starts`, or the one held now ended on the day it `ends`; with both, in turn."""

    flag = serializers.SlugField(max_length=40)
    starts = serializers.DateField(required=False)
    ends = serializers.DateField(required=False, help_text="The first day it is no longer held.")
    evidence = serializers.CharField(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs):
        if "starts" not in attrs and "ends" not in attrs:
            raise ValidationError({"starts": _("Please say from which day on, or when it ends.")})
        if attrs.get("evidence") and "starts" not in attrs:
            raise ValidationError({"evidence": _("Evidence is given with the first day. Why it ends belongs in note.")})
        return attrs


class ClassificationBody(StrictSerializer):
    """The type in a scheme other than the main one, from today on."""

    scheme = serializers.SlugField(max_length=20)
    type = serializers.CharField(max_length=30, help_text="Code of a type in that scheme.")

    def validate(self, attrs):
        types = OrganizationType.objects.select_related("scheme")
        found = types.filter(scheme__code=attrs["scheme"], code=attrs["type"]).first()
        if found is None:
            raise ValidationError({"type": _("There is no such type.")})
        return {"type": found}


class OrganizationBody(StrictSerializer):
    """One organization as sent; what it may not say now is refused by the service with the field's name."""

    name = serializers.CharField(max_length=100)
    tier = serializers.ChoiceField(Tier.choices)
    division = serializers.RegexField(CODE, help_text="Official code of the home division.")
    type = serializers.CharField(max_length=30, help_text="Code of a type in the district's main scheme.")
    legal_form = serializers.ChoiceField(Organization.LegalForm.choices, required=False, allow_blank=True)
    uscc = serializers.CharField(max_length=40, required=False, allow_blank=True)
    filing_no = serializers.CharField(max_length=60, required=False, allow_blank=True)
    founded = serializers.DateField(required=False, allow_null=True)
    place = serializers.CharField(max_length=200, required=False, allow_blank=True)
    place_area = serializers.DecimalField(10, 2, min_value=0, required=False, allow_null=True)
    targets = words()
    fields = words()
    fund_sources = words()
    rating = serializers.CharField(max_length=10, required=False, allow_blank=True)
    volunteer_system_id = serializers.CharField(max_length=40, required=False, allow_blank=True)
    remark = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    leader = LeaderSerializer(required=False)
    flags = serializers.ListField(child=serializers.SlugField(max_length=40), required=False, max_length=20)
    figures = FiguresBody(required=False)
    distinct = DistinctSerializer(many=True, required=False, max_length=20)

    def validate_name(self, value):
        return checked("name", value)

    def validate_uscc(self, value):
        return checked("uscc", value)

    def validate_flags(self, codes):
        known = set(Term.objects.filter(list=Term.List.FLAG, code__in=codes).values_list("code", flat=True))
        if unknown := [code for code in codes if code not in known]:
            raise ValidationError(_("There is no such term: %(term)s") % {"term": unknown[0]})
        return sorted(known)

    def validate_division(self, code):
        """A division the caller may write in; another district's code is answered like a code nobody has."""
        user, right = self.context["request"].user, self.context["view"].write_right
        division = Division.objects.visible_to(user, right).in_force().filter(code=code).first()
        if division is None:
            raise ValidationError(_("There is no such division."))
        return division

    def validate(self, attrs):
        if "type" in attrs:
            attrs["type"] = self.type_at(attrs.get("division") or self.instance.division, attrs["type"])
        for name, terms in LISTS.items():
            if name in attrs:
                attrs[name] = words_of(terms, attrs[name], name)
        if "distinct" in attrs:
            attrs["distinct"] = self.reasons(attrs["distinct"])
        return attrs

    def type_at(self, division, code):
        found = (
            OrganizationType.objects.filter(scheme=main_scheme(division), code=code).select_related("scheme").first()
        )
        if found is None:
            raise ValidationError({"type": _("The scheme of this district has no such type.")})
        return found

    def reasons(self, given):
        """{organization id: reason} of those the caller can see."""
        user = self.context["request"].user
        told = {item["uid"]: item["reason"] for item in given}
        seen = Organization.objects.visible_to(user).filter(uid__in=told)
        return {pk: told[uid] for pk, uid in seen.values_list("pk", "uid")}


class OrganizationPatch(OrganizationBody):
    """A correction (details, figures); with `effective`, a new standing (tier, state, division, type) from that day.

    Functions begin and end on days of their own (`flag_periods`); those that are not named stay as they are.
    """

    flags = None
    flag_periods = FlagPeriodBody(many=True, required=False, max_length=20)
    classifications = ClassificationBody(many=True, required=False, max_length=10)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    state = serializers.ChoiceField([(state.value, state.label) for state in COUNTED], required=False)
    effective = serializers.DateField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def validate(self, attrs):
        if "version" not in attrs:
            raise ValidationError({"version": [_("Please send the version that was read.")]})
        if any(name in attrs for name in STANDING) and "effective" not in attrs:
            raise ValidationError({"effective": _("Please say from which day the new standing counts.")})
        return super().validate(attrs)


class OrganizationEnd(StrictSerializer):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    state = serializers.ChoiceField([(state.value, state.label) for state in EXITS])
    on = serializers.DateField()
    reason = serializers.CharField(min_length=2, max_length=500)


def words_of(terms, given, field):
    """Names, as records hold them, of terms given by name or by code; what is no term is refused by name."""
    known = {}
    for code, name in Term.objects.filter(list=terms).values_list("code", "name"):
        known.update({code: name, name: name})
    if unknown := [text for text in given if text not in known]:
        raise ValidationError({field: [_("There is no such term: %(term)s") % {"term": unknown[0]}]})
    return [known[text] for text in given]
