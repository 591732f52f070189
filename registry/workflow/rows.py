"""The rows and states most matters of the register share; each matter's table puts them in its own order."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from casework.flows import BACK, OFFICER, Flow, State, Transition, register
from casework.models import PARTY, SYSTEM, Case
from casework.services.clock import require_overdue
from casework.services.corrections import open_round, require_items
from casework.services.handling import require_idle, tell_office
from casework.services.publicity import stop
from registry.services.applicants import edit_url
from registry.services.case_forms import form
from registry.services.case_papers import kept, paper
from registry.services.consent import phone_of, rating_link, require_confirmed
from registry.services.filed import in_community, is_by_district, is_by_street, match_people, not_in_community
from registry.services.filing_checks import checks, objection_of
from registry.services.filing_people import require_matched
from registry.services.filings import content, facts, require_complete
from registry.services.typos import offered

CHECK, REVIEW = "registry.check_filing", "registry.review_filing"
DECIDE, DECIDE_DISTRICT = "registry.decide_filing", "registry.decide_filing_district"
ORDER = "registry.order_filing"
SUPERVISE = "casework.supervise_case"
Outcome = Case.Outcome
# What the pages and papers of every matter of the register ask for.
HOOKS = {
    "content": content,
    "facts": facts,
    "typos": offered,
    "checks": checks,
    "url": edit_url,
    "paper": paper,
    "form": form,
    "kept": kept,
    "agent": "registry.apply_for_others",
    "phone": phone_of,
    "ended": rating_link,
    "disputed": objection_of,
}
# What an office files of its own motion.
ORDERED = HOOKS | {"agent": ORDER}

DRAFT = State("draft", _("Draft"), PARTY, "cases.draft_days", 60)
COMMITTEE = State("committee_check", _("Check by the committee"), CHECK, "filing.committee_days", 5)
STREET = State("street_review", _("Review by the street"), REVIEW, "filing.street_days", 10)
DECISION = State("street_decision", _("Decision of the street"), DECIDE, "filing.decision_days", 3)
DISTRICT = State("district_decision", _("Decision of the bureau"), DECIDE_DISTRICT, "filing.decision_days", 3)
RETURNED = State("returned", _("Returned for correction"), PARTY, "filing.correction_days", 15, paused=True)
REFUSED = State("refused", _("Not granted"), outcome=Outcome.REFUSED, light="bad")
NOT_ACCEPTED = State("not_accepted", _("Not accepted"), outcome=Outcome.NOT_ACCEPTED, light="bad")
WITHDRAWN = State("withdrawn", _("Withdrawn"), outcome=Outcome.WITHDRAWN)
LAPSED = State("lapsed", _("Lapsed"), outcome=Outcome.LAPSED)


def approved(code, label):
    """The state a matter ends in when it was granted."""
    return State(code, label, outcome=Outcome.APPROVED, light="ok")


def both(first, second):
    """The condition that both hold; `first` may be missing."""

    def holds(case):
        return (first is None or first(case)) and second(case)

    return holds


def by_either(*transitions):
    """The rows of a table that ends with the street's leader, and beside them those where the bureau decides.

    What leads to the street's decision leads to the bureau's where policy filing.authority says so; both decide alike.
    """
    found = []
    for row in transitions:
        if row.target == DECISION.code:
            found += [replace(row, when=both(row.when, is_by_street)), to_bureau(row)]
        elif row.sources == (DECISION.code,):
            found += [row, replace(row, sources=(DISTRICT.code,), permission=row.permission and DECIDE_DISTRICT)]
        elif DECISION.code in row.sources:
            found.append(replace(row, sources=(*row.sources, DISTRICT.code)))
        else:
            found.append(row)
    return tuple(found)


def to_bureau(row):
    hint = row.hint and _("Goes to the bureau for the decision.")
    return replace(row, target=DISTRICT.code, hint=hint, when=both(row.when, is_by_district))


def submit(source, target, *, guard=require_complete, effect=match_people, letter=None, **more):
    """The applicant hands it in, or in again; the first time the receipt goes out."""
    return Transition(
        "submit",
        (source,),
        target,
        PARTY,
        label=_("Submit"),
        guard=guard,
        effect=effect,
        notice="submitted",
        letter="receipt" * (source == "draft") if letter is None else letter,
        **more,
    )


def forward(name, source, target, permission, *, batch=True, **more):
    """An officer passes the case on to the next office, without a decision."""
    return Transition(name, (source,), target, OFFICER, permission, batch=batch, **more)


def disagree(source, target, permission):
    """The committee's opinion against: it goes on, for the committee alone cannot refuse."""
    return Transition(
        "disagree",
        (source,),
        target,
        OFFICER,
        permission,
        _("Disagree"),
        _("Goes to the street with your opinion; the committee alone cannot refuse."),
        note=True,
        style="second",
    )


def take_over(source, target, permission):
    """The next office does the work of the one before, which has nobody or is overdue."""
    return Transition(
        "take_over",
        (source,),
        target,
        OFFICER,
        permission,
        _("Check for the committee"),
        _("Where the committee has nobody to check, or is overdue."),
        guard=require_idle,
        note=True,
        style="second",
        batch=True,
    )


