"""`manage.py verify_rollups`: the stored figures against a full computation; exit 1 on any difference."""

import json

from django.core.management.base import BaseCommand, CommandError

from reporting import rollups


class Command(BaseCommand):
    help = "Compares the stored figures with a full computation; exits with 1 when any differs."

    def handle(self, *args, **options):
        drift = rollups.verify_drained()
        for row in drift:
            self.stdout.write(json.dumps(row, ensure_ascii=False))
        if drift:
            raise CommandError(f"{len(drift)} divisions differ.")
        self.stdout.write("Stored figures equal a full computation.")
