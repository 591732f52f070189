"""Matters about an organization in force, and the authority's own: which way each takes through the offices."""

from django.utils.translation import gettext_lazy as _

from casework.flows import BACK, OFFICER, OTHER, Flow, State, Transition, register
from casework.models import PARTY, SYSTEM, Case
from casework.services.clock import require_overdue
from registry.matters import authority, change
from registry.services import changed
from registry.services.filed import in_community, is_registered, not_in_community
from registry.services.filings import require_complete
from registry.workflow import rows
from registry.workflow.rows import CHECK, DECIDE, DECIDE_DISTRICT, REVIEW

CHANGE = rows.through_the_street(
    change.CHANGE,
    rows.approved("changed", _("Change granted")),
    guard=changed.require_in_force,
    effect=changed.change,
    label=_("Grant the change"),
    hint=_("The record changes now and the certificate is printed anew."),
    letter="change_notice",
    papers=("certificate",),
)
CANCEL = rows.through_the_street(
    change.CANCEL,
    rows.approved("cancelled", _("Cancelled")),
    guard=changed.require_in_force,
    effect=changed.cancel,
    label=_("Cancel the organization"),
    hint=_("From today it is counted nowhere and its certificate is void."),
    letter="cancellation",
)
MERGE = rows.through_the_street(
    change.MERGE,
    rows.approved("merged", _("Merged")),
    submitted=changed.join_other,
    guard=changed.require_other,
    effect=changed.merge,
    label=_("Grant the merger"),
    hint=_("The other organization ends today; its members and numbers lead here."),
    letter="merger",
)

DOWNGRADE = rows.through_the_street(
    change.DOWNGRADE,
    rows.approved("downgraded", _("Goes on as a group")),
    guard=changed.require_in_force,
    effect=changed.downgrade,
    label=_("Let it go on as a group"),
    hint=_("From today it counts as an activity group; its certificate of filing is void."),
    letter="upgrade",
)


def releases(source, permission):
    """The old place lets it go, to the committee of the new one or, where there is none, to the street's leader."""
    common = {"label": _("Release"), "effect": changed.hand_to_new_place}
    committee = _("Goes to the committee of the new community.")
    leader = _("Goes to the leader of the new street for the decision.")
    return (
        rows.forward("release", source, "acceptance", permission, hint=committee, when=changed.to_community, **common),
        rows.forward("release", source, "street_decision", permission, hint=leader, when=changed.to_street, **common),
        rows.not_accept(source, permission),
        rows.return_(source, permission),
        rows.overlooked(source),
    )


# 迁移: the old community releases, the new one takes in; each has its own time, and the case moves with its offices.
TRANSFER = register(
    Flow(
        "transfer",
        change.TRANSFER.label,
        change.TRANSFER.code,
        (
            rows.DRAFT,
            State("release", _("Release by the old community"), CHECK, "filing.transfer_days", 10),
            State("street_release", _("Release by the old street"), REVIEW, "filing.transfer_days", 10),
            State("acceptance", _("Taking in by the new community"), CHECK, "filing.transfer_days", 10),
            rows.DECISION,
            rows.DISTRICT,
            rows.RETURNED,
            rows.approved("transferred", _("Transferred")),
            rows.REFUSED,
            rows.NOT_ACCEPTED,
            rows.WITHDRAWN,
            rows.LAPSED,
        ),
        rows.by_either(
            rows.submit("draft", "release", guard=changed.require_transfer, when=in_community),
            rows.submit("draft", "street_release", guard=changed.require_transfer, when=not_in_community),
            rows.submit("returned", BACK, guard=changed.require_transfer),
            *releases("release", CHECK),
            rows.take_over("release", "street_release", REVIEW),
            *releases("street_release", REVIEW),
            rows.forward(
                "take_in",
                "acceptance",
                "street_decision",
                CHECK,
                label=_("Take in"),
                hint=_("Goes to the leader of the new street for the decision."),
            ),
            rows.refuse("acceptance", CHECK, label=_("Do not take in")),
            rows.take_over("acceptance", "street_decision", REVIEW),
            rows.approve(
                "street_decision",
                "transferred",
                DECIDE,
                guard=changed.require_in_force,
                effect=changed.transfer,
                label=_("Grant the transfer"),
                hint=_("Home and venue change today; figures until yesterday stay where they were."),
                letter="transfer",
                papers=("certificate",),
            ),
            rows.refuse("street_decision", DECIDE),
            *rows.endings("release", "street_release", "acceptance", "street_decision"),
        ),
        **rows.HOOKS,
    )
)

