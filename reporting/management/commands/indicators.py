"""`manage.py indicators`: every measure, indicator and target of one division on a date, as JSON."""

import json
from datetime import date
from decimal import Decimal

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Division
from reporting import rollups
from reporting.figures import figures
from reporting.indicators import INDICATORS
from reporting.structure import told_by_type
from reporting.targets import evaluate


class Command(BaseCommand):
    help = "Prints measures, indicators and targets of a division."

    def add_arguments(self, parser):
        parser.add_argument("--division", required=True, metavar="CODE", help="official code")
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="today without it")
        parser.add_argument("--json", action="store_true", help="the only form there is")

    def handle(self, *args, division, as_of, **options):
        place = Division.objects.in_force().filter(code=division).first()
        if place is None:
            raise CommandError(f"No division in force has the code {division}.")
        while rollups.drain_marks():
            pass
        self.stdout.write(json.dumps(report(place, as_of), ensure_ascii=False, indent=1))


def report(division, on):
    """The figures as plain numbers; empty (nobody reported) is null."""
    found = figures(division, on)
    readings = {name: entry.reading(found) for name, entry in INDICATORS.items()}
    return {
        "division": division.code,
        "as_of": found.as_of.isoformat(),
        "measures": {name: plain(value) for name, value in found.values.items()},
        "indicators": {
            name: {key: plain(getattr(reading, key)) for key in ("value", "numerator", "denominator")}
            for name, reading in readings.items()
        },
        "types": told_by_type(found),
        "targets": [result.as_json() for result in evaluate(division, on)],
    }


def plain(value):
    """A number JSON can carry: whole where it is whole."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
