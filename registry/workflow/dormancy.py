"""An organization without activity, row by row: reminder, inquiry, time to act, announcement, decision."""

from django.utils.translation import gettext_lazy as _

from casework.flows import OFFICER, OTHER, Flow, State, Transition, register
from casework.models import PARTY, SYSTEM, Case
from casework.services import publicity
from casework.services.clock import require_overdue
from registry.matters import dormancy as matters
from registry.models.organization import State as Standing
from registry.services import dormancy, revocations
from registry.services.changed import require_complete_and_in_force, require_in_force
from registry.services.filed import in_community, not_in_community
from registry.workflow import rows
from registry.workflow.rows import CHECK, DECIDE, REVIEW

NOTHING = _("Nothing changes; the reason stays on record.")


def step(name, source, target, permission, *words, **more):
    """An officer's step with its reason; `words` are label and hint."""
    return Transition(name, (source,), target, OFFICER, permission, *words, note=True, **more)


def unchanged(name, source, target, permission, label, **more):
    """An end without a measure after the organization was reminded: it hears of that too."""
    hint = _("Nothing changes; the organization is told why.")
    told = {"effect": dormancy.tell_unchanged, "letter": "letter"}
    return step(name, source, target, permission, label, hint, **told, **more)


def drop(source, permission):
    return unchanged("drop", source, "dropped", permission, _("Drop the matter"), style="second")


def found_active(source, permission, style="second"):
    return unchanged("found_active", source, "still_active", permission, _("Found active"), style=style)


def time_over(name, source, target, **more):
    return Transition(name, (source,), target, SYSTEM, label=_("Time is over"), guard=require_overdue, **more)


def still_active(side, **more):
    """Said before the street orders anything: that is enough."""
    return Transition(
        "still_active",
        ("reminded", "verification", "assessment"),
        "still_active",
        side,
        label=_("Still active"),
        hint=_("The matter ends here; nothing changes."),
        **more,
    )


def heard(sources, side, **more):
    """Said later: a notice that is out is taken down, an officer looks again and ends the matter or goes on."""
    return Transition(
        "still_active",
        sources,
        "after_order",
        side,
        label=_("Still active"),
        hint=_("Goes to the street at once; an officer looks at it again."),
        effect=publicity.stop,
        **more,
    )


HEARD = ("ordered", "announced", "street_decision")


def decide(name, target, standing, label, hint):
    return step(
        name,
        "street_decision",
        target,
        DECIDE,
        label,
        hint,
        guard=require_in_force,
        effect=dormancy.set_state(standing),
        notice="approved",
        letter="letter",
    )


DORMANCY = register(
    Flow(
        "dormancy",
        matters.DORMANCY.label,
        matters.DORMANCY.code,
        (
            rows.DRAFT,
            State("proposed", _("Proposed by the rules"), REVIEW, "filing.street_days", 10),
            State("reminded", _("Reminded"), SYSTEM, "dormancy.reminder_days", 10),
            State("verification", _("Inquiry by the committee"), CHECK, "dormancy.verify_days", 10),
            State("assessment", _("Assessment by the street"), REVIEW, "filing.street_days", 10),
            State("ordered", _("Time to act"), SYSTEM, "dormancy.order_days", 30),
            State("after_order", _("Assessment after the time to act"), REVIEW, "filing.street_days", 10),
            State("announced", _("Announced"), SYSTEM, "dormancy.notice_days", 10),
            rows.DECISION,
            rows.DISTRICT,
            State("still_active", _("Still active"), outcome=Case.Outcome.REFUSED, light="ok"),
            State("dropped", _("Ended without change"), outcome=Case.Outcome.REFUSED),
            rows.approved("dormant", _("Set to few activities")),
            rows.approved("suspended", _("Set to activities stopped")),
            rows.approved("to_revoke", _("Revocation proposed")),
            rows.LAPSED,
        ),
        rows.by_either(
            Transition(
                "submit",
                ("draft",),
                "proposed",
                PARTY,
                label=_("Propose"),
                hint=_("It lies with the street's officers then, you among them."),
                guard=require_complete_and_in_force,
                effect=dormancy.leave_to_office,
            ),
            Transition("propose", ("draft",), "proposed", SYSTEM, label=_("Proposed"), guard=dormancy.require_no_party),
            Transition("lapse", ("draft",), "lapsed", SYSTEM, label=_("Lapse"), guard=require_overdue),
            Transition(
                "remind",
                ("proposed",),
                "reminded",
                OFFICER,
                REVIEW,
                _("Remind"),
                _("The leader gets a letter and a link that says “still active” in one tap."),
                guard=require_in_force,
                effect=dormancy.tell,
                letter="reminder",
                batch=True,
            ),
            step("found_active", "proposed", "still_active", REVIEW, _("Still active"), NOTHING, style="second"),
            still_active(OTHER),
            still_active(SYSTEM, guard=dormancy.require_link),
            time_over("end_reminder", "reminded", "verification", when=in_community, letter="inquiry"),
            time_over("end_reminder", "reminded", "assessment", when=not_in_community, letter="inquiry"),
            found_active("verification", CHECK, style=""),
            step(
                "found_silent",
                "verification",
                "assessment",
                CHECK,
                _("Found without activity"),
                _("Goes to the street with what you found."),
            ),
            rows.take_over("verification", "assessment", REVIEW),
            step(
                "order",
                "assessment",
                "ordered",
                REVIEW,
                _("Give time to act"),
                _("The organization is told to show activity within the time set."),
                effect=dormancy.tell,
                letter="deadline",
            ),
            drop("assessment", REVIEW),
            found_active("assessment", REVIEW),
            time_over("end_order", "ordered", "after_order"),
            heard(HEARD, OTHER),
            heard(HEARD, SYSTEM, guard=dormancy.require_link),
            heard(("after_order",), OTHER, when=dormancy.is_new),
            heard(("after_order",), SYSTEM, when=dormancy.is_new, guard=dormancy.require_link),
            found_active("after_order", REVIEW),
            Transition(
                "answer",
                ("ordered",),
                "after_order",
                OTHER,
                label=_("Answer"),
                hint=_("Goes to the street at once."),
                note=True,
            ),
            step(
                "announce",
                "after_order",
                "announced",
                REVIEW,
                _("Announce"),
                _("The measure intended is made public; the leader decides after the time set."),
                guard=publicity.require_publishable,
                effect=dormancy.announce,
                letter="announcement",
            ),
            drop("after_order", REVIEW),
            Transition(
                "end_notice",
                ("announced",),
                "street_decision",
                SYSTEM,
                label=_("End of the notice"),
                guard=publicity.require_publicity_over,
                effect=publicity.close,
            ),
            decide(
                "set_dormant",
                "dormant",
                Standing.DORMANT,
                _("Set to few activities"),
                _("It still counts; what it may apply for is limited."),
            ),
            decide(
                "suspend",
                "suspended",
                Standing.SUSPENDED,
                _("Set to activities stopped"),
                _("It still counts until it is cancelled or revoked."),
            ),
            step(
                "propose_revocation",
                "street_decision",
                "to_revoke",
                DECIDE,
                _("Have it revoked"),
                _("An officer opens the revocation; the organization is heard there."),
                guard=require_in_force,
                effect=revocations.ask,
                style="danger",
            ),
            drop("street_decision", DECIDE),
        ),
        **(rows.ORDERED | {"checks": dormancy.checks}),
        public=("signs", "figures"),
    )
)
