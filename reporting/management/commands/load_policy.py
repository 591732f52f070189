"""Load policy files: code lists, parameters, schemes and target sets."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from reporting.policies import load
from reporting.policyfiles import PolicyFileError


class Command(BaseCommand):
    help = "Load policy files (TOML), all or nothing. What the bureau edited since the last load stays."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", metavar="FILE")

    def handle(self, *args, files, **options):
        try:
            notices = load(files)
        except PolicyFileError as error:
            raise CommandError(str(error)) from error
        for notice in notices:
            self.stderr.write(notice)
        self.stdout.write(_("Loaded: %s") % ", ".join(files))
