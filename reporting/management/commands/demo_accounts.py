"""`manage.py demo_accounts`: the demo users, what they are and where they work."""

from django.core.management.base import BaseCommand

from accounts.models import Assignment
from accounts.roles import role_label
from reporting.demo import MARK, PASSWORD


class Command(BaseCommand):
    help = "Prints the demo accounts."

    def handle(self, *args, **options):
        rows = Assignment.objects.filter(user__name__endswith=MARK).select_related("user", "role", "division")
        for row in rows.order_by("division__code", "user__username"):
            self.stdout.write(f"{row.user.username:<18}{PASSWORD:<20}{role_label(row.role)} · {row.division}")
