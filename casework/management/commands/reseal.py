"""Seals everything sealed again with the newest field key and cipher."""

from django.core.management.base import BaseCommand

from casework.services.resealing import reseal


class Command(BaseCommand):
    help = "Seal personal numbers and files again with the first key of FIELD_KEYS and today's FIELD_CIPHER."

    def add_arguments(self, parser):
        parser.add_argument("--slice", type=int, default=2000, help="rows per transaction (default 2000)")
        parser.add_argument("--look-ups", action="store_true", help="hash anew, too: after a change of LOOKUP_KEY")

    def handle(self, *args, **options):
        done = reseal(slice_size=options["slice"], look_ups=options["look_ups"], by="reseal")
        self.stdout.write(f"{done} rows sealed again.")
