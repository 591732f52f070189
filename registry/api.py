"""Divisions, base figures and organizations for other systems: what the caller's own pages would show, and no more."""

from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import BasePermission
from rest_framework.response import Response

from accounts.models import Division
from casework.api import PageParameters, Parameters, Settled
from casework.case_api import ConflictError
from casework.idempotency import once
from casework.sealing import mask_name
from registry.api_forms import CODE, STANDING, OrganizationBody, OrganizationEnd, OrganizationPatch
from registry.filters import looked_up
from registry.models import Classification, DivisionYear, Organization, OrganizationFlag, OrganizationYear
from registry.models.organization import State
from registry.models.scheme import Tier
from registry.services.flags import classify, end_flag, set_flag
from registry.services.guards import StaleRecordError, lock_organization
from registry.services.organizations import DuplicateFoundError, create_organization, edit_organization
from registry.services.pending import pending
from registry.services.people import masked_number
from registry.services.standing import change_standing, end_organization
from registry.services.yearly import save_year_figures


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
    q = serializers.CharField(required=False, max_length=50, help_text="Part of the name, or a number it has or had.")


class OrganizationFigures(serializers.ModelSerializer):
    class Meta:
        model = OrganizationYear
        fields = ["year", *OrganizationYear.FIGURES]

    def get_attribute(self, organization):
        return next(iter(organization.latest), None)


class FlagPeriodSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrganizationFlag
        fields = ["flag", "starts", "ends", "evidence"]


class ClassificationSerializer(serializers.ModelSerializer):
    scheme = serializers.CharField(source="type.scheme.code")
    type = serializers.CharField(source="type.code")
    type_name = serializers.CharField(source="type.name")

    class Meta:
        model = Classification
        fields = ["scheme", "type", "type_name", "starts"]


class OrganizationSerializer(serializers.ModelSerializer):
    """An organization as every page shows it: the leader is masked. `flags` are the functions held today.

    `flag_periods` are all it has or had; `classifications` are types stated in schemes other than the main one.
    """

    division = serializers.CharField(source="division.code", read_only=True)
    division_name = serializers.CharField(source="division.short_name", read_only=True)
    district = serializers.CharField(source="district.code", read_only=True)
    scheme = serializers.CharField(source="type.scheme.code", read_only=True)
    type = serializers.CharField(source="type.code", read_only=True)
    type_name = serializers.CharField(source="type.name", read_only=True)
    leader = serializers.SerializerMethodField()
    leader_phone = serializers.SerializerMethodField()
    pending_change = serializers.BooleanField(
        source="pending", read_only=True, help_text="A matter about it is being decided."
    )
    flags = serializers.SerializerMethodField()
    flag_periods = FlagPeriodSerializer(source="flags.all", many=True, read_only=True)
    classifications = ClassificationSerializer(source="stated", many=True, read_only=True)
    figures = OrganizationFigures(
        read_only=True, allow_null=True, help_text="Of the newest year; null where nothing was reported."
    )

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
            "pending_change",
            "flags",
            "flag_periods",
            "classifications",
            "figures",
            "source",
            "created_at",
            "updated_at",
        ]

    def get_leader(self, organization) -> str:
        return mask_name(organization.leader.name) if organization.leader else ""

    def get_leader_phone(self, organization) -> str:
        return masked_number(organization.leader, "phone") if organization.leader else ""

    def get_flags(self, organization) -> list[str]:
        return sorted(row.flag for row in organization.flags.all() if row.ends is None)


RELATED = ("division", "district", "type__scheme", "leader")
TODAY = (
    Prefetch("flags", OrganizationFlag.objects.order_by("starts", "id")),
    Prefetch("classifications", Classification.objects.filter(ends=None).select_related("type__scheme"), "stated"),
    Prefetch("years", OrganizationYear.objects.filter(next_year=None), "latest"),
)


@contextmanager
def told_as_conflict(user):
    """Duplicates and stale versions become a 409; organizations the caller cannot see are not named."""
    try:
        yield
    except DuplicateFoundError as error:
        seen = Organization.objects.visible_to(user).filter(pk__in=[match.id for match in error.matches])
        uids = {str(uid) for uid in seen.values_list("uid", flat=True)}
        matches = [{"uid": str(m.uid), "how": m.how} for m in error.matches if str(m.uid) in uids]
        raise ConflictError({"detail": " ".join(error.messages), "matches": matches}) from error
    except StaleRecordError as error:
        raise ConflictError({"detail": " ".join(error.messages), "changed": sorted(error.changed)}) from error


