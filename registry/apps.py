"""The register's app; importing the look-ups makes `name__has_text` known before the first query."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from registry import lookups

__all__ = ["RegistryConfig", "lookups"]


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self):
        # The flows' tables name services, whose models exist only once every app is loaded.
        from registry import workflow  # noqa: F401, PLC0415
