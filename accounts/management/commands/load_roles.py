from django.core.management.base import BaseCommand

from accounts.services.roles import load_roles


class Command(BaseCommand):
    help = "Create the roles as groups and give each exactly the rights accounts/roles.py names. Safe to run again."

    def handle(self, *args, **options):
        report = load_roles()
        for name in report.unknown:
            self.stderr.write(f"There is no permission {name}; left out.")
        self.stdout.write(f"{report.roles} roles, {report.changed} changed.")
