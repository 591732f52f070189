"""公示: what is shown to everybody for some working days before a case goes on, and who objects."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from casework.models.sealed import SealedTextField


class PublicityQuerySet(models.QuerySet):
    def posted(self):
        """All that went out, also those taken down since."""
        return self.exclude(state=Publicity.State.DRAFT)

    def shown(self):
        """What everybody may read: open ones and those that ran to their end; neither drafts nor stopped ones."""
        return self.filter(state__in=(Publicity.State.OPEN, Publicity.State.CLOSED))


class Publicity(models.Model):
    """One notice about one case: drafted from it, open from `starts` to the end of `ends`, kept as it was shown.

    `html` is the very article everybody read and `sha256` its hash; the closing event of the trail holds the hash too.
    `looked` names the papers somebody looked through because a machine could not read them. The end is `provisional`
    while the calendar of a year on the way there is not known.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open to objections")
        CLOSED = "closed", _("Over")
        STOPPED = "stopped", _("Stopped")

    case = models.ForeignKey("casework.Case", models.PROTECT, related_name="publicities")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    division_path = models.CharField(max_length=100, db_collation="C", editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), max_length=8000)
    contact = models.CharField(_("where to object"), max_length=300, blank=True)
    papers = models.ManyToManyField("casework.Attachment", related_name="publicities", blank=True)
    looked = models.JSONField(default=list)
    days = models.PositiveSmallIntegerField(_("working days"), null=True)
    starts = models.DateField(_("from"), null=True)
    ends = models.DateField(_("to"), null=True)
    provisional = models.BooleanField(default=False, editable=False)
    html = models.TextField(blank=True, editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects = PublicityQuerySet.as_manager()

    class Meta:
        verbose_name = _("publicity notice")
        verbose_name_plural = _("publicity notices")
        default_permissions = []
        permissions = [("answer_objection", _("Can answer objections to publicity notices"))]
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "-starts"], name="publicity_shown")]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(state__in=("draft", "open")), name="publicity_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(starts__isnull=False, ends__isnull=False), name="publicity_with_window"
            ),
        ]

    def __str__(self):
        return self.title

    def is_over(self, today=None):
        """Whether its last day is past for certain: one that ends provisionally stays open until the calendar comes."""
        return self.ends is not None and self.ends < (today or timezone.localdate()) and not self.provisional

    @property
    def article(self):
        """The article as it was made: the portal's own template with every value escaped."""
        return mark_safe(self.html)  # noqa: S308


class Objection(models.Model):
    """What somebody objects to a notice, under their name. Name and contact are sealed, bound to `uid`.

    `code` is given to whoever objects: it answers later what the office said.

    Open until an officer answers: upheld (the case cannot simply go on) or refused, either way with a reason.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be answered")
        UPHELD = "upheld", _("Upheld")
        REFUSED = "refused", _("Not upheld")

    publicity = models.ForeignKey(Publicity, models.PROTECT, related_name="objections")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("code of the objection"), max_length=10, blank=True, db_collation="C", editable=False)
    name_sealed = SealedTextField(bound="name", editable=False)
    contact_sealed = SealedTextField(bound="contact", editable=False)
    text = models.TextField(_("objection and reasons"), max_length=2000)
    at = models.DateTimeField(_("received"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        default_permissions = []
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="objection_code_once")]

    def __str__(self):
        return f"{self.publicity} {self.at:%Y-%m-%d}"
