"""Indicators and targets for other systems: the numbers of the dashboards, with what they were divided from."""

import datetime as dt
from decimal import Decimal

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Division
from casework.api import Parameters, Settled
from registry.api import Holds
from reporting.figures import figures
from reporting.indicators import INDICATORS
from reporting.structure import told_by_type
from reporting.targets import evaluate

FIRST_DAY = dt.date(1990, 1, 1)


class PlaceParameters(Parameters):
    division = serializers.RegexField(r"^[0-9]{2,12}\Z", help_text="Official code.")
    as_of = serializers.DateField(required=False, help_text="A day from 1990 up to today; today without it.")

    def validate_as_of(self, day):
        if not FIRST_DAY <= day <= timezone.localdate():
            raise serializers.ValidationError(_("Please give a day from 1990 up to today."))
        return day


class ReadingSerializer(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    numerator = serializers.FloatField(allow_null=True)
    denominator = serializers.FloatField(allow_null=True)
    state = serializers.CharField()


class KindSerializer(serializers.Serializer):
    """Organizations of one type; the number counts those of every tier."""

    scheme = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    number = serializers.IntegerField()


class IndicatorsSerializer(serializers.Serializer):
    division = serializers.CharField()
    as_of = serializers.DateField()
    measures = serializers.DictField(child=serializers.FloatField(allow_null=True))
    indicators = serializers.DictField(child=ReadingSerializer())
    types = KindSerializer(many=True)


class TargetSerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    target = serializers.FloatField(allow_null=True)
    state = serializers.CharField()
    numerator = serializers.FloatField(allow_null=True)
    denominator = serializers.FloatField(allow_null=True)
    as_of = serializers.DateField()
    sentence = serializers.CharField()


class TargetsSerializer(serializers.Serializer):
    division = serializers.CharField()
    targets = TargetSerializer(many=True)


class PlaceView(APIView):
    """One division in force inside the caller's subtrees, on a date."""

    permission_classes = [Settled, Holds]

    def place(self, request):
        given = PlaceParameters.read(request)
        seen = Division.objects.visible_to(request.user, self.right).in_force()
        division = seen.filter(code=given["division"]).first()
        if division is None:
            raise Http404
        return division, given.get("as_of")


class Indicators(PlaceView):
    """Every measure and indicator of a division; null where nobody reported."""

    right = "reporting.view_rollup"

    @extend_schema(parameters=[PlaceParameters], responses=IndicatorsSerializer)
    def get(self, request):
        division, on = self.place(request)
        found = figures(division, on)
        return Response(
            {
                "division": division.code,
                "as_of": found.as_of,
                "measures": {name: plain(value) for name, value in found.values.items()},
                "indicators": {name: told(entry.reading(found)) for name, entry in INDICATORS.items()},
                "types": told_by_type(found),
            }
        )


class Targets(PlaceView):
    """Every target that binds a division, with its state and what is missing in words."""

    right = "reporting.view_targetset"

    @extend_schema(parameters=[PlaceParameters], responses=TargetsSerializer)
    def get(self, request):
        division, on = self.place(request)
        found = [
            {**result.as_json(), "name": result.target.name, "sentence": str(result.sentence)}
            for result in evaluate(division, on)
        ]
        return Response({"division": division.code, "targets": found})


def told(reading):
    numbers = {name: plain(getattr(reading, name)) for name in ("value", "numerator", "denominator")}
    return {**numbers, "state": reading.state}


def plain(value):
    """A number JSON can carry: whole where it is whole."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
