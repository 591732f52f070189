"""manage.py verify_archives: every archive package is as it was made; exit 1 when one is not, or is missing."""

import sys

from django.core.management.base import BaseCommand

from casework.models import Package
from casework.services import packages


class Command(BaseCommand):
    help = "Check every archive package against its checksums and the audit trail."

    def handle(self, **options):
        found = 0
        for case, sentence in packages.problems():
            found += 1
            self.stdout.write(f"{case.number or case.uid} {case.kind}: {sentence}")
        ready = Package.objects.filter(state=Package.State.READY).count()
        self.stdout.write(f"{ready} packages, {found} problems.")
        sys.exit(1 if found else 0)
