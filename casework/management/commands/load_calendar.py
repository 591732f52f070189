"""`manage.py load_calendar [YEAR …]`: the public holidays and make-up days of the years the installed package knows."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from casework.services import calendar


class Command(BaseCommand):
    help = "Add the working-day calendar of the years, of all known ones without any. Days already there stay."

    def add_arguments(self, parser):
        parser.add_argument("years", nargs="*", type=int)

    def handle(self, *args, **options):
        years = options["years"] or calendar.published_years()
        try:
            added = calendar.load_years(years, by="load_calendar")
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"Calendar of {years[0]} to {years[-1]}: {added} days added.")
