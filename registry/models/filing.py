"""What a case of the register is about: the facts asked for, and the people it names."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from casework.models.sealed import SealedTextField


class Filing(models.Model):
    """The content of a case of the register. `data` holds what was typed, by the keys of its matter's asks.

    Personal numbers are never in `data`: they stand sealed on FilingPerson. `organization` is whom the matter is about
    (empty until a new one is filed), `other` the second one of a merger.
    """

    case = models.OneToOneField("casework.Case", models.CASCADE, related_name="filing")
    organization = models.ForeignKey(
        "registry.Organization", models.PROTECT, null=True, related_name="filings", verbose_name=_("organization")
    )
    other = models.ForeignKey(
        "registry.Organization", models.PROTECT, null=True, related_name="+", verbose_name=_("other organization")
    )
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("filing")
        verbose_name_plural = _("filings")
        default_permissions = []
        permissions = [
            ("apply_for_others", _("Can file on behalf of others")),
            ("check_filing", _("Can check filings for the committee")),
            ("review_filing", _("Can review filings for the street")),
            ("decide_filing", _("Can decide filings for the street")),
            ("decide_filing_district", _("Can decide filings for the district")),
            ("order_filing", _("Can open matters of the authority itself")),
            ("sample_filing", _("Can draw and judge samples of filings")),
        ]

    def __str__(self):
        return str(self.case)


class FilingPerson(models.Model):
    """A person named by a filing: leader, founder or member, before and after it is known who that is. A founder may
    be a unit, which never becomes a person.

    `verdict` says how the person was matched with those known: the same by ID number, the same by name and phone,
    new, or doubtful, which an officer decides before the filing is.
    """

    class Role(models.TextChoices):
        LEADER = "leader", _("Leader")
        FOUNDER = "founder", _("Founder")
        MEMBER = "member", _("Member")

    class Verdict(models.TextChoices):
        OPEN = "", _("Not matched yet")
        SAME = "same", _("Known person")
        NEW = "new", _("New person")
        DOUBTFUL = "doubtful", _("Perhaps a known person")

    filing = models.ForeignKey(Filing, models.CASCADE, related_name="people")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    role = models.CharField(_("role"), max_length=10, choices=Role)
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("name"), max_length=100)
    is_unit = models.BooleanField(_("a unit, not a person"), default=False)
    phone_sealed = SealedTextField(bound="phone", hashed="phone_hash", blank=True, editable=False)
    phone_hash = models.CharField(max_length=64, blank=True, editable=False)
    id_sealed = SealedTextField(bound="id", hashed="id_hash", blank=True, editable=False)
    id_hash = models.CharField(max_length=64, blank=True, editable=False)
    person = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="filing_entries")
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True, default=Verdict.OPEN)

    class Meta:
        verbose_name = _("person of a filing")
        verbose_name_plural = _("people of filings")
        default_permissions = []
        ordering = ["role", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["filing", "role", "position"], name="filing_person_place_once")]

    def __str__(self):
        return self.name


class Membership(models.Model):
    """A person's place in an organization between two dates; a person in several teams is one person."""

    class Role(models.TextChoices):
        LEADER = "leader", _("Leader")
        FOUNDER = "founder", _("Founder")
        MEMBER = "member", _("Member")

    organization = models.ForeignKey("registry.Organization", models.CASCADE, related_name="memberships")
    person = models.ForeignKey("registry.Person", models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person", "role"], condition=models.Q(ends=None), name="membership_open_once"
            ),
        ]

    def __str__(self):
        return f"{self.person} · {self.organization}"
