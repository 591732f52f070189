"""Whether an organization may do something on a day, with every rule, its result and the rows it rests on.

Other apps ask `eligibility(organization, purpose, on)` and show what it says; they never read the rows themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework import policy
from casework.models import Case
from registry.models import CreditEvent, OrganizationYear, PeriodicReport
from registry.models.organization import COUNTED, State
from registry.models.scheme import Tier
from registry.periods import UNTIL, is_young, last_year_closed

GRANT, BASE, RATING, UPGRADE = "grant", "base", "rating", "upgrade"
ANY, FILED, NO_GROUP = tuple(Tier), (Tier.TEAM, Tier.GROUP), (Tier.REGISTERED, Tier.TEAM)
FINE = (PeriodicReport.Result.CONFIRMED, PeriodicReport.Result.REMARKS)
Kind = CreditEvent.Kind


@dataclass(frozen=True)
class Verdict:
    """What one rule found: `evidence` names the row or figure it rests on, `basis` the clause or policy value."""

    code: str
    label: str
    ok: bool
    evidence: str
    basis: str = ""


@dataclass(frozen=True)
class Eligibility:
    """The answer with all its rules, in the order an officer reads them."""

    purpose: str
    on: date
    rules: tuple[Verdict, ...]

    @property
    def ok(self):
        return all(rule.ok for rule in self.rules)

    @property
    def against(self):
        return [rule for rule in self.rules if not rule.ok]


@dataclass
class Facts:
    """Everything the rules look at, read once: the standing on the day, reports, entries, figures, open revocation."""

    organization: object
    purpose: str
    on: date
    period: object
    reports: dict
    credit: list
    figures: object
    revocation: object
    values: dict = field(default_factory=dict)

    def value(self, key, default):
        """The policy value in force on the day at the organization's place."""
        return policy.in_force(self.values.get(key, ()), self.on, default=default)

    @property
    def listed(self):
        """Entries that stand on a list on the day."""
        return [row for row in self.credit if row.ends is None or row.ends > self.on]


@dataclass(frozen=True)
class Rule:
    """One line of the table: for which purposes, and `test(facts)` giving (ok, evidence)."""

    code: str
    label: str
    purposes: tuple[str, ...]
    test: Callable
    basis: str = ""
    policy: str = ""


def eligibility(organization, purpose, on=None):
    """Answers yes or no with each rule, its result and evidence, as things stood on the day (today by default).

    Reads only, with the same number of queries for every organization. Refuses (KeyError) a purpose no rule knows.
    """
    if purpose not in PURPOSES:
        raise KeyError(purpose)
    facts = read(organization, purpose, on or timezone.localdate())
    return Eligibility(purpose, facts.on, tuple(judge(rule, facts) for rule in RULES if purpose in rule.purposes))


def judge(rule, facts):
    ok, evidence = rule.test(facts)
    return Verdict(rule.code, str(rule.label), ok, evidence, rule.basis or key_of(rule, facts))


def key_of(rule, facts):
    return rule.policy.format(purpose=facts.purpose)


def read(organization, purpose, on):
    keys = {rule.policy.format(purpose=purpose) for rule in RULES if rule.policy}
    reports = organization.reports.filter(kind=PeriodicReport.Kind.ANNUAL, on__lte=on)
    opened = Case.objects.filter(kind="revoke", filing__organization=organization, submitted_at__date__lte=on)
    return Facts(
        organization,
        purpose,
        on,
        period=organization.periods.filter(starts__lte=on).order_by("-starts").first(),
        reports={row.period: row for row in reports},
        credit=list(organization.credit_events.filter(starts__lte=on)),
        figures=OrganizationYear.objects.in_force(on).filter(organization=organization).first(),
        revocation=opened.exclude(closed_at__date__lte=on).order_by("id").first(),
        values=policy.histories(keys, division=organization.division),
    )


def stands(facts):
    period = facts.period
    if period is None or (period.ends is not None and period.ends <= facts.on):
        return False, _("Not on the register on %(day)s") % {"day": facts.on}
    label = State(period.state).label
    return period.state in COUNTED, _("%(state)s since %(day)s") % {"state": label, "day": period.starts}


def acts(facts):
    period = facts.period
    if period is None:
        return False, _("Not on the register on %(day)s") % {"day": facts.on}
    text = _("%(state)s since %(day)s") % {"state": State(period.state).label, "day": period.starts}
    return period.state == State.ACTIVE, text


def tier_of(tiers):
    def test(facts):
        tier = facts.period.tier if facts.period else facts.organization.tier
        return tier in tiers, str(Tier(tier).label)

    return test


def old_enough(key, default):
    def test(facts):
        months = int(facts.value(key.format(purpose=facts.purpose), default))
        founded = facts.organization.founded
        if founded is None:
            return months == 0, _("The day of founding is not known")
        words = {"day": founded, "age": months_between(founded, facts.on), "months": months}
        return words["age"] >= months, _("Founded %(day)s, %(age)s months; %(months)s needed") % words

    return test


