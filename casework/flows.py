"""The words of a flow: states with an office and a limit, transitions as rows an officer could read aloud."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from casework.models import PARTY, SYSTEM, Case

OFFICER = "officer"
# Somebody the case is about who did not file it: heard, never asked to act for it.
OTHER = "other"
# A target: the state the case was returned from.
BACK = "<back>"
FLOWS: dict[str, "Flow"] = {}


@dataclass(frozen=True)
class State:
    """A state: whose turn it is (`office`: PARTY, SYSTEM or a permission), and for how long.

    `limit` names the policy value with the working days allowed, `days` its default. A state without an office closes
    the case with `outcome`. In a `paused` state the clock of the office that sent the case there stands still.
    """

    code: str
    label: str
    office: str = ""
    limit: str = ""
    days: int | None = None
    paused: bool = False
    outcome: str = ""
    light: str = ""

    @property
    def closed(self):
        return not self.office


@dataclass(frozen=True)
class Transition:
    """One row: from which states, to which, by which side with which right, under which conditions, with what effect.

    `when(case)` chooses between rows of one name by policy, silently; `guard(case, by, data)` refuses with the reasons
    (ValidationError); `effect(case, by, data)` does what the step means, in the same transaction. `note` says whether
    words are required; `notice` names what the parties are told, `letter` the paper the step issues, `papers` those
    that come with it (codes of casework.documents.letters).
    """

    name: str
    sources: tuple[str, ...]
    target: str
    side: str
    permission: str = ""
    label: str = ""
    hint: str = ""
    when: Callable | None = None
    guard: Callable | None = None
    effect: Callable | None = None
    note: bool = False
    notice: str = ""
    letter: str = ""
    papers: tuple[str, ...] = ()
    style: str = ""
    batch: bool = False


class TwinRow(NamedTuple):
    """One fact of two people, numbers masked; `agree` is None where one side is unknown."""

    label: str
    filed: str
    known: str
    agree: bool | None


@dataclass(frozen=True)
class Twin:
    """Somebody named who may be somebody known, side by side: an officer says “same” or “new” about the `uid`.

    `word` is what was said already. For officers only: the parties do not learn who is known.
    """

    uid: str
    rows: tuple[TwinRow, ...]
    word: str = ""


@dataclass(frozen=True)
class Check:
    """One line an officer looks at before deciding: fine (True), wrong (False) or to be judged (None).

    `look_alike` is the id of a record this one may double: the officer says why it is another, or does not decide.
    `twin` is a person to be told apart in the same way. `button` is (label, address) of what may be done about it.
    """

    label: str
    ok: bool | None
    detail: str = ""
    url: str = ""
    look_alike: int | None = None
    twin: Twin | None = None
    button: tuple[str, str] | None = None


@dataclass(frozen=True)
class Flow:
    """The whole way of one kind of case, and what its app tells the pages of cases.

    `content(case)` gives {anchor: (label, value)} with names and numbers masked, `facts(case)` the same with names in
    full for those who see the case, `checks(case, user)` the lines to look at before a decision,
    `url(case)` the page its parties edit it on, `panel(case, user)` (template, context) of what only this kind shows,
    `paper(case, code, step)` what a paper says beside what every case's papers say; None when there is no such paper,
    `form(case)` what the form to print says otherwise than the facts (title, facts, members),
    `kept(case)` the rows of its own app that belong into the archive package,
    `ended(case)` the link to rate a case that ended, for whom it was filed and who has no account; empty without one,
    `disputed(case)` whether an office before spoke against it: then who goes on says why, for each case by itself.
    `typos(case)` (address, {anchor: (label, text)}) of what the office that has it may put right by itself.
    `agent` is the right of those who file such a case for somebody else, or for the authority,
    `phone(case)` the mobile number of whom an agent files for and who has no account; empty when there is none.
    `public` are the anchors a publicity notice is drafted from.
    """

    kind: str
    label: str
    code: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    content: Callable = field(default=lambda case: {})
    facts: Callable = field(default=None)
    url: Callable = field(default=lambda case: "")
    checks: Callable = field(default=lambda case, user: [])
    panel: Callable | None = None
    paper: Callable = field(default=lambda case, code, step: {})
    form: Callable = field(default=lambda case: {})
    kept: Callable = field(default=lambda case: ())
    ended: Callable = field(default=lambda case: "")
    disputed: Callable = field(default=lambda case: False)
    typos: Callable = field(default=lambda case: ("", {}))
    agent: str = ""
    phone: Callable = field(default=lambda case: "")
    public: tuple[str, ...] = ()

    def state(self, code):
        return next(state for state in self.states if state.code == code)

    def tells(self, step):
        """Whether a step told the parties something, by a notice or a letter: then its words are theirs to read."""
        rows = (row for row in self.transitions if row.name == step.transition and step.source in row.sources)
        return step.transition == "put_right" or any(row.notice or row.letter for row in rows)

    @property
    def first(self):
        return self.states[0]

    @property
    def heard(self):
        """The states in which the portal's clock runs for an answer of those the case is about."""
        codes = {code for row in self.transitions if row.side == OTHER for code in row.sources}
        return {code for code in codes if self.state(code).office == SYSTEM}

    @property
    def offices(self):
        """The permissions whose holders this flow's cases wait for."""
        return {state.office for state in self.states} - {"", PARTY, SYSTEM}


def register(flow):
    """Makes a flow known; each app's workflow module calls it once while the app loads."""
    known = {state.code for state in flow.states}
    for row in flow.transitions:
        unknown = {*row.sources, row.target} - known - {BACK}
        if unknown:
            raise ValueError(f"{flow.kind}.{row.name} names states that are not there: {sorted(unknown)}")
    if FLOWS.setdefault(flow.kind, flow) is not flow:
        raise ValueError(f"Two flows are called {flow.kind}.")
    return flow


def flow_of(case: Case):
    return FLOWS[case.kind]


def offices():
    """Every permission that is an office of some flow."""
    return set().union(*(flow.offices for flow in FLOWS.values()))
