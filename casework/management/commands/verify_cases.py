"""manage.py verify_cases: every open case lies in exactly one queue, and somebody stands at it; exit 1 when not."""

import sys

from django.core.management.base import BaseCommand

from casework.checking import problems
from casework.models import Case


class Command(BaseCommand):
    help = "Check that every open case is in exactly one queue and can be acted on."

    def handle(self, **options):
        found = 0
        for case, sentence in problems():
            found += 1
            self.stdout.write(f"{case.number or case.uid} {case.kind} {case.state}: {sentence}")
        self.stdout.write(f"{Case.objects.open().count()} open cases, {found} problems.")
        sys.exit(1 if found else 0)
