"""The tree of divisions (区划): today's face on Division, its dated past in DivisionPeriod."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class DivisionQuerySet(models.QuerySet):
    def visible_to(self, user, perm=None):
        """Divisions inside the subtrees the user works for (with the right `perm`, when given)."""
        return self.filter(in_paths("path", user.paths(perm)))

    def under(self, division):
        """The division itself and everything below it."""
        return self.filter(path__startswith=division.path)

    def communities(self):
        """Real communities in force today: the denominators. Placeholder (virtual) ones are left out."""
        return self.filter(level=Division.Level.COMMUNITY, virtual=False, valid_to=None)

    def in_force(self):
        return self.filter(valid_to=None)


def in_paths(field, paths):
    """One indexed prefix test per path; nothing at all for no paths, no test for the root's empty one."""
    if "" in paths:
        return Q(pk__isnull=False)
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


class Division(models.Model):
    """A province, city, district, street or community, known by its own id: official codes are re-issued and re-used.

    `path` is "1.5.27." (ids from the root down, collation C): inside-a-subtree is one prefix match.
    Placeholder cities (市辖区) are spliced out of the tree; placeholder communities keep `virtual` and count nowhere.
    """

    class Level(models.TextChoices):
        PROVINCE = "province", _("Province")
        CITY = "city", _("City (prefecture)")
        DISTRICT = "district", _("District or county")
        STREET = "street", _("Street or town")
        COMMUNITY = "community", _("Community or village")

    class Kind(models.TextChoices):
        URBAN = "urban", _("Urban (residents' committee)")
        RURAL = "rural", _("Rural (villagers' committee)")

    code = models.CharField(_("official code"), max_length=12, db_collation="C")
    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=100)
    full_name = models.CharField(_("full name"), max_length=300)
    level = models.CharField(_("level"), max_length=10, choices=Level)
    kind = models.CharField(_("committee kind"), max_length=5, choices=Kind, blank=True)
    stat_class = models.CharField(_("statistical urban-rural class"), max_length=3, blank=True)
    street_type = models.CharField(_("street type"), max_length=10, blank=True)
    virtual = models.BooleanField(_("placeholder"), default=False)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
        db_index=False,
    )
    path = models.CharField(_("path"), max_length=100, db_collation="C", null=True, editable=False)
    sort_key = models.CharField(_("sort key"), max_length=200, blank=True, db_collation="C", editable=False)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True, help_text=_("First day it no longer exists."))

    objects = DivisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("division")
        verbose_name_plural = _("divisions")
        ordering = ["code", "id"]
        # Declared here, not on the fields: those would each add an index that collation C makes superfluous.
        indexes = [
            models.Index(fields=["code"], name="division_code"),
            models.Index(fields=["parent", "level"], name="division_parent_level"),
            models.Index(fields=["level", "path"], name="division_level_path"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["path"], name="division_path_once"),
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="division_code_once_in_force"),
            models.CheckConstraint(condition=Q(level="community") | Q(kind=""), name="division_kind_of_communities"),
        ]

    def __str__(self):
        return self.short_name or self.name

    @property
    def ancestor_ids(self):
        """Ids from the root down to this division itself."""
        return [int(part) for part in self.path.split(".") if part]


class DivisionPeriod(models.Model):
    """How a division stood from `starts` until the day before `ends`. One open period each while it exists."""

    division = models.ForeignKey(
        Division, models.CASCADE, related_name="periods", verbose_name=_("division"), db_index=False
    )
    code = models.CharField(_("official code"), max_length=12, db_collation="C")
    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=100)
    kind = models.CharField(_("committee kind"), max_length=5, choices=Division.Kind, blank=True)
    parent = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("parent")
    )
    path = models.CharField(_("path"), max_length=100, db_collation="C")
    starts = models.DateField(_("from"), default="1900-01-01")
    ends = models.DateField(_("to"), null=True, blank=True)

    class Meta:
        verbose_name = _("division period")
        verbose_name_plural = _("division periods")
        ordering = ["starts"]
        indexes = [
            models.Index(fields=["code"], name="division_period_code"),
            models.Index(fields=["path"], name="division_period_path"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["division", "starts"], name="division_period_starts_once"),
            models.UniqueConstraint(fields=["division"], condition=Q(ends=None), name="division_period_open_once"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gt=F("starts")), name="division_period_in_order"),
        ]

    def __str__(self):
        return f"{self.name} ({self.starts})"


class DivisionAlias(models.Model):
    """A former or spoken name or code that people still write for a division."""

    division = models.ForeignKey(Division, models.CASCADE, related_name="aliases", verbose_name=_("division"))
    code = models.CharField(_("former code"), max_length=12, blank=True, db_index=True, db_collation="C")
    name = models.CharField(_("former name"), max_length=100, blank=True, db_index=True)
    street_name = models.CharField(_("former street"), max_length=100, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("former name or code")
        verbose_name_plural = _("former names and codes")
        constraints = [
            models.UniqueConstraint(fields=["division", "code", "name", "street_name"], name="division_alias_once"),
        ]

    def __str__(self):
        return f"{self.name} {self.code}".strip()


class DivisionLink(models.Model):
    """Successor of an abolished division (merge: one; split: several) from a date on."""

    old = models.ForeignKey(Division, models.CASCADE, related_name="successors", verbose_name=_("old division"))
    new = models.ForeignKey(Division, models.CASCADE, related_name="predecessors", verbose_name=_("new division"))
    effective = models.DateField(_("effective date"))

    class Meta:
        verbose_name = _("successor")
        verbose_name_plural = _("successors")
        constraints = [models.UniqueConstraint(fields=["old", "new"], name="division_link_once")]

    def __str__(self):
        return f"{self.old} → {self.new}"