def months_between(first, last):
    """Whole months from one day to another."""
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


def confirmed(facts):
    """The year the last closed window asked for was confirmed; only teams old enough are asked."""
    year = last_year_closed(facts.on, facts.value("confirmation.until", UNTIL))
    if (facts.period and facts.period.tier != Tier.TEAM) or is_young(facts.organization, year):
        return True, _("No confirmation is asked for %(year)s") % {"year": year}
    row = facts.reports.get(year)
    if row is None:
        return False, _("%(year)s: not handed in or not decided yet") % {"year": year}
    return row.result in FINE, f"{year}: {row.get_result_display()} ({row.on})"


def not_on(kind):
    def test(facts):
        rows = [row for row in facts.listed if row.kind == kind]
        if not rows:
            return True, _("No entry")
        return False, _("Since %(day)s: %(grounds)s") % {"day": rows[0].starts, "grounds": rows[0].grounds}

    return test


def clean_for(key, default):
    def test(facts):
        years = int(facts.value(key.format(purpose=facts.purpose), default))
        rows = [row for row in facts.credit if months_between(row.ends or facts.on, facts.on) < years * 12]
        if not rows:
            return True, _("No entry in %(years)s years") % {"years": years}
        return False, _("Listed from %(day)s: %(grounds)s") % {"day": rows[0].starts, "grounds": rows[0].grounds}

    return test


def undisputed(facts):
    if facts.revocation is None:
        return True, _("None open")
    return False, str(facts.revocation)


def party_known(facts):
    form = facts.figures.party_form if facts.figures else ""
    if not form:
        return False, _("Not reported yet")
    return True, f"{facts.figures.get_party_form_display()} ({facts.figures.year})"


def members_enough(facts):
    least = int(facts.value("registration.members_persons", 50))
    members = facts.figures.members if facts.figures else None
    if members is None:
        return False, _("The number of members is not known; %(least)s needed") % {"least": least}
    words = {"members": members, "year": facts.figures.year, "least": least}
    return members >= least, _("%(members)s members in %(year)s; %(least)s needed") % words


def has_leader(facts):
    return facts.organization.leader_id is not None, _("Known") if facts.organization.leader_id else _("Not known")


PURPOSES = (GRANT, BASE, RATING, UPGRADE)
RULES = (
    Rule("in_force", gettext_lazy("On the register"), PURPOSES, stands),
    Rule("active", gettext_lazy("Carries on its activities"), (GRANT, RATING, UPGRADE), acts),
    Rule("tier", gettext_lazy("Registered or filed"), (GRANT, RATING), tier_of(NO_GROUP), basis="PS-08"),
    Rule("tier", gettext_lazy("Filed or listed, not registered yet"), (UPGRADE,), tier_of(FILED)),
    Rule(
        "age",
        gettext_lazy("Long enough in being"),
        (GRANT, BASE),
        old_enough("eligibility.months.{purpose}", 0),
        policy="eligibility.months.{purpose}",
    ),
    Rule(
        "age",
        gettext_lazy("Long enough in being"),
        (RATING,),
        old_enough("evaluation.min_months_in_force", 12),
        policy="evaluation.min_months_in_force",
    ),
    Rule(
        "confirmed",
        gettext_lazy("Annual confirmation"),
        (GRANT, RATING, UPGRADE),
        confirmed,
        policy="confirmation.until",
    ),
    Rule("watch", gettext_lazy("Not on the watch list"), (GRANT, RATING), not_on(Kind.WATCH)),
    Rule("abnormal", gettext_lazy("Not on the list of abnormal activity"), PURPOSES, not_on(Kind.ABNORMAL)),
    Rule("serious", gettext_lazy("Not on the list of serious offenders"), PURPOSES, not_on(Kind.SERIOUS)),
    Rule(
        "clean",
        gettext_lazy("Clean record"),
        (GRANT,),
        clean_for("funding.blacklist_years", 3),
        policy="funding.blacklist_years",
    ),
    Rule(
        "clean",
        gettext_lazy("Clean record"),
        (BASE, RATING),
        clean_for("eligibility.clean_years.{purpose}", 2),
        policy="eligibility.clean_years.{purpose}",
    ),
    Rule("no_revocation", gettext_lazy("No revocation under way"), PURPOSES, undisputed),
    Rule("party", gettext_lazy("Party form settled"), (RATING, UPGRADE), party_known, basis="SW-09"),
    Rule(
        "members",
        gettext_lazy("Enough members to register"),
        (UPGRADE,),
        members_enough,
        policy="registration.members_persons",
    ),
    Rule("leader", gettext_lazy("Leader known"), PURPOSES, has_leader),
)
