"""Cases for other systems: the caller's lists, one case with what may be done now, and its steps."""

from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import BasePermission
from rest_framework.response import Response

from casework.api import PageParameters, Parameters, Settled, StrictSerializer
from casework.flows import FLOWS, flow_of
from casework.idempotency import once
from casework.models import Case
from casework.services import corrections, inbox, papers
from casework.services.corrections import require_items
from casework.services.handling import is_busy
from casework.services.road import read_by_parties
from casework.serving import issued, served_pdf
from casework.workflow import NotNowError, StaleCaseError, available, perform, refusals

MOST_ITEMS = 50
MOST_PEOPLE = 521


class ConflictError(APIException):
    """The case moved on, or somebody has it in hand: the answer says who and what to look at."""

    status_code = 409
    default_code = "conflict"


@contextmanager
def told_as_conflict():
    """A stale version, a step that is over and a claimed case become a 409 with the steps since."""
    try:
        yield
    except StaleCaseError as error:
        steps = [{"at": step.at.isoformat(), "by": who, "step": step.transition} for step, who in error.steps]
        raise ConflictError({"detail": " ".join(error.messages), "steps": steps}) from error
    except ValidationError as error:
        if not isinstance(error, NotNowError) and getattr(error, "code", "") != "claimed":
            raise
        raise ConflictError({"detail": " ".join(error.messages)}) from error


def visible_case(request, uid):
    """The case, or the 404 of one that does not exist."""
    rows = Case.objects.visible_to(request.user).select_related("division__parent", "handler")
    return get_object_or_404(rows, uid=uid)


class CaseParameters(PageParameters):
    queue = serializers.ChoiceField(
        list(inbox.LABELS), default=inbox.TODO, help_text="Whose turn it is; `todo` unless told."
    )
    kind = serializers.SlugField(required=False, max_length=40, help_text="Code of a matter.")
    state = serializers.SlugField(required=False, max_length=30, help_text="Code of a state of the matter.")
    light = serializers.ChoiceField(["red", "yellow"], required=False, help_text="Overdue, or nearly due.")
    q = serializers.CharField(required=False, max_length=60, help_text="Beginning of the number, part of the title.")


class CaseSerializer(serializers.ModelSerializer):
    """A case as the lists show it. `left` counts working days, negative when overdue."""

    matter = serializers.SerializerMethodField()
    state_label = serializers.SerializerMethodField()
    division = serializers.CharField(source="division.code", read_only=True)
    division_name = serializers.CharField(source="division.short_name", read_only=True)
    left = serializers.SerializerMethodField()
    light = serializers.SerializerMethodField()
    handler = serializers.SerializerMethodField()

    class Meta:
        model = Case
        fields = [
            "uid",
            "number",
            "kind",
            "matter",
            "title",
            "state",
            "state_label",
            "division",
            "division_name",
            "version",
            "opened_at",
            "submitted_at",
            "due",
            "left",
            "light",
            "handler",
            "outcome",
            "closed_at",
        ]

    def get_matter(self, case) -> str:
        return str(flow_of(case).label)

    def get_state_label(self, case) -> str:
        return str(flow_of(case).state(case.state).label)

    def get_left(self, case) -> int | None:
        return inbox.left(case) if case.is_open else None

    def get_light(self, case) -> str:
        return inbox.light(case) if case.is_open else ""

    def get_handler(self, case) -> str:
        return str(case.handler) if is_busy(case) and not self.is_party(case) else ""

    def is_party(self, case):
        return any(party.user_id == self.context["request"].user.pk for party in case.parties.all())


class FactSerializer(serializers.Serializer):
    anchor = serializers.CharField()
    label = serializers.CharField()
    value = serializers.CharField()


class PaperSerializer(serializers.Serializer):
    uid = serializers.UUIDField()
    slot = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    scan = serializers.CharField()
    uploaded_at = serializers.DateTimeField()


class IssuedSerializer(serializers.Serializer):
    """A letter or certificate the offices issued, fetched as PDF; `sha256` is empty until it was made."""

    uid = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.CharField()
    number = serializers.CharField()
    issued_at = serializers.DateTimeField()
    sha256 = serializers.CharField()


class StepSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    by = serializers.CharField(source="actor_name")
    standing_in_for = serializers.CharField(source="for_name")
    step = serializers.CharField(source="transition")
    source = serializers.CharField()
    target = serializers.CharField()
    note = serializers.CharField()


class ItemSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="Its key in the `answers` of the filing.")
    anchor = serializers.CharField()
    reason = serializers.CharField()
    basis = serializers.CharField()
    answer = serializers.CharField()


class ChangeSerializer(serializers.Serializer):
    anchor = serializers.CharField()
    label = serializers.CharField()
    before = serializers.CharField()
    now = serializers.CharField()


class TwinRowSerializer(serializers.Serializer):
    label = serializers.CharField()
    filed = serializers.CharField()
    known = serializers.CharField()
    agree = serializers.BooleanField(allow_null=True, help_text="Null where one side is unknown.")


class TwinSerializer(serializers.Serializer):
    """Somebody named beside somebody known, numbers masked."""

    uid = serializers.UUIDField(help_text="Its id in `people`.")
    rows = TwinRowSerializer(many=True)
    word = serializers.CharField(help_text="What was said already: same, new or nothing.")


class CheckSerializer(serializers.Serializer):
    label = serializers.CharField()
    ok = serializers.BooleanField(allow_null=True)
    detail = serializers.CharField()
    look_alike = serializers.IntegerField(allow_null=True, help_text="Its id in `distinct` when it is another one.")
    twin = TwinSerializer(allow_null=True)


class AvailableSerializer(serializers.Serializer):
    step = serializers.CharField()
    label = serializers.CharField()
    hint = serializers.CharField()
    needs = serializers.ListField(child=serializers.ChoiceField(["note", "items"]))
    refusals = serializers.ListField(child=serializers.CharField(), help_text="What stands against it now.")


class CaseDetailSerializer(CaseSerializer):
    """One case: facts with personal numbers masked, papers, history, and the steps the caller can take.

    Its parties get no checks, no officer's name and no words they were not told.
    """

    facts = serializers.SerializerMethodField()
    papers = serializers.SerializerMethodField()
    issued = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField()
    changed = serializers.SerializerMethodField()
    checks = serializers.SerializerMethodField()
    available = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = [
            *CaseSerializer.Meta.fields,
            "facts",
            "papers",
            "issued",
            "steps",
            "items",
            "changed",
            "checks",
            "available",
        ]

    def get_facts(self, case) -> FactSerializer(many=True):
        rows = flow_of(case).content(case).items()
        return [{"anchor": anchor, "label": str(label), "value": str(value)} for anchor, (label, value) in rows]

    def get_papers(self, case) -> PaperSerializer(many=True):
        rows = case.attachments.filter(removed_at=None, replaced_by=None).order_by("slot", "id")
        return PaperSerializer(rows, many=True).data

    def get_issued(self, case) -> IssuedSerializer(many=True):
        return IssuedSerializer(papers.papers_for(case, self.context["request"].user), many=True).data

    def get_steps(self, case) -> StepSerializer(many=True):
        if not self.is_party(case):
            return StepSerializer(case.steps.all(), many=True).data
        rows = read_by_parties(case, case.steps.all())
        return [{**StepSerializer(step).data, "by": by, "standing_in_for": "", "note": note} for step, by, note in rows]

    def get_items(self, case) -> ItemSerializer(many=True):
        return ItemSerializer(case.items.filter(round=case.rounds), many=True).data

    def get_changed(self, case) -> ChangeSerializer(many=True):
        names = ("anchor", "label", "before", "now")
        return [dict(zip(names, row, strict=True)) for row in corrections.changed_since(case)] if case.rounds else []

    def get_checks(self, case) -> CheckSerializer(many=True):
        shown = case.submitted_at and not self.is_party(case)
        user = self.context["request"].user
        return CheckSerializer(flow_of(case).checks(case, user) if shown else [], many=True).data

    def get_available(self, case) -> AvailableSerializer(many=True):
        user = self.context["request"].user
        return [told(case, row, user) for row in available(case, user)]


