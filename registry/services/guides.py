"""The guide of a matter (办事指南): who, on which conditions, with which papers, by which steps, in how many days."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from casework import policy
from casework.flows import FLOWS
from casework.models import PARTY, SYSTEM, Case
from casework.services import clock, road
from registry.matters.filing import BODY_TYPES

# What each place fills in itself: where to ask, where to go, where to complain.
CONTACTS = (
    ("papers.contact", _("Contact")),
    ("papers.address", _("Office address")),
    ("papers.supervision", _("Supervision line")),
)


@dataclass(frozen=True)
class GuideStep:
    """One state on the shortest way to an approval: who has it, and the working days allowed."""

    label: str
    days: int | None
    by_applicant: bool
    by_itself: bool


def steps(matter, division=None):
    """[GuideStep] under the policies in force at the division (anywhere: the portal's own defaults)."""
    flow, place = FLOWS[matter.kind], division or Division(level=Division.Level.COMMUNITY, path="")
    case = Case(kind=matter.kind, division=at_community(place), division_path=place.path, opened_at=timezone.now())
    states = [flow.state(code) for code in road.shortest(case, flow, flow.first.code)]
    return [
        GuideStep(state.label, clock.limit_of(case, state), state.office == PARTY, state.office == SYSTEM)
        for state in states
    ]


def at_community(place):
    """The place as a community of it would stand: most organizations meet in one."""
    return Division(level=Division.Level.COMMUNITY, path=place.path)


def office_days(found):
    """Working days of all offices together."""
    return sum(step.days or 0 for step in found if not step.by_applicant)


def conditions(matter, division=None):
    """[{label, basis, needed, only}] with the numbers of the policy in force; `only` names whom one is for."""

    def limit_of(row):
        return policy.value(row.policy, default=row.default, division=division)

    return [
        {
            "label": label,
            "basis": row.basis,
            "needed": row.needed,
            "only": only_for(row),
        }
        for row in matter.conditions
        if (label := row.words(limit_of))
    ]


def contacts(division=None):
    """[(label, text)] of what the policies in force at the division say; what is not filled in is left out."""
    rows = [(label, policy.value(key, default="", division=division)) for key, label in CONTACTS]
    return [(label, text) for label, text in rows if text]


def only_for(condition):
    """The make-up a condition is for, when it is not for every one."""
    if condition.when is None:
        return ""
    fitting = [label for code, label in BODY_TYPES if condition.when({"body_type": code})]
    return fitting[0] if len(fitting) == 1 else ""
