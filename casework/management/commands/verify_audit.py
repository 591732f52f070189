"""`manage.py verify_audit`: the audit trail's chain against its rows and its anchor; exit 1 on any fault."""

from django.core.management.base import BaseCommand, CommandError

from casework.services import trail


class Command(BaseCommand):
    help = "Computes the chain of the audit trail again and compares it with the anchor; exits with 1 on any fault."

    def handle(self, *args, **options):
        verdict = trail.verify()
        for line in verdict.restores:
            self.stdout.write(f"Restore acknowledged on {line['at']}: the trail goes on from link {line['seq']}.")
        for problem in verdict.problems:
            self.stdout.write(f"{problem.kind}: {problem.text}")
        if verdict.problems:
            raise CommandError(f"The audit trail is not whole; first fault: {verdict.problems[0].text}")
        self.stdout.write(f"{verdict.links} links are whole; last anchored {verdict.anchored_at or 'never'}.")
