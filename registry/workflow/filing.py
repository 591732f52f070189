"""Filing of a team, and listing of a group: the way through committee and street, row by row (domain 3.6)."""

from django.utils.translation import gettext_lazy as _

from casework.flows import BACK, OFFICER, Flow, State, Transition, register
from casework.models import PARTY, SYSTEM, Case
from casework.services.clock import require_overdue
from casework.services.corrections import open_round, require_items
from registry.services.filed import (
    file_organization,
    has_community_notice,
    has_no_community_notice,
    in_community,
    is_by_district,
    is_by_street,
    not_in_community,
    require_single,
)
from registry.services.filings import content, require_complete

CHECK, REVIEW = "registry.check_filing", "registry.review_filing"
DECIDE, DECIDE_DISTRICT = "registry.decide_filing", "registry.decide_filing_district"
Outcome = Case.Outcome

DRAFT = State("draft", _("Draft"), PARTY, "cases.draft_days", 60)
COMMITTEE = State("committee_check", _("Check by the committee"), CHECK, "filing.committee_days", 5)
NOTICE = State("community_notice", _("Notice in the community"), SYSTEM)
STREET = State("street_review", _("Review by the street"), REVIEW, "filing.street_days", 10)
DECISION = State("street_decision", _("Decision of the street"), DECIDE, "filing.decision_days", 3)
DISTRICT = State("district_decision", _("Decision of the bureau"), DECIDE_DISTRICT, "filing.decision_days", 3)
RETURNED = State("returned", _("Returned for correction"), PARTY, "filing.correction_days", 15, paused=True)
FILED = State("filed", _("Filed"), outcome=Outcome.APPROVED, light="ok")
REFUSED = State("refused", _("Not filed"), outcome=Outcome.REFUSED, light="bad")
NOT_ACCEPTED = State("not_accepted", _("Not accepted"), outcome=Outcome.NOT_ACCEPTED, light="bad")
WITHDRAWN = State("withdrawn", _("Withdrawn"), outcome=Outcome.WITHDRAWN)
LAPSED = State("lapsed", _("Lapsed"), outcome=Outcome.LAPSED)
CLOSED = (FILED, REFUSED, NOT_ACCEPTED, WITHDRAWN, LAPSED)

BEFORE_DECISION = ("committee_check", "community_notice", "street_review", "street_decision", "district_decision")


def submit(source, target, **more):
    return Transition(
        "submit", (source,), target, PARTY, label=_("Submit"), guard=require_complete, notice="submitted", **more
    )


def send_back(source, target, permission):
    """退回上一环节: the office before looks again; the applicant has nothing to do."""
    return Transition(
        "send_back", (source,), target, OFFICER, permission, _("Back to the step before"), note=True, style="second"
    )


def return_(source, permission):
    """退回补正: the one list of defects, the clock stops."""
    return Transition(
        "return",
        (source,),
        "returned",
        OFFICER,
        permission,
        _("Return for correction"),
        _("The applicant corrects only what you mark; your clock stands still."),
        guard=require_items,
        effect=open_round,
        notice="returned",
        letter="correction",
        style="second",
    )


def not_accept(source, permission):
    """不予受理: not a matter of this register."""
    return Transition(
        "not_accept",
        (source,),
        "not_accepted",
        OFFICER,
        permission,
        _("Do not accept"),
        _("The matter is not one for filing; the case ends with a letter."),
        note=True,
        notice="not_accepted",
        letter="not_accepted",
        style="danger",
    )


def approve(source, permission):
    return Transition(
        "approve",
        (source,),
        "filed",
        OFFICER,
        permission,
        _("File"),
        _("The organization gets its number and certificate and counts from today."),
        guard=require_single,
        effect=file_organization,
        notice="approved",
        letter="filing_notice",
        batch=True,
    )


def refuse(source, permission):
    """不予备案: the decision against, with reasons and the way to object."""
    return Transition(
        "refuse",
        (source,),
        "refused",
        OFFICER,
        permission,
        _("Do not file"),
        _("The case ends with a letter that names the reason and the way to object."),
        note=True,
        notice="refused",
        letter="refused",
        style="danger",
    )


ENDINGS = (
    Transition(
        "withdraw",
        ("draft", "returned", *BEFORE_DECISION),
        "withdrawn",
        PARTY,
        label=_("Withdraw"),
        hint=_("The case ends; what you typed can be copied into a new one."),
        letter="withdrawn",
        style="danger",
    ),
    Transition(
        "lapse",
        ("draft", "returned"),
        "lapsed",
        SYSTEM,
        label=_("Lapse"),
        guard=require_overdue,
        notice="lapsed",
    ),
)

FILING = register(
    Flow(
        "filing",
        _("Filing of an activity team"),
        "01",
        (DRAFT, COMMITTEE, NOTICE, STREET, DECISION, DISTRICT, RETURNED, *CLOSED),
        (
            submit("draft", "committee_check", when=in_community),
            submit("draft", "street_review", when=not_in_community),
            submit("returned", BACK),
            Transition(
                "agree",
                ("committee_check",),
                "street_review",
                OFFICER,
                CHECK,
                _("Agree"),
                _("Goes to the street for review."),
                when=has_no_community_notice,
                batch=True,
            ),
            Transition(
                "agree",
                ("committee_check",),
                "community_notice",
                OFFICER,
                CHECK,
                _("Agree"),
                _("Posted in the community first, then to the street."),
                when=has_community_notice,
                batch=True,
            ),
            Transition(
                "disagree",
                ("committee_check",),
                "street_review",
                OFFICER,
                CHECK,
                _("Disagree"),
                _("Goes to the street with your opinion; the committee alone cannot refuse."),
                note=True,
                style="second",
            ),
            return_("committee_check", CHECK),
            Transition(
                "take_over",
                ("committee_check",),
                "street_review",
                OFFICER,
                REVIEW,
                _("Check for the committee"),
                _("Where the committee has nobody to check, or is overdue."),
                note=True,
                style="second",
            ),
            Transition("end_notice", ("community_notice",), "street_review", SYSTEM, label=_("End of the notice")),
            Transition(
                "propose",
                ("street_review",),
                "street_decision",
                OFFICER,
                REVIEW,
                _("Propose to file"),
                _("Goes to the street's leader for the decision."),
                when=is_by_street,
                batch=True,
            ),
            Transition(
                "propose",
                ("street_review",),
                "district_decision",
                OFFICER,
                REVIEW,
                _("Propose to file"),
                _("Goes to the bureau for the decision."),
                when=is_by_district,
                batch=True,
            ),
            return_("street_review", REVIEW),
            send_back("street_review", "committee_check", REVIEW),
            not_accept("street_review", REVIEW),
            approve("street_decision", DECIDE),
            refuse("street_decision", DECIDE),
            send_back("street_decision", "street_review", DECIDE),
            approve("district_decision", DECIDE_DISTRICT),
            refuse("district_decision", DECIDE_DISTRICT),
            send_back("district_decision", "street_review", DECIDE_DISTRICT),
            *ENDINGS,
        ),
        content=content,
    )
)
