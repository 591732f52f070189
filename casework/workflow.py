"""The one road of every case: `perform` changes its state, `available` says what would succeed."""

from dataclasses import replace

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from casework import audit, notices, numbers
from casework.flows import BACK, FLOWS, OFFICER, OTHER, flow_of
from casework.models import PARTY, SYSTEM, Case, CaseParty, CaseStep, CaseVersion
from casework.services import clock, packages, papers
from casework.services.holding import STILL, lock, told_when_held
from casework.services.road import read_by_parties

# What a step keeps of what came with it; what organizations and people are not is for officers to say.
KEPT = ("items", "opinion", "changes")
JUDGED = (*KEPT, "distinct", "people")


class StaleCaseError(ValidationError):
    """The case moved on after the page was opened; `steps` are those since, each with whom the reader may know of."""

    def __init__(self, steps):
        self.steps = steps
        actor = steps[-1][1] if steps else _("Somebody")
        super().__init__(
            _("%(actor)s changed this case after you opened it. Please look at it again.") % {"actor": actor},
            code="stale",
        )


class NotNowError(ValidationError):
    """The step does not exist in the state the case is in."""


@told_when_held()
@transaction.atomic
def perform(case, name, *, by, version=None, note="", data=None):
    """Take the case one step; returns it as stored.

    Locks the row, then asks in this order: the right side, right and place (PermissionDenied); legal from this state
    (NotNowError) and unchanged since `version` (StaleCaseError); the note and the row's guard (ValidationError). Then
    writes state, queue, due date, step and audit event, runs the row's effect and leaves papers and notices. `by` is a
    User, or a name ("system") for what the portal does itself. HeldError when somebody else is writing there.
    """
    case, data = lock(case), data or {}
    known = rows_of(case, name, by)
    require_unchanged(case, version, by)
    require_never_filed(case, by)
    row = first_possible(case, known)
    require_free(case, by)
    require_note(row, note)
    if row.guard:
        row.guard(case, by, data)
    return take(case, row, by=by, note=note.strip(), data=data)


def take(case, row, *, by, note, data):
    before, from_party, step = case.state, case.office == PARTY, step_of(case, row, by, note, data)
    enter(case, case.returned_from if row.target == BACK else row.target)
    step.target = case.state
    step.save()
    # Before the effect: a change of leader is told to whom it was filed for.
    notices.text_absent(case, row, step)
    if row.effect:
        row.effect(case, by, data)
    if from_party and case.is_open and case.office != PARTY:
        keep_version(case)
    case.save()
    state = {"state": case.state, "version": case.version}
    audit.record(f"{case.kind}.{row.name}", case, by=by, before={"state": before}, after=state, note=note)
    papers.issue(case, row, step)
    packages.leave(case)
    notices.tell_step(case, row, step, by=by)
    return case


def enter(case, code):
    """Write the state with everything that follows from it: queue, clock, times, outcome. The only writer of state."""
    now, state = timezone.now(), flow_of(case).state(code)
    clock.leave(case, to=state)
    case.state, case.office, case.entered_at = state.code, state.office, now
    case.version += 1
    case.handler = case.handler_until = None
    if state.office != PARTY and not state.closed and case.submitted_at is None:
        case.submitted_at = now
        case.number = numbers.case_number(case.division, flow_of(case).code, timezone.localdate())
    clock.start(case, state)
    if state.closed:
        case.closed_at, case.outcome = now, state.outcome
        case.decided_at = case.decided_at or now


def step_of(case, row, by, note, data):
    user = by if isinstance(by, User) else None
    return CaseStep(
        case=case,
        actor=user,
        actor_name=str(by),
        division=case.division,
        for_name=user.stands_in_for(row.permission, case.division_path) if user and row.permission else "",
        transition=row.name,
        source=case.state,
        due=case.due,
        note=note,
        data={key: value for key, value in data.items() if key in (JUDGED if row.side == OFFICER else KEPT)},
    )


def keep_version(case):
    CaseVersion.objects.update_or_create(
        case=case, round=case.rounds, defaults={"content": shown_content(case), "at": timezone.now()}
    )


def shown_content(case):
    return {anchor: str(value) for anchor, (_label, value) in flow_of(case).content(case).items()}


