"""The directory for other systems, without a token: what everybody reads on the public pages, and no more."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import AllowAny

from casework.api import PageParameters, Parameters
from registry.api_forms import CODE
from registry.directory import former_names, leader_shown, published_divisions, published_organizations
from registry.models import Certificate, Organization
from registry.models.organization import COUNTED
from registry.models.scheme import Tier
from registry.views.public import held, narrowed

RELATED = ("division", "district", "type__scheme", "leader")


class DirectoryParameters(PageParameters):
    division = serializers.RegexField(CODE, required=False, help_text="Official code: homed there or below.")
    tier = serializers.ChoiceField(Tier.choices, required=False)
    scheme = serializers.SlugField(required=False, max_length=20, help_text="Code of a classification scheme.")
    type = serializers.SlugField(required=False, max_length=30, help_text="Code of a type inside its scheme.")
    q = serializers.CharField(required=False, max_length=50, help_text="Part of the name, or a number it has or had.")


class ListedSerializer(serializers.ModelSerializer):
    """An organization as everybody reads it: neither people, phones nor members."""

    state = serializers.CharField(help_text="As `state` of the organizations a caller may see.")
    division = serializers.CharField(source="division.code")
    division_name = serializers.CharField(source="division.full_name")
    scheme = serializers.CharField(source="type.scheme.code")
    type = serializers.CharField(source="type.code")
    type_name = serializers.CharField(source="type.name")

    class Meta:
        model = Organization
        fields = [
            "uid",
            "name",
            "tier",
            "state",
            "division",
            "division_name",
            "scheme",
            "type",
            "type_name",
            "uscc",
            "filing_no",
            "founded",
            "ended",
        ]


class ShownCertificateSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(Certificate.Kind.choices)
    number = serializers.CharField()
    valid_to = serializers.DateField(allow_null=True)
    holds = serializers.BooleanField(help_text="Whether it counts today.")
    word = serializers.CharField(help_text="What the check of its code answers today.")


class ActivitiesSerializer(serializers.Serializer):
    year = serializers.IntegerField()
    activities = serializers.IntegerField()
    served = serializers.IntegerField(allow_null=True)


PROFILE = ["leader", "targets", "fields", "flags", "former_names", "activities", "certificates"]


class ProfileSerializer(ListedSerializer):
    """The public profile. Of an organization that has ended only what it was stays to be read.

    The leader's name stands in full for registered organizations, masked for others unless the bureau's policy says so.
    """

    leader = serializers.SerializerMethodField()
    flags = serializers.SerializerMethodField()
    former_names = serializers.SerializerMethodField()
    activities = serializers.SerializerMethodField()
    certificates = serializers.SerializerMethodField()

    # What is said of organizations in force alone.
    LIVING = {"leader": "", "targets": [], "fields": [], "flags": [], "activities": None}

    class Meta(ListedSerializer.Meta):
        fields = [*ListedSerializer.Meta.fields, *PROFILE]

    def to_representation(self, organization):
        told = super().to_representation(organization)
        return told if organization.state in COUNTED else told | self.LIVING

    def get_leader(self, organization) -> str:
        return leader_shown(organization)

    def get_flags(self, organization) -> list[str]:
        return sorted(organization.flags.filter(ends=None).values_list("flag", flat=True))

    def get_former_names(self, organization) -> list[str]:
        return former_names(organization)

    def get_activities(self, organization) -> ActivitiesSerializer(allow_null=True):
        year = organization.years.filter(next_year=None).first()
        return ActivitiesSerializer(year).data if year and year.activities else None

    def get_certificates(self, organization) -> ShownCertificateSerializer(many=True):
        rows = held(organization, timezone.localdate())
        return [
            {
                **{name: getattr(paper, name) for name in ("kind", "number", "valid_to")},
                "holds": standing.holds,
                "word": str(standing.word),
            }
            for paper, standing in rows
        ]


class PublicOrganizations(ListAPIView):
    """The directory: organizations on the register today, where the bureau publishes it. No token is needed."""

    serializer_class = ListedSerializer
    permission_classes = [AllowAny]
    keyset = ("division_path", "id")
    queryset = Organization.objects.none()

    @extend_schema(parameters=[DirectoryParameters])
    def get(self, request, *args, **kwargs):
        return self.list(request, *args, **kwargs)

    def get_queryset(self):
        given = dict(DirectoryParameters.read(self.request))
        kinds = {"scheme": "type__scheme__code", "type": "type__code"}
        kind = {path: given.pop(name) for name, path in kinds.items() if name in given}
        if "division" in given:
            given["division"] = get_object_or_404(published_divisions(), code=given["division"])
        return narrowed(given).filter(**kind).prefetch_related(*RELATED[:3])


class PublicOrganization(RetrieveAPIView):
    """The public profile of one organization; one that has ended stays to be found. No token is needed."""

    serializer_class = ProfileSerializer
    permission_classes = [AllowAny]
    queryset = Organization.objects.none()
    lookup_field = "uid"

    def get_queryset(self):
        Parameters.read(self.request)
        return published_organizations().select_related(*RELATED)
