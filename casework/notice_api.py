"""For other systems: what the caller was told, and the notices everybody may read and object to (公示)."""

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from casework.api import MAX_PAGE_SIZE, PageParameters, Parameters, Settled, StrictSerializer
from casework.idempotency import once
from casework.models import Notice, Publicity
from casework.services.publicity import raise_objection
from casework.short_codes import spelled
from casework.views.public_notices import OBJECTIONS, notice_of, open_or_over, row_of
from casework.wording import spoken


class NoticeParameters(PageParameters):
    unread = serializers.BooleanField(required=False, help_text="Only those nobody marked as read.")


class NoticeSerializer(serializers.ModelSerializer):
    """What the caller was told, in the words of the page."""

    case = serializers.UUIDField(source="case.uid", allow_null=True, default=None)
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()

    class Meta:
        model = Notice
        fields = ["id", "code", "at", "read_at", "case", "title", "text"]

    def get_title(self, notice) -> str:
        return spoken(notice.code, case=notice.case, params=notice.params)[0]

    def get_text(self, notice) -> str:
        return spoken(notice.code, case=notice.case, params=notice.params)[1]


class NoticeList(ListAPIView):
    """What the caller was told, the newest first."""

    serializer_class = NoticeSerializer
    permission_classes = [Settled]
    keyset = ("-id",)
    queryset = Notice.objects.none()

    @extend_schema(parameters=[NoticeParameters])
    def get(self, request, *args, **kwargs):
        return self.list(request, *args, **kwargs)

    def get_queryset(self):
        given = NoticeParameters.read(self.request)
        rows = self.request.user.notices.select_related("case")
        return rows.filter(read_at=None) if given.get("unread") else rows


class ReadBody(StrictSerializer):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=MAX_PAGE_SIZE, allow_empty=False
    )


class ReadSerializer(serializers.Serializer):
    read = serializers.IntegerField(help_text="How many were unread before.")


class NoticesRead(GenericAPIView):
    serializer_class = ReadSerializer
    permission_classes = [Settled]

    @extend_schema(request=ReadBody, responses=ReadSerializer)
    @once
    def post(self, request):
        """Mark notices as read; what is none of the caller's own is passed over."""
        body = ReadBody(data=request.data)
        body.is_valid(raise_exception=True)
        unread = request.user.notices.filter(pk__in=body.validated_data["ids"], read_at=None)
        return Response({"read": unread.update(read_at=timezone.now())})


class PublicityParameters(PageParameters):
    show = serializers.ChoiceField(
        ["open", "over"], default="open", help_text="Open to objections, unless told; or over."
    )


class PublicitySerializer(serializers.ModelSerializer):
    """A notice to everybody. `left` counts working days; `sha256` is of the article as it was shown."""

    division = serializers.CharField(source="case.division.code")
    division_name = serializers.CharField(source="case.division.full_name")
    open = serializers.SerializerMethodField()
    left = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    class Meta:
        model = Publicity
        fields = [
            "uid",
            "title",
            "division",
            "division_name",
            "starts",
            "ends",
            "provisional",
            "open",
            "left",
            "sha256",
            "page",
        ]

    def get_open(self, notice) -> bool:
        return row_of(notice)["open"]

    def get_left(self, notice) -> int:
        return row_of(notice)["left"]

    def get_page(self, notice) -> serializers.URLField():
        return self.context["request"].build_absolute_uri(reverse("casework:public_notice", args=[notice.uid]))


class ShownPaperSerializer(serializers.Serializer):
    name = serializers.CharField()
    sha256 = serializers.CharField()
    address = serializers.URLField()


class PublicityDetailSerializer(PublicitySerializer):
    """A notice with its text, the article whose hash is `sha256`, and the papers shown with it."""

    papers = serializers.SerializerMethodField()

    class Meta(PublicitySerializer.Meta):
        fields = [*PublicitySerializer.Meta.fields, "body", "contact", "html", "papers"]

    def get_papers(self, notice) -> ShownPaperSerializer(many=True):
        return [
            {"name": paper.name, "sha256": paper.sha256, "address": self.address(notice, paper)}
            for paper in notice.papers.openable()
        ]

    def address(self, notice, paper):
        path = reverse("casework:public_notice_file", args=[notice.uid, paper.uid])
        return self.context["request"].build_absolute_uri(path)


class PublicityList(ListAPIView):
    """Notices to everybody, the newest first. No token is needed."""

    serializer_class = PublicitySerializer
    permission_classes = [AllowAny]
    keyset = ("-id",)
    queryset = Publicity.objects.none()

    @extend_schema(parameters=[PublicityParameters])
    def get(self, request, *args, **kwargs):
        return self.list(request, *args, **kwargs)

    def get_queryset(self):
        given = PublicityParameters.read(self.request)
        return open_or_over(over=given["show"] == "over")


class PublicityDetail(RetrieveAPIView):
    """One notice as everybody reads it. No token is needed."""

    serializer_class = PublicityDetailSerializer
    permission_classes = [AllowAny]
    queryset = Publicity.objects.none()
    lookup_field = "uid"

    def get_object(self):
        Parameters.read(self.request)
        return notice_of(self.kwargs["uid"])


class ObjectionBody(StrictSerializer):
    """By name: what is unnamed cannot be answered. Name and contact are seen by the office that answers alone."""

    name = serializers.CharField(min_length=2, max_length=50)
    contact = serializers.CharField(min_length=5, max_length=100)
    text = serializers.CharField(min_length=5, max_length=2000)


class ObjectionSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Whoever has it looks up the answer on the portal's page of objections.")


class PublicityObjections(GenericAPIView):
    serializer_class = ObjectionSerializer
    permission_classes = [Settled]
    queryset = Publicity.objects.none()
    lookup_field = "uid"

    @extend_schema(request=ObjectionBody, responses={201: ObjectionSerializer})
    @once
    def post(self, request, uid):
        """Hand in an objection to a notice that is open; as often in an hour as on the page."""
        notice, caller = notice_of(uid), f"user:{request.user.pk}"
        if OBJECTIONS.exceeded(caller):
            raise Throttled(wait=OBJECTIONS.seconds)
        body = ObjectionBody(data=request.data)
        body.is_valid(raise_exception=True)
        taken = raise_objection(publicity=notice, **body.validated_data)
        OBJECTIONS.add(caller)
        return Response({"code": spelled(taken.code)}, status=201)
