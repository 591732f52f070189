"""Annual confirmation and half-year report, row by row (domain 3.7, SH-41, SH-42)."""

from django.utils.translation import gettext_lazy as _

from casework.flows import BACK, OFFICER, Flow, State, Transition, register
from casework.models import PARTY, SYSTEM, Case
from casework.services.clock import require_overdue
from casework.services.corrections import open_round, require_items
from registry.matters import yearly
from registry.models import PeriodicReport
from registry.services import revocations
from registry.services.confirmations import require_report, settle
from registry.services.filed import in_community, not_in_community
from registry.workflow import rows
from registry.workflow.rows import CHECK, DECIDE, REVIEW

Result = PeriodicReport.Result
LETTER, FORM = "annual_result", ("annual_form",)


def order_correction(case, by, data):
    """Effect of the order: its items are open, the year stands as ordered to correct."""
    open_round(case, by, data)
    settle(Result.CORRECTING)(case, by, data)


def refuse_year(case, by, data):
    """Effect of not confirming: the year stands as not confirmed, the street is asked to open the revocation."""
    settle(Result.NOT_CONFIRMED)(case, by, data)
    revocations.ask(case, by, data)


ANNUAL = register(
    Flow(
        "annual",
        yearly.ANNUAL.label,
        yearly.ANNUAL.code,
        (
            rows.DRAFT,
            rows.COMMITTEE,
            rows.STREET,
            State("correcting", _("Ordered to correct"), PARTY, "confirmation.correction_days", 30),
            rows.DECISION,
            rows.RETURNED,
            rows.approved("confirmed", _("Confirmed")),
            State("remarks", _("Confirmed with remarks"), outcome=Case.Outcome.APPROVED, light="near"),
            State("not_confirmed", _("Not confirmed"), outcome=Case.Outcome.REFUSED, light="bad"),
            rows.NOT_ACCEPTED,
            rows.WITHDRAWN,
            rows.LAPSED,
        ),
        (
            rows.submit("draft", "committee_check", guard=require_report, when=in_community),
            rows.submit("draft", "street_review", guard=require_report, when=not_in_community),
            rows.submit("returned", BACK, guard=require_report),
            rows.forward(
                "agree",
                "committee_check",
                "street_review",
                CHECK,
                label=_("Confirm for the community"),
                hint=_("Goes to the street for confirmation."),
            ),
            rows.disagree("committee_check", "street_review", CHECK),
            rows.return_("committee_check", CHECK),
            rows.overlooked("committee_check"),
            rows.take_over("committee_check", "street_review", REVIEW),
            rows.approve(
                "street_review",
                "confirmed",
                REVIEW,
                effect=settle(Result.CONFIRMED),
                label=_("Confirm the year"),
                hint=_("The figures become those of the year."),
                letter=LETTER,
                papers=(*FORM, "certificate"),
            ),
            Transition(
                "remark",
                ("street_review",),
                "remarks",
                OFFICER,
                REVIEW,
                _("Confirm with remarks"),
                _("The figures become those of the year; your remarks go into the letter."),
                guard=rows.ready(),
                effect=settle(Result.REMARKS),
                note=True,
                notice="approved",
                letter=LETTER,
                papers=(*FORM, "certificate"),
                style="second",
            ),
            Transition(
                "order",
                ("street_review",),
                "correcting",
                OFFICER,
                REVIEW,
                _("Order corrections"),
                _("The organization has to put in order what you mark within the time set."),
                guard=require_items,
                effect=order_correction,
                note=True,
                notice="ordered",
                letter="correct_order",
                style="second",
            ),
            rows.not_accept("street_review", REVIEW),
            rows.return_("street_review", REVIEW),
            rows.overlooked("street_review"),
            rows.send_back("street_review", "committee_check", REVIEW, when=in_community),
            Transition(
                "propose_refusal",
                ("street_review",),
                "street_decision",
                OFFICER,
                REVIEW,
                _("Propose not to confirm"),
                _("Goes to the street's leader for the decision."),
                note=True,
                style="danger",
            ),
            rows.submit("correcting", "street_review", guard=require_report),
            Transition(
                "end_correction",
                ("correcting",),
                "street_decision",
                SYSTEM,
                label=_("Time is over"),
                guard=require_overdue,
            ),
            Transition(
                "refuse",
                ("street_decision",),
                "not_confirmed",
                OFFICER,
                DECIDE,
                _("Do not confirm"),
                _("The organization is put on the list of those to be revoked; it is heard before."),
                effect=refuse_year,
                note=True,
                notice="refused",
                letter=LETTER,
                papers=FORM,
                style="danger",
            ),
            rows.send_back("street_decision", "street_review", DECIDE),
            *rows.endings("committee_check", "street_review"),
        ),
        **rows.HOOKS,
    )
)


def grade(source, permission, result, label):
    """One word of the community's review, with its reasons."""
    return Transition(
        f"rate_{result.value}",
        (source,),
        result.value,
        OFFICER,
        permission,
        label,
        _("Your words are told to the organization."),
        guard=rows.ready(),
        effect=settle(result),
        note=True,
        notice="approved",
        letter="half_year_review",
        style="" if result == Result.GOOD else "second",
    )


def grades(source, permission):
    return (
        grade(source, permission, Result.GOOD, _("Rate as good")),
        grade(source, permission, Result.FAIR, _("Rate as fair")),
        grade(source, permission, Result.POOR, _("Rate as poor")),
        rows.not_accept(source, permission),
        rows.return_(source, permission),
        rows.overlooked(source),
    )


HALF_YEAR = register(
    Flow(
        "half_year",
        yearly.HALF_YEAR.label,
        yearly.HALF_YEAR.code,
        (
            rows.DRAFT,
            State("community_review", _("Review by the community"), CHECK, "report.review_days", 10),
            State("street_review", _("Review by the street"), REVIEW, "report.review_days", 10),
            rows.RETURNED,
            rows.approved("good", _("Reviewed: good")),
            rows.approved("fair", _("Reviewed: fair")),
            State("poor", _("Reviewed: poor"), outcome=Case.Outcome.APPROVED, light="near"),
            rows.NOT_ACCEPTED,
            rows.WITHDRAWN,
            rows.LAPSED,
        ),
        (
            rows.submit("draft", "community_review", guard=require_report, when=in_community),
            rows.submit("draft", "street_review", guard=require_report, when=not_in_community),
            rows.submit("returned", BACK, guard=require_report),
            *grades("community_review", CHECK),
            rows.take_over("community_review", "street_review", REVIEW),
            *grades("street_review", REVIEW),
            *rows.endings("community_review", "street_review"),
        ),
        **rows.HOOKS,
    )
)
