"""The trail: one row per write, read of hidden data, export or refusal; and the chain that binds the rows."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.division import Division, in_paths


class AuditEventQuerySet(models.QuerySet):
    def visible_to(self, user, perm="casework.view_auditevent"):
        """Events at the user's places; those of the whole portal, too, for who holds the right over all of it."""
        paths = user.paths(perm)
        here = in_paths("division_path", paths)
        return self.filter(here | Q(division_path="") if hold_all(paths) else here)

    def about(self, target):
        return self.filter(target=target._meta.label_lower, target_id=str(target.pk))


def hold_all(paths):
    """Whether the subtrees hold every district of the portal, be it one or a nation's."""
    districts = Division.objects.in_force().filter(level=Division.Level.DISTRICT, virtual=False)
    return bool(paths) and not districts.exclude(in_paths("path", paths)).exists()


class ClockTime(models.Func):
    """The database's clock at this very moment."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


class AuditEvent(models.Model):
    """Who did what to which thing, when, with the values before and after. No foreign keys: it outlives its object.

    `at` is the database's clock, set by a trigger whatever the writer says. Rows are only ever added: triggers refuse
    the rest for every role (see docs/adr/0009-audit-chain.md).
    """

    at = models.DateTimeField(_("at"), db_default=ClockTime(), editable=False, db_index=True)
    actor = models.CharField(_("actor"), max_length=150)
    action = models.CharField(_("action"), max_length=60)
    target = models.CharField(_("kind of object"), max_length=60, blank=True)
    target_id = models.CharField(_("object id"), max_length=40, blank=True)
    target_label = models.CharField(_("object"), max_length=200, blank=True)
    division_path = models.CharField(_("division path"), max_length=100, blank=True, db_collation="C")
    before = models.JSONField(_("before"), null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), null=True, encoder=DjangoJSONEncoder)
    note = models.TextField(_("note"), blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-id"]
        default_permissions = ["view"]
        indexes = [
            models.Index(fields=["target", "target_id"], name="audit_target"),
            models.Index(fields=["division_path", "id"], name="audit_path"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action}"


class AuditLink(models.Model):
    """One event's place in the chain: SHA-256 of the hash before it and of the event. Rows are only ever added.

    `seq` counts 1, 2, 3 … without gaps, in the order in which events were linked. No foreign key: a lost event must be
    found out, not prevented by a constraint that could be dropped with it.
    """

    seq = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit link")
        verbose_name_plural = _("audit links")
        ordering = ["seq"]
        default_permissions = []

    def __str__(self):
        return f"{self.seq}: {self.event_id}"
