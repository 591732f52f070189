"""Classification schemes (several at once), the words districts use, and how the schemes map onto each other."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.TextChoices):
    """The three tiers of SH-04."""

    REGISTERED = "registered", _("Registered organization")
    TEAM = "team", _("Activity team")
    GROUP = "group", _("Activity group")


class Scheme(models.Model):
    """One list of kinds of organization, as a policy document names them (SH-03, SW-01, PH-25, SS, PS-01)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    policy = models.CharField(_("policy"), max_length=40, blank=True)
    divisions = models.ManyToManyField(
        "accounts.Division",
        blank=True,
        related_name="schemes",
        verbose_name=_("main scheme of"),
        help_text=_("Districts (or provinces) whose organizations are classified by this scheme first."),
    )

    class Meta:
        verbose_name = _("classification scheme")
        verbose_name_plural = _("classification schemes")
        ordering = ["code"]

    def __str__(self):
        return self.name


class OrganizationType(models.Model):
    """One kind inside a scheme, in the scheme's own words, with other spellings people use."""

    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="types", verbose_name=_("scheme"))
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=50)
    synonyms = models.JSONField(_("also written"), default=list, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("type of organization")
        verbose_name_plural = _("types of organization")
        ordering = ["scheme", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="organization_type_code_once"),
            models.UniqueConstraint(fields=["scheme", "name"], name="organization_type_name_once"),
        ]

    def __str__(self):
        return self.name


class TypeMapping(models.Model):
    """A kind in one scheme corresponds to a kind in another; `exact` tells a proper match from the nearest one."""

    source = models.ForeignKey(OrganizationType, models.CASCADE, related_name="maps_to", verbose_name=_("from"))
    target = models.ForeignKey(OrganizationType, models.CASCADE, related_name="mapped_from", verbose_name=_("to"))
    exact = models.BooleanField(_("exact match"), default=True)

    class Meta:
        verbose_name = _("type mapping")
        verbose_name_plural = _("type mappings")
        constraints = [models.UniqueConstraint(fields=["source", "target"], name="type_mapping_once")]

    def __str__(self):
        return f"{self.source} → {self.target}"


class TierWord(models.Model):
    """What a scheme's districts call a tier (登记, 备案管理 …); the first by order is the word written out."""

    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="tier_words", verbose_name=_("scheme"))
    tier = models.CharField(_("tier"), max_length=10, choices=Tier)
    word = models.CharField(_("word"), max_length=50)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("word for a tier")
        verbose_name_plural = _("words for tiers")
        ordering = ["scheme", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["scheme", "word"], name="tier_word_once")]

    def __str__(self):
        return self.word


class Term(models.Model):
    """A word of a code list: target groups (the twelve of PH-26 and others), service fields, flags, states."""

    class List(models.TextChoices):
        TARGET_GROUP = "target_group", _("Target group")
        FIELD = "field", _("Service field")
        FLAG = "flag", _("Functional flag")
        STATE = "state", _("Operating state")
        FUND_SOURCE = "fund_source", _("Source of funds")

    synonyms = models.JSONField(_("also written"), default=list, blank=True)  # before `list` hides the built-in
    list = models.CharField(_("list"), max_length=20, choices=List)
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=50)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    clause = models.CharField(_("source clause"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["list", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["list", "code"], name="term_once")]

    def __str__(self):
        return self.name
