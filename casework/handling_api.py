"""For other systems: who has a case in hand, urging whoever has it, and how its service was rated."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from casework.api import Parameters, StrictSerializer
from casework.case_api import CaseDetailSerializer, CaseView, told_as_conflict, visible_case
from casework.idempotency import once
from casework.models import Rating
from casework.services import handling, ratings
from casework.views.cases import COLLEAGUES


class NoBody(StrictSerializer):
    """Nothing need be sent, and nothing may be."""


class NoteBody(StrictSerializer):
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class RemarkBody(StrictSerializer):
    note = serializers.CharField(min_length=2, max_length=2000)


class ReassignBody(StrictSerializer):
    to = serializers.IntegerField(min_value=1, max_value=2**62, help_text="The `id` of one of the colleagues.")
    note = serializers.CharField(max_length=2000, help_text="Why; both are told.")


class ColleagueSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(source="__str__")


class ColleaguesSerializer(serializers.Serializer):
    results = ColleagueSerializer(many=True)


def sent(body, request):
    """What was sent, as the body has it."""
    found = body(data=request.data)
    found.is_valid(raise_exception=True)
    return found.validated_data


class CaseClaim(CaseView):
    @extend_schema(request=None, responses=CaseDetailSerializer)
    @once
    def post(self, request, uid):
        """Take the case in hand for a while; claiming it again extends the while. 409 while somebody else has it."""
        case = visible_case(request, uid)
        sent(NoBody, request)
        with told_as_conflict():
            return self.answer(handling.claim(case=case, by=request.user))


class CaseRelease(CaseView):
    @extend_schema(request=None, responses=CaseDetailSerializer)
    @once
    def post(self, request, uid):
        """Put the case back; nothing happens while somebody else has it."""
        case = visible_case(request, uid)
        sent(NoBody, request)
        return self.answer(handling.release(case=case, by=request.user))


class CaseUrge(CaseView):
    @extend_schema(request=NoteBody, responses=CaseDetailSerializer)
    @once
    def post(self, request, uid):
        """Urge whoever has the case, once a day: for its parties, and for whoever may supervise it."""
        case = visible_case(request, uid)
        handling.urge(case=case, by=request.user, **sent(NoteBody, request))
        return self.answer(case)


class CaseRemark(CaseView):
    @extend_schema(request=RemarkBody, responses=CaseDetailSerializer)
    @once
    def post(self, request, uid):
        """Leave a remark on the case that its parties never read."""
        case = visible_case(request, uid)
        if case.parties.filter(user=request.user).exists():
            raise PermissionDenied
        handling.remark(case=case, by=request.user, **sent(RemarkBody, request))
        return self.answer(case)


class CaseReassign(CaseView):
    @extend_schema(responses=ColleaguesSerializer)
    def get(self, request, uid):
        """Whom the case may be given to."""
        rows = handling.takers(visible_case(request, uid), request.user)
        Parameters.read(request)
        return Response(ColleaguesSerializer({"results": rows[:COLLEAGUES]}).data)

    @extend_schema(request=ReassignBody, responses=CaseDetailSerializer)
    @once
    def post(self, request, uid):
        """Give the case to a colleague of its office until further notice."""
        case = visible_case(request, uid)
        rows = handling.takers(case, request.user)
        given = sent(ReassignBody, request)
        to = rows.filter(pk=given["to"]).first()
        if to is None:
            raise serializers.ValidationError({"to": [_("Please choose a colleague of this office.")]})
        return self.answer(handling.reassign(case=case, to=to, by=request.user, note=given["note"]))


class RatingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Rating
        fields = [
            "grade",
            "tags",
            "words",
            "at",
            "follow_up",
            "followed_at",
            "answer",
            "answered_at",
            "remedy",
            "remedied_at",
        ]


class RatingTagSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()


class RatedSerializer(serializers.Serializer):
    """The one rating of a case, and whether it may be given now."""

    may_rate = serializers.BooleanField()
    tags = RatingTagSerializer(many=True, help_text="What a rating may name.")
    rating = RatingSerializer(allow_null=True)


class RatingBody(StrictSerializer):
    grade = serializers.ChoiceField(Rating.Grade.choices, help_text="From 5, very satisfied, to 1.")
    tags = serializers.ListField(child=serializers.ChoiceField(list(ratings.TAGS)), required=False, max_length=20)
    words = serializers.CharField(max_length=500, required=False, allow_blank=True)


class FollowUpBody(StrictSerializer):
    words = serializers.CharField(max_length=500, min_length=2)


class CaseRating(CaseView):
    """The rating of a decided case, for those it served alone; officers read it without its case."""

    def rated(self, uid):
        case = visible_case(self.request, uid)
        if self.request.user.pk not in ratings.raters(case):
            raise PermissionDenied
        return case

    def told(self, case, status=200):
        tags = [{"code": code, "label": label} for code, label in ratings.TAGS.items()]
        user = self.request.user
        found = {"may_rate": ratings.may_rate(case, user), "tags": tags, "rating": ratings.given(case, user)}
        return Response(RatedSerializer(found).data, status=status)

    @extend_schema(responses=RatedSerializer)
    def get(self, request, uid):
        """What was said, what the bureau answered, or what may be said."""
        case = self.rated(uid)
        Parameters.read(request)
        return self.told(case)

    @extend_schema(request=RatingBody, responses={201: RatedSerializer})
    @once
    def post(self, request, uid):
        """The one rating. Officers do not see who gave it."""
        case = self.rated(uid)
        said = {"tags": [], "words": "", **sent(RatingBody, request)}
        ratings.rate(case=case, by=request.user, **said)
        return self.told(case, status=201)

    @extend_schema(request=FollowUpBody, responses=RatedSerializer)
    def patch(self, request, uid):
        """One more word after the rating."""
        case = self.rated(uid)
        ratings.follow_up(case=case, by=request.user, **sent(FollowUpBody, request))
        return self.told(case)