def send_back(source, target, permission, **more):
    """退回上一环节: the office before looks again; the applicant has nothing to do."""
    return Transition(
        "send_back",
        (source,),
        target,
        OFFICER,
        permission,
        _("Back to the step before"),
        _("The office before looks at it again; the applicant need not do anything."),
        effect=tell_office,
        note=True,
        papers=("slip",),
        style="second",
        **more,
    )


def return_(source, permission, **more):
    """退回补正: the one list of defects; the clock stops until it is answered."""
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
        **more,
    )


def overlooked(source):
    """From the second round on, for what the office should have named at once: whoever supervises it returns."""
    return return_(source, SUPERVISE, when=was_returned)


def was_returned(case):
    return case.rounds > 0


def not_accept(source, permission):
    """不予受理: no matter for this register, or not for this office."""
    return Transition(
        "not_accept",
        (source,),
        "not_accepted",
        OFFICER,
        permission,
        _("Do not accept"),
        _("The matter is not one for this register; the case ends with a letter."),
        note=True,
        notice="not_accepted",
        letter="not_accepted",
        style="danger",
    )


def ready(guard=None):
    """The guard of a decision for: whom it was filed for has confirmed, nobody is doubtful; then the row's own."""

    def require_ready(case, by, data):
        require_confirmed(case)
        require_matched(case, by, data)
        if guard:
            guard(case, by, data)

    return require_ready


def approve(source, target, permission, *, effect, guard=None, label=_("Approve"), hint="", letter, **more):
    """The decision for: its effect on the register happens in the same transaction."""
    return Transition(
        "approve",
        (source,),
        target,
        OFFICER,
        permission,
        label,
        hint,
        guard=ready(guard),
        effect=effect,
        notice="approved",
        letter=letter,
        batch=True,
        **more,
    )


def refuse(source, permission, *, label=_("Refuse"), letter="refused", effect=None):
    """The decision against, with its reason and the way to object."""
    return Transition(
        "refuse",
        (source,),
        "refused",
        OFFICER,
        permission,
        label,
        _("The case ends with a letter that names the reason and the way to object."),
        note=True,
        effect=effect,
        notice="refused",
        letter=letter,
        style="danger",
    )


def endings(*open_states, drafts=("draft", "returned")):
    """Withdrawing until the decision, and lapsing when the applicant stays silent."""
    return (
        Transition(
            "withdraw",
            (*drafts, *open_states),
            "withdrawn",
            PARTY,
            label=_("Withdraw"),
            hint=_("The case ends; what you typed can be copied into a new one."),
            effect=stop,
            letter="withdrawn",
            style="danger",
        ),
        Transition(
            "lapse",
            drafts,
            "lapsed",
            SYSTEM,
            label=_("Lapse"),
            guard=require_overdue,
            notice="lapsed",
            letter="lapsed",
        ),
    )


def through_the_street(matter, done, *, submitted=match_people, **decision):
    """The way most matters take: committee check, street review, decision of the street or the bureau.

    `done` is the state a granted matter ends in, `submitted` the effect of handing it in; `decision` is the effect,
    guard, label and letter of granting it.
    """
    return register(
        Flow(
            matter.kind,
            matter.label,
            matter.code,
            (DRAFT, COMMITTEE, STREET, DECISION, DISTRICT, RETURNED, done, REFUSED, NOT_ACCEPTED, WITHDRAWN, LAPSED),
            (
                submit("draft", "committee_check", effect=submitted, when=in_community),
                submit("draft", "street_review", effect=submitted, when=not_in_community),
                submit("returned", BACK, effect=submitted),
                forward(
                    "agree",
                    "committee_check",
                    "street_review",
                    CHECK,
                    label=_("Agree"),
                    hint=_("Goes to the street for review."),
                ),
                disagree("committee_check", "street_review", CHECK),
                return_("committee_check", CHECK),
                overlooked("committee_check"),
                take_over("committee_check", "street_review", REVIEW),
                *review(),
                *decided("street_decision", done, DECIDE, **decision),
                *decided("district_decision", done, DECIDE_DISTRICT, **decision),
                *endings("committee_check", "street_review", "street_decision", "district_decision"),
            ),
            **HOOKS,
        )
    )


def review():
    """The street officer: propose to whoever decides, return, hand back, or not accept."""
    return (
        forward(
            "propose",
            "street_review",
            "street_decision",
            REVIEW,
            label=_("Propose to grant"),
            hint=_("Goes to the street's leader for the decision."),
            when=is_by_street,
        ),
        forward(
            "propose",
            "street_review",
            "district_decision",
            REVIEW,
            label=_("Propose to grant"),
            hint=_("Goes to the bureau for the decision."),
            when=is_by_district,
        ),
        return_("street_review", REVIEW),
        overlooked("street_review"),
        send_back("street_review", "committee_check", REVIEW, when=in_community),
        not_accept("street_review", REVIEW),
    )


def decided(source, done, permission, **decision):
    """The last office: grant, refuse, or look again."""
    return (
        approve(source, done.code, permission, **decision),
        refuse(source, permission),
        overlooked(source),
        send_back(source, "street_review", permission),
    )
