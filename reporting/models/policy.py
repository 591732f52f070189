"""Policy documents, their target sets and the baselines frozen for them."""

from functools import lru_cache
from itertools import takewhile

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models.division import Division, in_paths
from reporting.typed import with_ids


class Policy(models.Model):
    """A policy document loaded from a file in policies/.

    `loaded` is what the last load wrote, row by row: a later load changes only values that still equal it.
    """

    class State(models.TextChoices):
        IN_FORCE = "in_force", _("In force")
        LAPSED = "lapsed", _("Lapsed")

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    issuer = models.CharField(_("issued by"), max_length=100, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)
    issued = models.DateField(_("issued on"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.IN_FORCE)
    note = models.TextField(_("note"), blank=True)
    divisions = models.ManyToManyField(
        "accounts.Division", blank=True, related_name="policies", verbose_name=_("valid for")
    )
    loaded = models.JSONField(default=dict, editable=False)
    loaded_at = models.DateTimeField(_("loaded"), null=True, editable=False)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["code"]

    def __str__(self):
        return self.name

    @property
    def division_path(self):
        """Where events about it belong."""
        return shared_path(self.divisions.all())


class TargetSetQuerySet(models.QuerySet):
    def visible_to(self, user, perm="reporting.view_targetset"):
        """Sets of a division inside the user's subtrees or above them: what a province sets binds its streets."""
        paths = user.paths(perm)
        above = {part for path in paths for part in path.split(".") if part}
        places = Division.objects.filter(in_paths("path", paths) | Q(pk__in=above))
        return self.filter(Q(divisions__in=places) | Q(divisions=None)).distinct()

    def binding(self, division, on):
        """Sets, in force or closed, given for this division or one above it, that had begun on the date."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=on),
            state__in=[TargetSet.State.IN_FORCE, TargetSet.State.CLOSED],
            divisions__in=division.ancestor_ids,
        ).distinct()


class TargetSet(models.Model):
    """The targets of one policy, or a bureau's own copy of them. Drafts bind nobody; closed ones change no more."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_FORCE = "in_force", _("In force")
        CLOSED = "closed", _("Set closed")

    policy = models.ForeignKey(
        Policy, models.PROTECT, null=True, blank=True, related_name="target_sets", verbose_name=_("policy")
    )
    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    divisions = models.ManyToManyField(
        "accounts.Division", blank=True, related_name="target_sets", verbose_name=_("given for")
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="copies", verbose_name=_("copied from")
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TargetSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("target set")
        verbose_name_plural = _("target sets")
        ordering = ["code"]
        permissions = [
            ("freeze_baseline", _("Can freeze a baseline")),
            ("decide_targetset", _("Can put target sets in force, change and close them")),
        ]

    def __str__(self):
        return self.name

    @property
    def division_path(self):
        """Where events about it belong."""
        return shared_path(self.divisions.all())

    @property
    def closed(self):
        return self.state == self.State.CLOSED


class Target(models.Model):
    """One line of a target set: a formula over measures, a line to reach and the date it counts.

    `numerator` and `denominator` are names of measures, summed; "{tier}" in a name stands for each tier counted and
    "{urban}" / "{rural}" for the committee or statistical basis; "orgs_{tier}:SW-4/living" counts those of a type.
    `value` is in `unit` after `factor` (value = numerator / denominator × factor).
    """

    class Kind(models.TextChoices):
        TOTAL = "total", _("Total number")
        AVERAGE = "average", _("Average")
        COVERAGE = "coverage", _("Coverage: each place")
        RATIO = "ratio", _("Ratio")
        GROWTH = "growth", _("Growth against a frozen baseline")
        YEARLY = "yearly", _("Number in the year")
        RULE = "rule", _("Rule for single cases")

    class Basis(models.TextChoices):
        ALL = "all", _("Urban and rural")
        URBAN = "urban", _("Urban communities")
        RURAL = "rural", _("Rural communities")

    class Classing(models.TextChoices):
        COMMITTEE = "committee", _("By committee kind")
        STATISTICS = "stat", _("By statistical class")

    class Period(models.TextChoices):
        DEADLINE = "deadline", _("By the deadline")
        STANDING = "standing", _("Standing")
        YEARLY = "yearly", _("Every year")

    class Direction(models.TextChoices):
        UP = "up", _("At least")
        DOWN = "down", _("At most")

    set = models.ForeignKey(TargetSet, models.CASCADE, related_name="targets", verbose_name=_("target set"))
    code = models.CharField(_("number"), max_length=20)
    name = models.CharField(_("target"), max_length=200)
    formula = models.CharField(_("formula"), max_length=300, blank=True)
    clause = models.CharField(_("source clause"), max_length=100, blank=True)
    level = models.CharField(
        _("level"), max_length=10, choices=Division.Level, help_text=_("The lowest level this target speaks of.")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    basis = models.CharField(_("urban or rural"), max_length=5, choices=Basis, default=Basis.ALL)
    classing = models.CharField(_("urban or rural by"), max_length=10, choices=Classing, default=Classing.COMMITTEE)
    tiers = models.JSONField(_("tiers counted"), default=list, blank=True)
    numerator = models.JSONField(_("numerator"), default=list, blank=True)
    denominator = models.JSONField(_("denominator"), default=list, blank=True)
    factor = models.DecimalField(_("factor"), max_digits=12, decimal_places=4, default=1)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    direction = models.CharField(_("direction"), max_length=4, choices=Direction, default=Direction.UP)
    value = models.DecimalField(_("target value"), max_digits=14, decimal_places=4)
    good_value = models.DecimalField(_("good value"), max_digits=14, decimal_places=4, null=True, blank=True)
    basically = models.BooleanField(
        _("“basically”"), default=False, help_text=_("The document says “basically”: the line is a policy value.")
    )
    period = models.CharField(_("period"), max_length=10, choices=Period, default=Period.DEADLINE)
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    baseline_on = models.DateField(_("baseline date"), null=True, blank=True)
    baseline_value = models.DecimalField(
        _("baseline value"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("As the document states it; empty where it is frozen from the figures."),
    )
    reported = models.CharField(
        _("counted as reported"),
        max_length=60,
        blank=True,
        help_text=_("The measure that counts who has reported; nobody: no data."),
    )
    reporters = models.CharField(
        _("due from"), max_length=60, blank=True, help_text=_("The measure that counts who should report.")
    )
    needs = models.CharField(
        _("data needed"), max_length=200, blank=True, help_text=_("Named where the figures do not suffice.")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["set", "order", "code"]
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(fields=["set", "code"], name="target_code_once"),
            models.CheckConstraint(
                condition=~Q(period="deadline") | Q(deadline__isnull=False), name="target_with_deadline"
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"

    @property
    def division_path(self):
        return self.set.division_path

    @property
    def above(self):
        """The measures summed above the line of the formula."""
        return self.measures(self.numerator)

    @property
    def below(self):
        """The measures summed below the line; none for a total."""
        return self.measures(self.denominator)

    def spelled(self, names):
        return spelled_out(tuple(names), tuple(self.tiers), self.classing)

    def measures(self, names):
        """The measures the names stand for; the types of some are looked up once."""
        spelled = self.spelled(names)
        self.known_types |= with_ids(set(spelled) - self.known_types.keys())
        return tuple(self.known_types.get(name, name) for name in spelled)

    @cached_property
    def known_types(self):
        """{name: it with the ids of its types} as looked up so far (`look_up_types`)."""
        return {}


def look_up_types(targets):
    """Looks up at once the types that the formulas of all these targets name."""
    known = with_ids({name for row in targets for name in row.spelled([*row.numerator, *row.denominator])})
    for row in targets:
        row.known_types = known


def shared_path(divisions):
    """The path of the lowest division that holds them all; empty (the whole portal) for none."""
    parts = [division.path.split(".") for division in divisions]
    kept = takewhile(lambda column: len(set(column)) == 1, zip(*parts, strict=False))
    return "".join(f"{column[0]}." for column in kept if column[0])


@lru_cache
def spelled_out(names, tiers, classing):
    """The measures a formula adds up: "{tier}" once per tier counted, "{urban}" and "{rural}" by the basis chosen."""
    prefix = "stat_" if classing == Target.Classing.STATISTICS else ""
    found = []
    for name in names:
        placed = name.replace("{urban}", f"{prefix}urban").replace("{rural}", f"{prefix}rural")
        found += [placed.replace("{tier}", tier) for tier in tiers] if "{tier}" in placed else [placed]
    return tuple(found)


class Mechanism(models.Model):
    """A check (C) or named mechanism (M) of a policy that sets no number to compute here."""

    class Kind(models.TextChoices):
        CHECK = "C", _("Check item")
        MECHANISM = "M", _("Mechanism")

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="mechanisms", verbose_name=_("policy"))
    code = models.CharField(_("number"), max_length=20)
    kind = models.CharField(_("kind"), max_length=1, choices=Kind)
    name = models.CharField(_("title"), max_length=200)
    level = models.CharField(_("level"), max_length=60, blank=True)
    clause = models.CharField(_("source clause"), max_length=100, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("mechanism")
        verbose_name_plural = _("mechanisms")
        ordering = ["policy", "order", "code"]
        default_permissions = ["view"]
        constraints = [models.UniqueConstraint(fields=["policy", "code"], name="mechanism_code_once")]

    def __str__(self):
        return f"{self.code} {self.name}"


class Baseline(models.Model):
    """A target's figures at one division on its baseline date, frozen. A later version needs a reason."""

    target = models.ForeignKey(Target, models.PROTECT, related_name="baselines", verbose_name=_("target"))
    division = models.ForeignKey("accounts.Division", models.PROTECT, related_name="+", verbose_name=_("division"))
    on = models.DateField(_("date"))
    numerator = models.DecimalField(_("numerator"), max_digits=18, decimal_places=4, null=True)
    denominator = models.DecimalField(_("denominator"), max_digits=18, decimal_places=4, null=True)
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=6, null=True)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    frozen_at = models.DateTimeField(_("frozen"), auto_now_add=True)
    by = models.CharField(_("by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("baseline")
        verbose_name_plural = _("baselines")
        ordering = ["target", "division", "-version"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(fields=["target", "division", "version"], name="baseline_version_once"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="baseline_moved_with_reason"),
        ]

    def __str__(self):
        return f"{self.target} · {self.division} · {self.on}"