class OrganizationView(GenericAPIView):
    serializer_class = OrganizationSerializer
    queryset = Organization.objects.none()
    right = "registry.view_organization"
    lookup_field = "uid"

    def visible(self, right=None):
        rows = Organization.objects.visible_to(self.request.user, right or self.right)
        return rows.annotate(pending=pending()).select_related(*RELATED).prefetch_related(*TODAY)

    def answer(self, organization, status=200):
        rows = Organization.objects.annotate(pending=pending()).select_related(*RELATED).prefetch_related(*TODAY)
        fresh = rows.get(pk=organization.pk)
        return Response(OrganizationSerializer(fresh).data, status=status)


class OrganizationList(OrganizationView, ListAPIView):
    """Organizations inside the caller's subtrees, in the order of their divisions."""

    permission_classes = [Settled, Holds]
    write_right = "registry.add_organization"
    keyset = ("division_path", "id")
    direct = {"tier": "tier", "state": "state", "scheme": "type__scheme__code", "type": "type__code", "uscc": "uscc"}

    @extend_schema(parameters=[OrganizationParameters])
    def get(self, request, *args, **kwargs):
        return self.list(request, *args, **kwargs)

    @extend_schema(request=OrganizationBody, responses={201: OrganizationSerializer})
    @once
    def post(self, request):
        """Register an organization; one that is there already is answered with 409 and its `uid`."""
        body = OrganizationBody(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        given["year"] = given.get("figures", {}).pop("year", None)
        with told_as_conflict(request.user):
            created = create_organization(by=request.user, source=Organization.Source.API, **given)
        return self.answer(created, status=201)

    def get_queryset(self):
        given = OrganizationParameters.read(self.request)
        # Related rows after the page: a join would be made for every match of a search before the page is cut out.
        rows = self.visible().select_related(None).prefetch_related(*RELATED)
        rows = rows.filter(**{field: given[name] for name, field in self.direct.items() if name in given})
        if "division" in given:
            rows = rows.under(visible_division(self.request, given["division"], self.right))
        if "flag" in given:
            held = OrganizationFlag.objects.filter(flag=given["flag"], ends=None)
            rows = rows.filter(pk__in=held.values("organization"))
        return looked_up(rows, given["q"].strip()) if "q" in given else rows


class OrganizationDetail(OrganizationView, RetrieveAPIView):
    """One organization by its public id."""

    permission_classes = [Settled, Holds]
    write_right = "registry.change_organization"

    def get_queryset(self):
        Parameters.read(self.request)
        return self.visible()

    @extend_schema(request=OrganizationPatch, responses=OrganizationSerializer)
    def patch(self, request, uid):
        """Correct details, give a new standing from `effective` on, begin and end functions, state types elsewhere.

        `version` is the one that was read.
        """
        organization = get_object_or_404(self.visible(self.write_right), uid=uid)
        body = OrganizationPatch(organization, data=request.data, partial=True, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        with told_as_conflict(request.user):
            return self.answer(correct(organization, dict(body.validated_data), by=request.user))


class OrganizationEnding(OrganizationView):
    """The end of an organization: cancelled, revoked or merged from a day on."""

    permission_classes = [Settled, Holds]

    @extend_schema(request=OrganizationEnd, responses=OrganizationSerializer)
    @once
    def post(self, request, uid):
        organization = get_object_or_404(self.visible("registry.change_organization"), uid=uid)
        body = OrganizationEnd(data=request.data)
        body.is_valid(raise_exception=True)
        with told_as_conflict(request.user):
            return self.answer(end_organization(organization=organization, by=request.user, **body.validated_data))


@transaction.atomic
def correct(organization, given, *, by):
    """Details first, then figures, standing, functions and types elsewhere, each by its service; all or none."""
    version, effective, note = given.pop("version"), given.pop("effective", None), given.pop("note", "")
    figures = given.pop("figures", None)
    flags, types = given.pop("flag_periods", ()), given.pop("classifications", ())
    standing = {name: given.pop(name) for name in STANDING if name in given}
    if given:
        version = edit_organization(organization=organization, version=version, by=by, note=note, **given).version
    if figures:
        year = figures.pop("year")
        row = save_year_figures(
            organization=organization, year=year, figures=figures, by=by, version=version, note=note
        )
        version = row.organization.version
    if standing:
        version = change_standing(
            organization=organization, version=version, effective=effective, by=by, note=note, **standing
        ).version
    current = lock_organization(organization, version)
    for one in flags:
        turn_flag(current, by=by, note=note, **one)
    for one in types:
        classify(organization=current, by=by, note=note, **one)
    return current


def turn_flag(organization, *, flag, by, note, starts=None, ends=None, evidence=""):
    """Gives the function from its first day on, ends the one that is held, or both one after the other."""
    row = organization.flags.filter(flag=flag, ends=None).first() if starts is None else None
    if starts is not None:
        row = set_flag(organization=organization, flag=flag, starts=starts, evidence=evidence, by=by, note=note)
    if row is None:
        raise ValidationError({"flag": _("The organization does not have this function.")})
    if ends is not None:
        end_flag(flag=row, ends=ends, by=by, note=note)