# 转登记: the bureau registers it elsewhere; here its record is raised.
UPGRADE = register(
    Flow(
        "upgrade",
        change.UPGRADE.label,
        change.UPGRADE.code,
        (
            rows.DRAFT,
            rows.DISTRICT,
            rows.RETURNED,
            rows.approved("registered", _("Registered")),
            rows.REFUSED,
            rows.NOT_ACCEPTED,
            rows.WITHDRAWN,
            rows.LAPSED,
        ),
        (
            rows.submit("draft", "district_decision"),
            rows.submit("returned", BACK),
            rows.not_accept("district_decision", DECIDE_DISTRICT),
            rows.return_("district_decision", DECIDE_DISTRICT),
            rows.approve(
                "district_decision",
                "registered",
                DECIDE_DISTRICT,
                guard=changed.require_in_force,
                effect=changed.register,
                label=_("Enter the registration"),
                hint=_("The record goes on as a registered organization from the registration date."),
                letter="upgrade",
            ),
            rows.refuse("district_decision", DECIDE_DISTRICT),
            *rows.endings("district_decision"),
        ),
        **rows.HOOKS,
    )
)


def drop(source, permission, **more):
    return Transition(
        "drop",
        (source,),
        "dropped",
        OFFICER,
        permission,
        _("Drop the matter"),
        _("Nothing changes; the reason stays on record."),
        note=True,
        style="second",
        **more,
    )


def answer(side, label):
    """What the organization says, by itself or written down by the officer."""
    hint = _("The matter goes to the street's leader at once.")
    return Transition("answer", ("hearing",), "street_decision", side, label=label, hint=hint, note=True)


DROPPED = State("dropped", _("Ended without change"), outcome=Case.Outcome.REFUSED)

# 撤销: told first, time to be heard, then decided by somebody else than who opened it.
REVOKE = register(
    Flow(
        "revoke",
        authority.REVOKE.label,
        authority.REVOKE.code,
        (
            rows.DRAFT,
            State("hearing", _("Time to be heard"), SYSTEM, "filing.hearing_days", 5),
            rows.DECISION,
            rows.DISTRICT,
            rows.approved("revoked", _("Revoked")),
            DROPPED,
            rows.WITHDRAWN,
            rows.LAPSED,
        ),
        rows.by_either(
            Transition(
                "submit",
                ("draft",),
                "hearing",
                PARTY,
                label=_("Tell the organization"),
                hint=_("It may answer within the time set; then the leader decides."),
                guard=changed.require_complete_and_in_force,
                effect=changed.tell_organization,
                letter="hearing_notice",
            ),
            answer(PARTY, _("Record the answer")),
            answer(OTHER, _("Answer")),
            Transition(
                "end_hearing",
                ("hearing",),
                "street_decision",
                SYSTEM,
                label=_("Time is over"),
                guard=require_overdue,
            ),
            rows.approve(
                "street_decision",
                "revoked",
                DECIDE,
                guard=changed.require_in_force,
                effect=changed.revoke,
                label=_("Revoke"),
                hint=_("From today it is counted nowhere and its certificate is void."),
                letter="revocation",
            ),
            drop("street_decision", DECIDE, letter="letter"),
            *rows.endings("hearing", drafts=("draft",)),
        ),
        **rows.ORDERED,
    )
)


# What was registered after the street had it: the bureau alone decides about it.
HAND_UP = rows.forward(
    "hand_up",
    "street_decision",
    "district_decision",
    DECIDE,
    label=_("Send to the bureau"),
    hint=_("Goes to the bureau for the decision."),
    when=is_registered,
)


def ordered(matter, done, *, guard, effect, letter, papers=(), further=()):
    """依职权: an officer writes it down, the street's leader or the bureau decides."""
    approve = rows.approve(
        "street_decision",
        done.code,
        DECIDE,
        guard=changed.require_own_office,
        effect=effect,
        letter=letter,
        papers=papers,
    )
    return register(
        Flow(
            matter.kind,
            matter.label,
            matter.code,
            (rows.DRAFT, rows.DECISION, rows.DISTRICT, rows.RETURNED, done, DROPPED, rows.WITHDRAWN, rows.LAPSED),
            (
                *rows.by_either(
                    rows.submit("draft", "street_decision", guard=guard, letter=""),
                    rows.submit("returned", BACK, guard=guard),
                    rows.return_("street_decision", DECIDE),
                    approve,
                    drop("street_decision", DECIDE),
                    *rows.endings("street_decision"),
                ),
                *further,
            ),
            **rows.ORDERED,
        )
    )


CORRECTION = ordered(
    authority.CORRECTION,
    rows.approved("corrected", _("Corrected")),
    guard=changed.require_some_correction,
    effect=changed.correct,
    letter="own_motion_change",
    papers=("certificate",),
    further=(HAND_UP,),
)
DIVISION = ordered(
    authority.DIVISION,
    rows.approved("renewed", _("Papers renewed")),
    guard=require_complete,
    effect=changed.renew_papers,
    letter="letter",
)
