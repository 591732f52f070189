from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CaseworkConfig(AppConfig):
    name = "casework"
    verbose_name = _("Casework")

    def ready(self):
        # Listening touches the audit model, which exists only once every app is loaded.
        from casework import sign_ins  # noqa: PLC0415

        sign_ins.listen()
