"""A sample check of a filing, row by row: the bureau looks, the street looks again, the bureau settles."""

from django.utils.translation import gettext_lazy as _

from casework.flows import OFFICER, Flow, State, Transition, register
from casework.models import PARTY, SYSTEM, Case
from casework.services.clock import require_overdue
from registry.matters import dormancy as matters
from registry.services import revocations, samples
from registry.services.changed import require_complete_and_in_force
from registry.services.dormancy import leave_to_office, require_no_party
from registry.workflow import rows
from registry.workflow.rows import REVIEW


def step(name, source, target, permission, *words, **more):
    """An officer's step; `words` are label and hint."""
    return Transition(name, (source,), target, OFFICER, permission, *words, **more)


SAMPLE = register(
    Flow(
        "sample",
        matters.SAMPLE.label,
        matters.SAMPLE.code,
        (
            rows.DRAFT,
            State("checking", _("Check by the bureau"), samples.RIGHT, "samples.check_days", 15),
            State("street_review", _("Review by the street"), REVIEW, "samples.review_days", 15),
            State("settling", _("Result with the bureau"), samples.RIGHT, "samples.check_days", 15),
            rows.approved("fine", _("Nothing wrong")),
            State("settled", _("Put in order"), outcome=Case.Outcome.APPROVED, light="near"),
            State("to_revoke", _("Revocation proposed"), outcome=Case.Outcome.REFUSED, light="bad"),
            rows.LAPSED,
        ),
        (
            Transition(
                "submit",
                ("draft",),
                "checking",
                PARTY,
                label=_("Begin the check"),
                guard=require_complete_and_in_force,
                effect=leave_to_office,
            ),
            Transition("propose", ("draft",), "checking", SYSTEM, label=_("Drawn by lot"), guard=require_no_party),
            Transition("lapse", ("draft",), "lapsed", SYSTEM, label=_("Lapse"), guard=require_overdue),
            step(
                "pass",
                "checking",
                "fine",
                samples.RIGHT,
                _("Nothing wrong"),
                _("The filing stands; the check ends."),
                batch=True,
            ),
            step(
                "order",
                "checking",
                "street_review",
                samples.RIGHT,
                _("Have the street review it"),
                _("The street looks again and reports."),
                note=True,
                style="second",
            ),
            step(
                "report",
                "street_review",
                "settling",
                REVIEW,
                _("Report to the bureau"),
                _("What was found and what was put in order."),
                note=True,
            ),
            step(
                "settle",
                "settling",
                "settled",
                samples.RIGHT,
                _("Put in order"),
                _("The filing stands; the check ends."),
                note=True,
            ),
            step(
                "order",
                "settling",
                "street_review",
                samples.RIGHT,
                _("Have the street review it"),
                _("The street looks again and reports."),
                note=True,
                style="second",
            ),
            step(
                "propose_revocation",
                "settling",
                "to_revoke",
                samples.RIGHT,
                _("Have it revoked"),
                _("The street opens the revocation; the organization is heard there."),
                effect=revocations.ask,
                note=True,
                style="danger",
            ),
        ),
        **(rows.ORDERED | {"checks": samples.checks}),
    )
)
