"""Who may climb the ladder of tiers: groups fit to be filed as teams, teams fit to be registered (可升级)."""

from dataclasses import dataclass

from django.db.models import Case, FilteredRelation, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from casework import policy
from registry.models.scheme import Tier

# How many conditions may be missing for an organization to be shown all the same.
NEAR = 1


@dataclass(frozen=True)
class Rung:
    """One condition of the next tier: `field` at least what the policy value `key` asks for, or simply `filled`."""

    code: str
    label: str
    field: str = ""
    key: str = ""
    default: int = 0
    filled: Q | None = None

    def limit(self, division):
        return policy.value(self.key, default=self.default, division=division) if self.key else None

    def met(self, limit):
        return self.filled if limit is None else Q(**{f"{self.field}__gte": limit})


LEADER = Rung("leader", _("A leader"), filled=Q(leader__isnull=False))
VENUE = Rung("venue", _("A venue"), filled=~Q(place=""))
# Figures are those of the newest year reported. 三十名以上发起、五十个以上个人会员: 社会团体登记管理条例第十条.
LADDER = {
    Tier.GROUP: (
        "filing",
        (
            LEADER,
            VENUE,
            Rung("members", _("At least %(limit)s members"), "latest__members", "filing.members_min", 10),
            Rung(
                "activities",
                _("At least %(limit)s activities a year"),
                "latest__activities",
                "filing.activities_min",
                4,
            ),
        ),
    ),
    Tier.TEAM: (
        "upgrade",
        (
            LEADER,
            VENUE,
            Rung("members", _("At least %(limit)s members"), "latest__members", "registration.members_persons", 50),
            Rung("staff", _("At least %(limit)s full-time staff"), "latest__fulltime", "registration.staff_min", 1),
        ),
    ),
}


def rungs(tier, division):
    """[(code, label with its number, condition)] of the tier above, by the policy in force at the division."""
    limits = [(rung, rung.limit(division)) for rung in LADDER[tier][1]]
    return [(rung.code, str(rung.label) % {"limit": limit}, rung.met(limit)) for rung, limit in limits]


def ready(organizations, tier, asked):
    """Organizations of the tier that meet the conditions `asked` (see `rungs`), or all but NEAR; the readiest first.

    Each row says with `ok_<code>` which it meets. One query whatever their number.
    """
    rows = organizations.in_force().filter(tier=tier)
    rows = rows.alias(latest=FilteredRelation("years", condition=Q(years__next_year=None)))
    rows = rows.annotate(**{f"ok_{code}": as_number(condition) for code, _label, condition in asked})
    rows = rows.annotate(met=sum((as_number(condition) for _code, _label, condition in asked), Value(0)))
    return rows.filter(met__gte=len(asked) - NEAR).order_by("-met", "division_path", "id")


def as_number(condition):
    return Case(When(condition, then=1), default=0, output_field=IntegerField())
