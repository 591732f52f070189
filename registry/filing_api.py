"""Filing for other systems: what each matter asks, drafts opened and saved, papers handed in."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from accounts.models import Division
from casework import attachments
from casework.api import Parameters, Settled, StrictSerializer
from casework.case_api import CaseFileView, PaperSerializer, told_as_conflict, visible_case
from casework.idempotency import once
from casework.models import Attachment
from casework.services import corrections
from casework.serving import opened, served
from registry.api_forms import CODE
from registry.matters import MATTERS
from registry.matters.asks import PEOPLE
from registry.models import Filing, Organization
from registry.services import filing_people
from registry.services.filings import conditions, missing_papers, open_filing, read, save_draft

MOST_VALUES = 60
LONGEST = 5000
MOST_PEOPLE = 500


class MatterAskSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.CharField(help_text="text, long, count, date, choice, many, division, organization or people.")
    page = serializers.IntegerField()
    required = serializers.BooleanField()
    hint = serializers.CharField()


class MatterPaperSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()
    required = serializers.BooleanField()
    hint = serializers.CharField()
    personal = serializers.BooleanField()


class MatterSerializer(serializers.Serializer):
    """A matter as its guide tells it: what it asks and which papers it needs."""

    kind = serializers.CharField()
    code = serializers.CharField()
    label = serializers.CharField()
    intro = serializers.CharField()
    who = serializers.CharField()
    tiers = serializers.ListField(child=serializers.CharField(), help_text="Tiers it is about; none: it makes one.")
    by_authority = serializers.BooleanField()
    asks = MatterAskSerializer(many=True)
    papers = MatterPaperSerializer(many=True)


class MatterList(GenericAPIView):
    """Every matter that can be filed, with the facts and papers it asks for."""

    serializer_class = MatterSerializer
    permission_classes = [Settled]
    pagination_class = None

    @extend_schema(responses=MatterSerializer(many=True))
    def get(self, request):
        Parameters.read(request)
        rows = sorted(MATTERS.values(), key=lambda matter: matter.code)
        return Response({"results": MatterSerializer(rows, many=True).data})


class PersonField(StrictSerializer):
    name = serializers.CharField(max_length=100, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    id_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    unit = serializers.BooleanField(required=False, help_text="A founder that is a unit, not a person.")


PLAIN = serializers.CharField(max_length=LONGEST, allow_blank=True)
SHAPES = {
    "many": serializers.ListField(child=serializers.CharField(max_length=100), max_length=MOST_VALUES),
    **{kind: serializers.ListField(child=PersonField(), max_length=MOST_PEOPLE) for kind in PEOPLE},
}


def shaped(matter, values):
    """The values a draft may hold, as sent but of the kind their ask takes; refuses the others by name."""
    found, errors = {}, {}
    for key, raw in values.items():
        ask = matter.ask(key)
        try:
            if ask is None:
                raise serializers.ValidationError([_("There is no such field.")])
            found[key] = shape_of(ask).run_validation(raw)
        except serializers.ValidationError as error:
            errors[key] = error.detail
    if errors:
        raise serializers.ValidationError({"values": errors})
    return found


def shape_of(ask):
    return SHAPES.get(ask.kind, PLAIN)


class FilingBody(StrictSerializer):
    """A new draft: of which matter, where or about whom, and what is known already."""

    kind = serializers.ChoiceField([])
    division = serializers.RegexField(CODE, required=False, help_text="Official code; not needed with `organization`.")
    organization = serializers.UUIDField(required=False, help_text="Whom the matter is about.")
    applicant = serializers.CharField(
        max_length=100, required=False, help_text="The person the caller files for, by the right to act for others."
    )
    values = serializers.DictField(required=False, help_text="Facts by the keys of the matter's asks.")

    def get_fields(self):
        fields = super().get_fields()
        fields["kind"] = serializers.ChoiceField(sorted(MATTERS))
        return fields

    def validate_division(self, code):
        division = Division.objects.in_force().filter(code=code, virtual=False).first()
        if division is None:
            raise serializers.ValidationError(_("There is no such division."))
        return division

    def validate_organization(self, uid):
        """One the caller acts for or may see; any other is answered like one that does not exist."""
        rows = Organization.objects.visible_to(self.context["request"].user).in_force()
        found = rows.filter(uid=uid).select_related("division").first()
        if found is None:
            raise serializers.ValidationError(_("There is no such organization."))
        return found

    def validate(self, attrs):
        matter, organization = MATTERS[attrs["kind"]], attrs.get("organization")
        if matter.needs_organization and organization is None:
            raise serializers.ValidationError({"organization": [_("Please say which organization it is about.")]})
        if organization is not None and matter.needs_organization and organization.tier not in matter.tiers:
            raise serializers.ValidationError({"kind": [_("This matter is not for organizations of this tier.")]})
        if organization is None and "division" not in attrs:
            raise serializers.ValidationError({"division": [_("Please say where.")]})
        if organization is not None:
            attrs["division"] = organization.division
        attrs["values"] = shaped(matter, attrs.get("values", {}))
        return attrs


class FilingPatch(StrictSerializer):
    """What changed in the draft; `version` is the one that was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    values = serializers.DictField(
        default=dict, help_text="Facts by the keys of the matter's asks; the others stay as they are."
    )
    answers = serializers.DictField(
        child=serializers.CharField(max_length=500),
        default=dict,
        help_text="What was done about each item of the correction, by its `id`.",
    )