def told(case, row, user):
    """A step the user can take: what it needs, and what its rule says to the case as it is."""
    needs = [*(["note"] if row.note else []), *(["items"] if row.guard is require_items else [])]
    against = [] if "items" in needs else refusals(case, row, user)
    return {
        "step": row.name,
        "label": str(row.label),
        "hint": str(row.hint),
        "needs": needs,
        "refusals": against,
    }


class CaseList(ListAPIView):
    """The caller's cases by whose turn it is, the newest first."""

    serializer_class = CaseSerializer
    permission_classes = [Settled]
    keyset = ("-id",)
    queryset = Case.objects.none()

    @extend_schema(parameters=[CaseParameters])
    def get(self, request, *args, **kwargs):
        return self.list(request, *args, **kwargs)

    def get_queryset(self):
        given = CaseParameters.read(self.request)
        rows = inbox.queue(self.request.user, given["queue"]).prefetch_related("division__parent", "handler", "parties")
        rows = rows.filter(**{name: given[name] for name in ("kind", "state") if name in given})
        if "q" in given:
            rows = rows.filter(Q(number__startswith=given["q"]) | Q(title__contains=given["q"]))
        return inbox.lit(rows, given.get("light"))


class CaseView(GenericAPIView):
    serializer_class = CaseDetailSerializer
    permission_classes: list[type[BasePermission]] = [Settled]
    queryset = Case.objects.none()
    lookup_field = "uid"

    def answer(self, case, status=200):
        fresh = Case.objects.select_related("division__parent", "handler").get(pk=case.pk)
        context = self.get_serializer_context()
        return Response(CaseDetailSerializer(fresh, context=context).data, status=status)


class CaseDetail(CaseView, RetrieveAPIView):
    """One case by its public id, for its parties and for officers at its place."""

    def get_object(self):
        Parameters.read(self.request)
        return visible_case(self.request, self.kwargs["uid"])


class CaseFileView(GenericAPIView):
    """A file, whatever the caller's `Accept` says; refusals are JSON."""

    permission_classes: list[type[BasePermission]] = [Settled]
    queryset = Case.objects.none()
    lookup_field = "uid"

    def perform_content_negotiation(self, request, force=False):
        return super().perform_content_negotiation(request, force=True)


class CasePaper(CaseFileView):
    """One paper the offices issued."""

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request, uid, paper):
        """The letter or certificate as PDF, for its parties and for officers at its place."""
        Parameters.read(request)
        return served_pdf(issued(visible_case(request, uid), paper, request.user), download=True)


class ItemBody(StrictSerializer):
    anchor = serializers.CharField(max_length=60)
    reason = serializers.CharField(max_length=500)
    basis = serializers.CharField(max_length=200, required=False, allow_blank=True)


class DistinctBody(StrictSerializer):
    """Why a record that looks the same is another one; `id` is a check's `look_alike`."""

    id = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.CharField(min_length=2, max_length=200)


class PersonBody(StrictSerializer):
    """Whether somebody named is the person known; `uid` is a check's `twin`."""

    uid = serializers.UUIDField()
    said = serializers.ChoiceField(["same", "new"])


class StepBody(StrictSerializer):
    """A step of the case's flow; `version` is the one that was read."""

    step = serializers.SlugField(max_length=40)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    items = ItemBody(many=True, required=False, max_length=MOST_ITEMS)
    distinct = DistinctBody(many=True, required=False, max_length=20)
    people = PersonBody(many=True, required=False, max_length=MOST_PEOPLE)

    def validate_step(self, name):
        if not any(row.name == name for flow in FLOWS.values() for row in flow.transitions):
            raise serializers.ValidationError(_("There is no such step."))
        return name


class CaseSteps(CaseView):
    """Takes a case one step, by the same function and under the same rules as the pages."""

    @extend_schema(request=StepBody, responses=CaseDetailSerializer)
    @once
    def post(self, request, uid):
        case = visible_case(request, uid)
        body = StepBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        data = {
            "items": [dict(item) for item in given.get("items", [])],
            "distinct": {row["id"]: row["reason"] for row in given.get("distinct", [])},
            "people": {str(row["uid"]): row["said"] for row in given.get("people", [])},
        }
        with told_as_conflict():
            case = perform(
                case, given["step"], by=request.user, version=given["version"], note=given.get("note", ""), data=data
            )
        return self.answer(case)
