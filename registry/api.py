"""Divisions, base figures and organizations for other systems: what the caller's own pages would show, and no more."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import BasePermission

from accounts.models import Division
from casework.api import PageParameters, Parameters, Settled
from registry.models import DivisionYear, Organization, OrganizationFlag
from registry.models.organization import State
from registry.models.scheme import Tier
from registry.sealing import mask_phone, unseal

CODE = r"^[0-9]{2,12}\Z"


def visible_division(request, code, right):
    """The division in force with this code inside the caller's subtrees; else the 404 of a code nobody has."""
    divisions = Division.objects.visible_to(request.user, right).in_force()
    return get_object_or_404(divisions.select_related("parent"), code=code)


class Holds(BasePermission):
    """The right the view names, somewhere; where exactly is the queryset's business."""

    def has_permission(self, request, view):
        return request.user.has_perm(view.right)


class DivisionParameters(PageParameters):
    parent = serializers.RegexField(CODE, required=False, help_text="Official code: its direct children only.")
    under = serializers.RegexField(CODE, required=False, help_text="Official code: it and everything below it.")
    level = serializers.ChoiceField(Division.Level.choices, required=False)


class DivisionSerializer(serializers.ModelSerializer):
    parent = serializers.CharField(source="parent.code", default=None, read_only=True)

    class Meta:
        model = Division
        fields = ["code", "name", "short_name", "full_name", "level", "kind", "virtual", "parent", "valid_from"]


@extend_schema(parameters=[DivisionParameters])
class DivisionList(ListAPIView):
    """Divisions in force inside the caller's subtrees, in tree order."""

    permission_classes = [Settled, Holds]
    serializer_class = DivisionSerializer
    right = "accounts.view_division"
    keyset = ("path",)
    queryset = Division.objects.none()

    def get_queryset(self):
        given = DivisionParameters.read(self.request)
        rows = Division.objects.visible_to(self.request.user, self.right).in_force().select_related("parent")
        if "under" in given:
            rows = rows.under(visible_division(self.request, given["under"], self.right))
        if "parent" in given:
            rows = rows.filter(parent=visible_division(self.request, given["parent"], self.right))
        return rows.filter(level=given["level"]) if "level" in given else rows


class DivisionDetail(RetrieveAPIView):
    """One division by its official code."""

    permission_classes = [Settled, Holds]
    serializer_class = DivisionSerializer
    right = "accounts.view_division"
    queryset = Division.objects.none()

    def get_object(self):
        Parameters.read(self.request)
        return visible_division(self.request, self.kwargs["code"], self.right)


class FiguresSerializer(serializers.ModelSerializer):
    class Meta:
        model = DivisionYear
        exclude = ["id", "division", "next_year"]


@extend_schema(parameters=[PageParameters])
class DivisionFigures(ListAPIView):
    """Base figures of one division, newest year first; null means nobody has told."""

    permission_classes = [Settled, Holds]
    serializer_class = FiguresSerializer
    right = "registry.view_divisionyear"
    keyset = ("-year", "-id")
    queryset = DivisionYear.objects.none()

    def get_queryset(self):
        PageParameters.read(self.request)
        division = visible_division(self.request, self.kwargs["code"], self.right)
        return DivisionYear.objects.visible_to(self.request.user, self.right).filter(division=division)


class OrganizationParameters(PageParameters):
    division = serializers.RegexField(CODE, required=False, help_text="Official code: homed there or below.")
    tier = serializers.ChoiceField(Tier.choices, required=False)
    state = serializers.ChoiceField(State.choices, required=False)
    scheme = serializers.SlugField(required=False, max_length=20, help_text="Code of a classification scheme.")
    type = serializers.SlugField(required=False, max_length=30, help_text="Code of a type inside its scheme.")
    flag = serializers.SlugField(required=False, max_length=40, help_text="Code of a function held today.")
    uscc = serializers.RegexField(r"^[0-9A-Z]{18}\Z", required=False, help_text="Unified social credit code.")
    q = serializers.CharField(required=False, max_length=50, help_text="Part of the name.")


class OrganizationSerializer(serializers.ModelSerializer):
    """An organization as every page shows it: the leader's phone is masked."""

    division = serializers.CharField(source="division.code", read_only=True)
    division_name = serializers.CharField(source="division.short_name", read_only=True)
    district = serializers.CharField(source="district.code", read_only=True)
    scheme = serializers.CharField(source="type.scheme.code", read_only=True)
    type = serializers.CharField(source="type.code", read_only=True)
    type_name = serializers.CharField(source="type.name", read_only=True)
    leader = serializers.CharField(source="leader.name", default="", read_only=True)
    leader_phone = serializers.SerializerMethodField()

    class Meta:
        model = Organization
        fields = [
            "uid",
            "version",
            "name",
            "tier",
            "state",
            "division",
            "division_name",
            "district",
            "scheme",
            "type",
            "type_name",
            "legal_form",
            "uscc",
            "filing_no",
            "founded",
            "ended",
            "leader",
            "leader_phone",
            "place",
            "place_area",
            "targets",
            "fields",
            "fund_sources",
            "rating",
            "volunteer_system_id",
            "remark",
            "source",
            "created_at",
            "updated_at",
        ]

    def get_leader_phone(self, organization) -> str:
        leader = organization.leader
        if leader is None or not leader.phone_sealed:
            return ""
        return mask_phone(unseal(leader.phone_sealed, row_uid=leader.uid, field="phone"))


RELATED = ("division", "district", "type__scheme", "leader")


@extend_schema(parameters=[OrganizationParameters])
class OrganizationList(ListAPIView):
    """Organizations inside the caller's subtrees, in the order of their divisions."""

    permission_classes = [Settled, Holds]
    serializer_class = OrganizationSerializer
    right = "registry.view_organization"
    keyset = ("division_path", "id")
    queryset = Organization.objects.none()
    direct = {"tier": "tier", "state": "state", "scheme": "type__scheme__code", "type": "type__code", "uscc": "uscc"}

    def get_queryset(self):
        given = OrganizationParameters.read(self.request)
        rows = Organization.objects.visible_to(self.request.user, self.right).select_related(*RELATED)
        rows = rows.filter(**{field: given[name] for name, field in self.direct.items() if name in given})
        if "division" in given:
            rows = rows.under(visible_division(self.request, given["division"], self.right))
        if "flag" in given:
            rows = rows.filter(
                pk__in=OrganizationFlag.objects.filter(flag=given["flag"], ends=None).values("organization")
            )
        return rows.filter(name__has_text=given["q"]) if "q" in given else rows


class OrganizationDetail(RetrieveAPIView):
    """One organization by its public id."""

    permission_classes = [Settled, Holds]
    serializer_class = OrganizationSerializer
    right = "registry.view_organization"
    lookup_field = "uid"
    queryset = Organization.objects.none()

    def get_queryset(self):
        Parameters.read(self.request)
        return Organization.objects.visible_to(self.request.user, self.right).select_related(*RELATED)