class OfferedAskSerializer(MatterAskSerializer):
    choices = serializers.ListField(child=serializers.ListField(child=serializers.CharField()), help_text="Code, name.")
    locked = serializers.BooleanField(help_text="True when a correction does not name it.")


class ConditionSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()
    anchor = serializers.CharField()
    met = serializers.BooleanField()
    needed = serializers.BooleanField()


class FilingSerializer(serializers.Serializer):
    """A draft as its parties see it: what was typed (people masked), and what still keeps it from being submitted."""

    uid = serializers.UUIDField(source="case.uid")
    kind = serializers.CharField(source="case.kind")
    state = serializers.CharField(source="case.state")
    version = serializers.IntegerField(source="case.version")
    saved_at = serializers.DateTimeField(source="case.saved_at")
    title = serializers.CharField(source="case.title")
    organization = serializers.UUIDField(source="organization.uid", allow_null=True, default=None)
    asks = serializers.SerializerMethodField()
    values = serializers.SerializerMethodField()
    errors = serializers.SerializerMethodField()
    conditions = serializers.SerializerMethodField()
    missing_papers = serializers.SerializerMethodField()

    def get_asks(self, filing) -> OfferedAskSerializer(many=True):
        unlocked = filing.case.unlocked_anchors()
        rows = MATTERS[filing.case.kind].asked(filing)
        return [offered(ask, filing, locked=unlocked is not None and ask.key not in unlocked) for ask in rows]

    def get_values(self, filing) -> serializers.DictField():
        people = filing_people.by_role(filing)
        masked = {kind: [masked_person(row) for row in rows] for kind, rows in people.items()}
        asked = MATTERS[filing.case.kind].asked(filing)
        return {ask.key: masked[ask.kind] if ask.kind in PEOPLE else filing.data.get(ask.key, "") for ask in asked}

    def get_errors(self, filing) -> serializers.DictField(child=serializers.ListField(child=serializers.CharField())):
        return {key: [str(text) for text in texts] for key, texts in read(filing)[1].items()}

    def get_conditions(self, filing) -> ConditionSerializer(many=True):
        return ConditionSerializer(conditions(filing), many=True).data

    def get_missing_papers(self, filing) -> serializers.ListField(child=serializers.CharField()):
        return [paper.code for paper in missing_papers(filing)]


def offered(ask, filing, *, locked):
    choices = [[str(code), str(name)] for code, name in ask.choices(filing)] if ask.choices else []
    return {**MatterAskSerializer(ask).data, "choices": choices, "locked": locked}


def masked_person(entry):
    numbers = {key: filing_people.shown(entry, key) for key in filing_people.NUMBERS}
    return {"name": entry.name, "unit": entry.is_unit, **numbers}


