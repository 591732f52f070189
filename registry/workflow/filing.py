"""Filing of a team (备案), row by row: committee, notice in the community, street, decision (domain 3.6)."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from casework.flows import BACK, Flow, State, Transition, register
from casework.models import SYSTEM
from casework.services import publicity
from registry.services import filed
from registry.workflow import rows
from registry.workflow.rows import CHECK, DECIDE, DECIDE_DISTRICT, REVIEW

NOTICE = State("community_notice", _("Notice in the community"), SYSTEM)
FILED = rows.approved("filed", _("Filed"))
NOT_FILED = replace(rows.REFUSED, label=_("Not filed"))


def decisions(source, permission):
    """The last office: file or refuse, or look again."""
    return (
        rows.approve(
            source,
            "filed",
            permission,
            guard=filed.require_single,
            effect=filed.file_organization,
            label=_("Grant the filing"),
            hint=_("The organization gets its number and certificate and counts from today."),
            letter="filing_notice",
            papers=("certificate", "approval", "roster"),
        ),
        rows.refuse(source, permission, label=_("Do not file")),
        rows.overlooked(source),
        rows.send_back(source, "street_review", permission),
    )


FILING = register(
    Flow(
        "filing",
        _("Filing of an activity team"),
        "01",
        (
            rows.DRAFT,
            rows.COMMITTEE,
            NOTICE,
            rows.STREET,
            rows.DECISION,
            rows.DISTRICT,
            rows.RETURNED,
            FILED,
            NOT_FILED,
            rows.NOT_ACCEPTED,
            rows.WITHDRAWN,
            rows.LAPSED,
        ),
        (
            rows.submit("draft", "committee_check", when=filed.in_community),
            rows.submit("draft", "street_review", when=filed.not_in_community),
            rows.submit("returned", BACK),
            rows.forward(
                "agree",
                "committee_check",
                "street_review",
                CHECK,
                label=_("Agree"),
                hint=_("Goes to the street for review."),
                when=filed.has_no_community_notice,
            ),
            rows.forward(
                "agree",
                "committee_check",
                "community_notice",
                CHECK,
                label=_("Agree"),
                hint=_("Posted in the community first, then to the street."),
                when=filed.has_community_notice,
                guard=publicity.require_publishable,
                effect=publicity.publish,
                notice="publicity_started",
                papers=("publicity",),
                batch=False,  # what is published is read first
            ),
            rows.disagree("committee_check", "street_review", CHECK),
            rows.return_("committee_check", CHECK),
            rows.overlooked("committee_check"),
            rows.take_over("committee_check", "street_review", REVIEW),
            Transition(
                "end_notice",
                ("community_notice",),
                "street_review",
                SYSTEM,
                label=_("End of the notice"),
                guard=publicity.require_publicity_over,
                effect=publicity.close,
            ),
            rows.forward(
                "propose",
                "street_review",
                "street_decision",
                REVIEW,
                label=_("Propose to file"),
                hint=_("Goes to the street's leader for the decision."),
                when=filed.is_by_street,
            ),
            rows.forward(
                "propose",
                "street_review",
                "district_decision",
                REVIEW,
                label=_("Propose to file"),
                hint=_("Goes to the bureau for the decision."),
                when=filed.is_by_district,
            ),
            rows.return_("street_review", REVIEW),
            rows.overlooked("street_review"),
            rows.send_back("street_review", "committee_check", REVIEW, when=filed.in_community),
            rows.not_accept("street_review", REVIEW),
            *decisions("street_decision", DECIDE),
            *decisions("district_decision", DECIDE_DISTRICT),
            *rows.endings(
                "committee_check", "community_notice", "street_review", "street_decision", "district_decision"
            ),
        ),
        **rows.HOOKS,
        public=("name", "type", "body_type", "purpose", "leader", "members", "place", "activities"),
    )
)


def listings(source, permission):
    """Whoever decides: put on the list, return, or refuse."""
    return (
        rows.approve(
            source,
            "listed",
            permission,
            guard=filed.require_single,
            effect=filed.file_organization,
            label=_("Put on the list"),
            hint=_("The group gets its number on the list and counts from today."),
            letter="listing_notice",
            papers=("certificate",),
        ),
        rows.not_accept(source, permission),
        rows.return_(source, permission),
        rows.refuse(source, permission, label=_("Do not list")),
    )


# A group is not filed but put on the committee's list: the committee itself decides (domain 1.1, 11.1);
# the street where there is no committee, or it stays silent.
LISTING = register(
    Flow(
        "listing",
        _("Listing of an activity group"),
        "02",
        (
            rows.DRAFT,
            State("committee_check", _("Decision of the committee"), CHECK, "filing.committee_days", 5),
            rows.DECISION,
            rows.RETURNED,
            rows.approved("listed", _("Listed")),
            rows.REFUSED,
            rows.NOT_ACCEPTED,
            rows.WITHDRAWN,
            rows.LAPSED,
        ),
        (
            rows.submit("draft", "committee_check", when=filed.in_community),
            rows.submit("draft", "street_decision", when=filed.not_in_community),
            rows.submit("returned", BACK),
            *listings("committee_check", CHECK),
            rows.overlooked("committee_check"),
            rows.take_over("committee_check", "street_decision", REVIEW),
            *listings("street_decision", DECIDE),
            *rows.endings("committee_check", "street_decision"),
        ),
        **rows.HOOKS,
    )
)
