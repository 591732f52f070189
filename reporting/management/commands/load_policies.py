"""Load every policy file the portal ships."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from reporting.policies import load
from reporting.policyfiles import PolicyFileError


class Command(BaseCommand):
    help = "Load every file in policies/. Divisions that are not loaded yet are left out and named; load again later."

    def handle(self, *args, **options):
        files = sorted((settings.BASE_DIR / "policies").glob("*.toml"))
        try:
            notices = load(files, lenient=True)
        except PolicyFileError as error:
            raise CommandError(str(error)) from error
        for notice in notices:
            self.stderr.write(notice)
        self.stdout.write(_("Loaded: %s") % ", ".join(file.name for file in files))