def side_of(case, by):
    """PARTY for who filed the case, OTHER for whom it is about, SYSTEM for the portal, OFFICER for everybody else."""
    if not isinstance(by, User):
        return SYSTEM
    role = next((party.role for party in case.parties.all() if party.user_id == by.pk), None)
    return {None: OFFICER, CaseParty.Role.OTHER: OTHER}.get(role, PARTY)


def rows_of(case, name, by):
    """The rows of that name the actor's side and right allow on this case, in any state; refuses without any."""
    side = side_of(case, by)
    rows = [row for row in flow_of(case).transitions if row.name == name and row.side == side and may(row, case, by)]
    if not rows:
        raise PermissionDenied
    return rows


def first_possible(case, rows):
    """The first of the rows that leaves the state the case is in now."""
    for row in rows:
        if case.state in row.sources and (row.when is None or row.when(case)):
            return careful(row, case)
    state = flow_of(case).state(case.state).label
    raise NotNowError(
        _("This step is not possible any more: the case is “%(state)s” now.") % {"state": state}, code="not_now"
    )


def careful(row, case):
    """A row several cases could take at once asks for words and each case by itself where an office was against it."""
    return replace(row, note=True, batch=False) if row.batch and flow_of(case).disputed(case) else row


def may(row, case, by):
    """Whether the actor holds the row's right at the case's place; sides are told apart by the caller."""
    return not row.permission or not isinstance(by, User) or by.has_perm(row.permission, case)


def require_never_filed(case, by):
    """Refuses an officer who filed the case and handed it over since: nobody decides what they proposed."""
    handed = case.steps.filter(transition="hand_over", data__former=getattr(by, "pk", None))
    if side_of(case, by) == OFFICER and handed.exists():
        raise ValidationError(_("You filed this case before it was handed over. Somebody else decides it."), code="own")


def require_unchanged(case, version, by):
    if version is not None and version != case.version:
        raise StaleCaseError(steps_since(case, version, by))


def steps_since(case, version, by):
    """[(step, who took it)] of what moved the case since the version; a party reads the office, never a name."""
    steps = list(case.steps.exclude(transition__in=STILL))[-max(case.version - version, 1) :]
    if isinstance(by, User) and case.parties.filter(user=by).exists():
        return [(step, who) for step, who, _words in read_by_parties(case, steps)]
    return [(step, step.actor_name) for step in steps]


def require_free(case, by):
    """Refuses an officer while another one has claimed the case."""
    busy = case.handler is not None and (case.handler_until is None or case.handler_until > timezone.now())
    if busy and side_of(case, by) == OFFICER and case.handler != by and not by.has_perm("casework.reassign_case", case):
        raise ValidationError(
            _("%(name)s is handling this case. Ask for it, or have it reassigned.") % {"name": case.handler},
            code="claimed",
        )


def require_note(row, note):
    if row.note and len(note.strip()) < 2:
        raise ValidationError({"note": _("Please say why; the applicant will read it.")}, code="note")


def available(case, user):
    """The rows this user can take now: a button that shows is a button that works (guards answer on the page)."""
    side = side_of(case, user)
    flow, seen = flow_of(case), {}
    for row in flow.transitions:
        fits = row.side == side and case.state in row.sources and may(row, case, user)
        if fits and (row.when is None or row.when(case)):
            seen.setdefault(row.name, careful(row, case))
    return list(seen.values())


def refusals(case, row, by, data=None):
    """What the row's guard would say, as a list of sentences; empty when the step would go through."""
    if row.guard is None:
        return []
    try:
        row.guard(case, by, data or {})
    except ValidationError as error:
        return error.messages
    return []


@transaction.atomic
def open_case(*, kind, division, title, by, parties):
    """A new case in its flow's first state, as a draft of its parties: [(user or None, name, role)]; returns it."""
    flow = FLOWS[kind]
    case = Case(kind=kind, division=division, division_path=division.path, title=title, state=flow.first.code)
    case.office = flow.first.office
    clock.start(case, flow.first)
    case.save()
    for user, name, role in parties:
        case.parties.create(user=user, name=name, role=role)
    audit.record(f"{kind}.open", case, by=by, after={"state": case.state})
    return case