class FilingView(GenericAPIView):
    serializer_class = FilingSerializer
    permission_classes = [Settled]
    queryset = Filing.objects.none()
    lookup_field = "uid"

    def own(self, uid):
        """The filing of a case the caller is a party to, else the 404 of one that does not exist."""
        rows = Filing.objects.filter(case__parties__user=self.request.user)
        return get_object_or_404(rows.select_related("case__division", "organization"), case__uid=uid)

    def answer(self, filing, status=200):
        fresh = Filing.objects.select_related("case__division", "organization").get(pk=filing.pk)
        return Response(FilingSerializer(fresh).data, status=status)


class FilingOpening(FilingView):
    """Opens drafts."""

    @extend_schema(request=FilingBody, responses={201: FilingSerializer})
    @once
    def post(self, request):
        """Open a draft of a matter; it belongs to the caller until it is submitted by a step of its case."""
        body = FilingBody(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        return self.answer(open_filing(by=request.user, **body.validated_data), status=201)


class FilingDetail(FilingView):
    """A draft, for its parties."""

    @extend_schema(responses=FilingSerializer)
    def get(self, request, uid):
        Parameters.read(request)
        return self.answer(self.own(uid))

    @extend_schema(request=FilingPatch, responses=FilingSerializer)
    def patch(self, request, uid):
        """Save what was typed, as typed: what is wrong is answered in `errors` and lost nowhere."""
        filing = self.own(uid)
        body = FilingPatch(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        values = shaped(MATTERS[filing.case.kind], given["values"])
        with told_as_conflict():
            filing.case = save_draft(filing=filing, version=given["version"], by=request.user, values=values)
        self.answer_items(filing.case, given["answers"], request.user)
        return self.answer(filing)

    def answer_items(self, case, answers, by):
        items = {str(item.pk): item for item in case.items.filter(round=case.rounds)}
        if unknown := sorted(set(answers) - set(items)):
            raise serializers.ValidationError({"answers": {key: [_("There is no such item.")] for key in unknown}})
        for key, answer in answers.items():
            corrections.answer_item(item=items[key], by=by, answer=answer)


class FileBody(StrictSerializer):
    slot = serializers.SlugField(max_length=60, help_text="Code of the paper.")
    file = serializers.FileField(max_length=200, allow_empty_file=True)


class FilingFiles(FilingView):
    """Papers of a draft or a returned case."""

    parser_classes = [MultiPartParser]
    serializer_class = PaperSerializer

    @extend_schema(request={"multipart/form-data": FileBody}, responses={201: PaperSerializer})
    @once
    def post(self, request, uid):
        """Hand in one paper. What it is is told by its bytes; the same file twice is stored once."""
        filing = self.own(uid)
        body = FileBody(data=request.data)
        body.is_valid(raise_exception=True)
        paper = paper_of(filing, body.validated_data["slot"])
        upload = body.validated_data["file"]
        stored = attachments.store(
            case=filing.case, slot=paper.code, upload=upload, by=request.user, personal=paper.personal
        )
        return Response(PaperSerializer(Attachment.objects.get(pk=stored.pk)).data, status=201)


class FilingFile(CaseFileView, FilingView):
    """One paper handed in."""

    @extend_schema(responses={(200, kind): OpenApiTypes.BINARY for kind in attachments.BY_MEDIA})
    def get(self, request, uid, file):
        """The file, for who sees the case; with personal data for who may open such papers, each time on record."""
        Parameters.read(request)
        return served(opened(visible_case(request, uid), file, request.user), download=True)

    @extend_schema(request=None, responses=FilingSerializer)
    @once
    def delete(self, request, uid, file):
        """Take the paper out of a draft or a returned case, which keeps it in its history.

        Answers what is still missing.
        """
        filing = self.own(uid)
        paper = get_object_or_404(filing.case.attachments, uid=file, removed_at=None)
        attachments.remove(attachment=paper, by=request.user)
        return self.answer(filing)


def paper_of(filing, code):
    papers = MATTERS[filing.case.kind].papers_for(filing)
    found = next((paper for paper in papers if paper.code == code), None)
    if found is None:
        raise serializers.ValidationError({"slot": [_("This matter asks for no such paper.")]})
    return found
