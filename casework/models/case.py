"""A matter on its way through the offices: the case, its parties, its steps, its versions and what was sent back."""

import uuid
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Assignment, Division
from accounts.models.division import in_paths

# The two offices that are no permission: whoever filed the case, and the portal's own clock.
PARTY = "party"
SYSTEM = "system"
# A place itself and what it lies in: community, street, district, city, province.
ABOVE = [step * "__parent" for step in range(len(Division.Level))]


class CaseQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Cases the user is a party to or has worked on, and submitted ones where the user may see cases."""
        own = Exists(CaseParty.objects.filter(case=OuterRef("pk"), user=user))
        places = in_paths("division_path", user.paths("casework.view_case"))
        return self.filter(Q(own) | done_by(user) | (places & Q(submitted_at__isnull=False)))

    def worked_on_by(self, user):
        """Cases the user took a step of at a place where the user still works."""
        return self.filter(done_by(user))

    def held_by(self, user):
        """Cases the user is a party to."""
        return self.filter(Exists(CaseParty.objects.filter(case=OuterRef("pk"), user=user)))

    def carried_by(self, user):
        """Cases the user files for somebody else, or for the authority."""
        acting = CaseParty.objects.filter(case=OuterRef("pk"), user=user, role=CaseParty.Role.AGENT)
        return self.filter(Exists(acting))

    def open(self):
        return self.filter(closed_at=None)

    def in_offices_of(self, user, offices, relief=()):
        """Open cases lying in one of `offices` (permissions), where the user holds that right and is no party.

        `relief` are pairs (office, right): where nobody holds the office its cases lie with the holders of the right.
        """
        found = Q(pk__in=[])
        for permission in offices:
            if paths := user.paths(permission):
                found |= Q(office=permission) & in_paths("division_path", paths)
        for office, right in relief:
            if paths := user.paths(right):
                found |= Q(office=office) & in_paths("division_path", paths) & ~held(office)
        own = Exists(CaseParty.objects.filter(case=OuterRef("pk"), user=user))
        return self.open().filter(found).exclude(own)

    def free_for(self, user):
        """Cases nobody else is handling now."""
        return self.filter(Q(handler=None) | Q(handler=user) | Q(handler_until__lt=timezone.now()))

    def overdue(self, on=None):
        return self.open().filter(due__lt=on or timezone.localdate())


def held(office):
    """Whether somebody active, other than its parties, holds the office at the place of the outer case or above it."""
    app, _dot, code = office.partition(".")
    here = reduce(or_, (Q(division=OuterRef(f"division{up}")) for up in ABOVE))
    parties = CaseParty.objects.filter(case=OuterRef(OuterRef("pk")), user=OuterRef("user"))
    role = {"role__permissions__codename": code, "role__permissions__content_type__app_label": app}
    rows = Assignment.objects.in_force(timezone.localdate()).filter(here, user__is_active=True, **role)
    return Exists(rows.exclude(Exists(parties)))


def done_by(user):
    steps = CaseStep.objects.filter(in_paths("division__path", user.paths()), case=OuterRef("pk"), actor=user)
    return Q(Exists(steps))


class Case(models.Model):
    """One matter in one state, in one office's queue, with one due date. `perform` is the only writer of its state.

    `office` says whose turn it is: a permission ("registry.check_filing": whoever holds it at the case's place),
    PARTY, SYSTEM, or nothing once the case is closed. The filing itself points here from its own app.
    """

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        NOT_ACCEPTED = "not_accepted", _("Not accepted")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        LAPSED = "lapsed", _("Lapsed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("case number"), max_length=40, blank=True, db_collation="C")
    kind = models.CharField(_("matter"), max_length=40)
    title = models.CharField(_("subject"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=30)
    office = models.CharField(max_length=100, blank=True, db_collation="C", editable=False)
    division = models.ForeignKey("accounts.Division", models.PROTECT, related_name="+", verbose_name=_("division"))
    division_path = models.CharField(max_length=100, db_collation="C", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    entered_at = models.DateTimeField(_("in this state since"), default=timezone.now, editable=False)
    limit_days = models.PositiveSmallIntegerField(_("working days allowed"), null=True, editable=False)
    due = models.DateField(_("due"), null=True, editable=False)
    # The working days `due` was counted from: the whole limit, or what was left of it.
    due_days = models.PositiveSmallIntegerField(null=True, editable=False)
    due_provisional = models.BooleanField(default=False, editable=False)
    days_left = models.SmallIntegerField(_("working days left when the clock stopped"), null=True, editable=False)
    returned_from = models.CharField(max_length=30, blank=True, editable=False)
    rounds = models.PositiveSmallIntegerField(_("times returned"), default=0, editable=False)
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("handled by")
    )
    handler_until = models.DateTimeField(_("handled until"), null=True, editable=False)
    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome, blank=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [
            ("reassign_case", _("Can give a case to another officer")),
            ("supervise_case", _("Can decide what an officer alone may not")),
        ]
        indexes = [
            models.Index(fields=["office", "division_path"], name="case_office_place", condition=Q(closed_at=None)),
            models.Index(fields=["division_path", "id"], name="case_place"),
            models.Index(fields=["due"], name="case_due", condition=Q(closed_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="case_number_once"),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False, office="") & ~Q(outcome="")),
                name="case_closed_with_outcome",
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.title}".strip()

    @property
    def is_open(self):
        return self.closed_at is None

    def is_filed_by(self, user):
        """Whether the user filed the case or acts for whoever did; whom it is about did not."""
        return self.parties.filter(user=user).exclude(role=CaseParty.Role.OTHER).exists()

    def unlocked_anchors(self):
        """The fields and papers a returned case may change; None when everything may."""
        if self.rounds == 0 or self.office != PARTY or self.submitted_at is None:
            return None
        return set(self.items.filter(round=self.rounds).values_list("anchor", flat=True))


class CaseParty(models.Model):
    """Who filed the case: the applicant, or the clerk acting for somebody (agent). A party never decides it.

    `user` is empty for an applicant without an account: the agent acts and the applicant confirms by a one-time link.
    """

    class Role(models.TextChoices):
        APPLICANT = "applicant", _("Applicant")
        AGENT = "agent", _("Acting for the applicant")
        OTHER = "other", _("Other party")

    case = models.ForeignKey(Case, models.CASCADE, related_name="parties")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="case_parties")
    name = models.CharField(_("name"), max_length=100)
    role = models.CharField(_("role"), max_length=10, choices=Role)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="case_party_once")]

    def __str__(self):
        return self.name


class CaseStep(models.Model):
    """One transition performed: who, when, from and to which state, with what note. Written once, never changed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="steps")
    at = models.DateTimeField(_("at"), auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="case_steps")
    actor_name = models.CharField(_("by"), max_length=150)
    division = models.ForeignKey(
        "accounts.Division", models.PROTECT, related_name="+", verbose_name=_("where the case lay")
    )
    for_name = models.CharField(_("standing in for"), max_length=100, blank=True)
    transition = models.CharField(_("step"), max_length=40)
    source = models.CharField(_("from"), max_length=30)
    target = models.CharField(_("to"), max_length=30)
    due = models.DateField(_("was due"), null=True)
    note = models.TextField(_("note"), blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        default_permissions = []
        ordering = ["id"]
        indexes = [models.Index(fields=["actor", "-id"], name="case_step_actor")]

    def __str__(self):
        return f"{self.transition} {self.at:%Y-%m-%d %H:%M}"


class CaseVersion(models.Model):
    """What a case said when it was submitted: {anchor: value as shown, personal numbers masked}, once a submission."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="versions")
    round = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    content = models.JSONField()

    class Meta:
        default_permissions = []
        ordering = ["round"]
        constraints = [models.UniqueConstraint(fields=["case", "round"], name="case_version_once")]

    def __str__(self):
        return f"{self.case_id} #{self.round}"


class CorrectionItem(models.Model):
    """One defect named when a case was returned: the field or paper it is anchored to, why, and by which clause."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="items")
    round = models.PositiveSmallIntegerField(_("round"))
    anchor = models.CharField(_("field or paper"), max_length=60)
    reason = models.CharField(_("what is to be corrected"), max_length=500)
    basis = models.CharField(_("legal basis"), max_length=200, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("correction item")
        verbose_name_plural = _("correction items")
        default_permissions = []
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "round", "anchor"], name="correction_item_once")]

    def __str__(self):
        return f"{self.anchor}: {self.reason}"
