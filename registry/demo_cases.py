"""Invented cases for trying the portal: every matter in every state, walked there by demo users along its own flow.

Nothing is written round the workflow, so no case stands in a state the portal itself cannot reach. Only its times are
dated back afterwards: otherwise every case of the demo would have begun today and none were overdue.
"""

import random
from collections import deque
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Division, User
from casework import attachments, numbers, workdays
from casework.flows import BACK, FLOWS, OFFICER, OTHER, flow_of
from casework.models import PARTY, SYSTEM, Case, CaseParty, CaseStep
from casework.services import clock, copies, corrections, handling, publicity, ratings
from casework.workflow import perform
from registry.demo_facts import Facts, paper
from registry.matters import MATTERS
from registry.models import Organization
from registry.services.filings import open_filing, save_draft

NOTES = {
    "agree": "情况属实，同意上报。",
    "propose": "材料齐全，符合条件，拟同意。",
    "approve": "同意。",
    "disagree": "该队伍与现有队伍成员高度重合，请街道核实。",
    "return": "请按所列事项一次补正。",
    "send_back": "请再核实活动场地情况。",
    "not_accept": "该事项不属于本机关职权范围。",
    "refuse": "经核查，不符合备案条件。",
    "take_over": "社区暂无人初审，由街道直接审核。",
    "withdraw": "自愿撤回。",
}
NOTE = "情况已核实。"
DEFECTS = (
    ("请核对后重新填写，与所附材料保持一致。", "《社区社会组织备案办法（演示）》第六条"),
    ("内容过于简略，请补充完整。", ""),
)
RATED = (
    (5, "quick", "办得很快，谢谢！"),
    (4, "clear", ""),
    (2, "slow", "等了三周才有答复。"),
    (5, "friendly", ""),
    (3, "easy", ""),
)
# Calendar days an open case has lain in its office: some fresh, some nearly due, some overdue.
WAITED = (0, 1, 3, 6, 9, 16, 2, 4, 24)
# What lies with an applicant or runs by itself ends when its time is over, so none of it may be overdue.
WAITED_OUTSIDE = (0, 2, 4, 1, 3)
DAYS_A_STEP = 3
FIRST_HOUR = 8


@dataclass(frozen=True)
class Cast:
    """Who acts in one district of the demo. Officers from the committee upwards; the first who may takes a step.

    Every `share`-th of the states there are is shown, those in `always` (what only this district's rules lead to) too.
    The last community is where organizations move to.
    """

    code: str
    communities: tuple[Division, ...]
    applicants: tuple[User, ...]
    officers: tuple[User, ...]
    share: int = 1
    always: tuple[str, ...] = ()


def load(casts, kinds=None):
    """Cases of every cast, of these matters or of all; returns (how many, [what the day's rules refused, in words])."""
    made, refused = 0, []
    for cast in casts:
        district = DemoCases(cast)
        district.build(kinds)
        made += district.made
        refused += district.refused
    return made, refused


class DemoCases:
    """The cases of one district; the source of luck is seeded by its code, so every run invents the same."""

    def __init__(self, cast):
        self.cast = cast
        self.random = random.Random(f"cases {cast.code}")  # noqa: S311 - invented data, no secret
        self.facts = Facts(self.random, cast.communities[-1])
        self.made, self.refused = 0, []

    def build(self, kinds=None):
        """Each state of each matter once, then cases with a story of their own; with a `share` only so many states."""
        for number, (kind, state) in enumerate(states()):
            wanted = number % self.cast.share == 0 or state in self.cast.always
            if wanted and (kinds is None or kind in kinds):
                self.attempt(self.to_state, kind, state, number)
        if self.cast.share > 1:
            return
        for story in (self.corrected, self.look_alike, self.doubtful, self.by_clerk, self.claimed, self.reassigned):
            self.attempt(story)
        for number in range(6):
            self.attempt(self.to_state, "filing", ("street_review", "street_decision")[number % 2], number)

    def attempt(self, make, *args):
        """One case, whole or not at all: a matter the rules of the day refuse (a window that is shut) is left out."""
        try:
            with transaction.atomic():
                made = make(*args)
        except ValidationError as error:
            self.refused.append(f"{args[:2] or make.__name__}: {'; '.join(error.messages)}")
        else:
            self.made += made is not None

    # --- one case ---------------------------------------------------------------------------------------------------

    def to_state(self, kind, state, number):
        """A case taken to the state, or None where the policies of the place lead no way there."""
        home, way = self.way(kind, state, number)
        if way is None:
            return None
        filing = self.draft(kind, home)
        outside = FLOWS[kind].state(state).office in (PARTY, SYSTEM)
        choices = WAITED_OUTSIDE if outside else WAITED
        self.walk(filing, way, waited=choices[number % len(choices)])
        case = filing.case
        if case.is_open and case.due and case.due < timezone.localdate() and number % 2:
            self.urge(case)
        if case.outcome in ratings.RATED and not MATTERS[kind].by_authority:
            self.rate(case, number)
        return case

    def way(self, kind, state, number):
        """(community, rows that lead there), beginning with another community each time; None without any."""
        homes = self.cast.communities[:-1]
        for step in range(len(homes)):
            home = homes[(number + step) % len(homes)]
            found = road(Case(kind=kind, division=home, state=FLOWS[kind].first.code), state)
            if found is not None:
                return home, found
        return homes[0], None

    def urge(self, case):
        """By who filed it; what the authority opened itself nobody urges."""
        if not MATTERS[case.kind].by_authority:
            handling.urge(case=case, by=self.party(case), note="请尽快办理，谢谢。")

    def rate(self, case, number):
        """What the applicant says of the service."""
        grade, tag, words = RATED[number % len(RATED)]
        ratings.rate(case=case, grade=grade, tags=[tag], words=words, by=self.party(case))

    def draft(self, kind, home, *, by=None, applicant="", **given):
        """A draft with everything its matter asks for; `given` replaces what would be invented."""
        matter = MATTERS[kind]
        organization = self.organization(matter) if matter.needs_organization else None
        if by is None:
            by = self.opener(matter, home, organization)
        known = matter.prefill(organization) if matter.prefill and organization else None
        place = organization.division if organization else home
        filing = open_filing(
            kind=kind, by=by, division=place, organization=organization, applicant=applicant, values=known
        )
        values = {**self.facts.of(filing, matter), **given}
        filing.case = save_draft(filing=filing, version=filing.case.version, by=by, values=values)
        filing.refresh_from_db(fields=["data"])
        for row in matter.papers_for(filing):
            attachments.store(case=filing.case, slot=row.code, upload=paper(row.label), by=by, personal=row.personal)
        return filing

    def opener(self, matter, home, organization):
        """An applicant, who holds the organization's account; for the authority's own matters the street officer."""
        number = organization.pk if organization else self.made
        user = self.cast.applicants[number % len(self.cast.applicants)]
        if organization:
            organization.accounts.get_or_create(user=user, ends=None, defaults={"starts": organization.founded})
        if not matter.by_authority:
            return user
        return next(user for user in self.cast.officers if user.has_perm("registry.order_filing", home))

    def organization(self, matter):
        """One without an open case of this matter: at best one no case has changed yet, with the fewest cases."""
        homes = self.cast.communities[:-1]
        rows = Organization.objects.in_force().filter(division__in=homes, state="active", tier__in=matter.tiers)
        # What the authority corrects of registered ones goes another way than the policy says.
        decided = ~Q(filing_no="") if matter.by_authority else Q(tier="registered") | ~Q(filing_no="")
        rows = rows.filter(decided)
        same = Q(filings__case__kind=matter.kind)
        rows = rows.annotate(
            busy=Count("filings", filter=same & Q(filings__case__closed_at=None)),
            same=Count("filings", filter=same),
            granted=Count("filings", filter=Q(filings__case__outcome=Case.Outcome.APPROVED)),
            waiting=Count("filings", filter=Q(filings__case__closed_at=None)),
            all=Count("filings"),
        )
        found = rows.filter(busy=0).order_by("same", "granted", "waiting", "all", "id").first()
        if found is None:
            raise ValidationError(f"no organization left for {matter.kind}")
        return Organization.objects.select_related("division", "district").get(pk=found.pk)

    def walk(self, filing, way, *, waited=0):
        """Takes the rows one after the other, then dates the case back to have lain `waited` days where it is."""
        times = self.times(len(way), waited)
        Case.objects.filter(pk=filing.case.pk).update(opened_at=times[0], saved_at=times[0])
        for row, at in zip(way, times[1:], strict=True):
            if row.name == "submit":
                date_submission(filing.case, at)
            self.step(filing, row)
        date_back(filing.case, times)
        filing.case.refresh_from_db()

    def step(self, filing, row):
        if row.guard in (clock.require_overdue, handling.require_idle):
            yesterday = timezone.localdate() - timedelta(days=1)
            Case.objects.filter(pk=filing.case.pk).update(due=yesterday, due_provisional=False)
        if row.guard is publicity.require_publicity_over:
            run_out(filing.case)
        if row.name == "submit" and filing.case.rounds:
            self.correct(filing)
        data = {"items": self.defects(filing)} if row.guard is corrections.require_items else {}
        note = NOTES.get(row.name, NOTE)
        filing.case = perform(filing.case, row.name, by=self.actor(row, filing.case), note=note, data=data)
        filing.refresh_from_db(fields=["organization", "other"])

    def correct(self, filing):
        """What was marked is typed anew, every item answered."""
        by, matter = self.party(filing.case), MATTERS[filing.case.kind]
        asks = [matter.ask(anchor) for anchor in filing.case.unlocked_anchors()]
        values = {ask.key: self.facts.value(ask, filing, matter.kind) for ask in asks if ask}
        filing.case = save_draft(filing=filing, version=filing.case.version, by=by, values=values)
        for item in filing.case.items.all():
            corrections.answer_item(item=item, by=by, answer="已按要求修改。")

    def times(self, steps, waited):
        """When the case was opened and every step taken: some days apart, the last one `waited` days ago."""
        today, gap = timezone.localdate(), DAYS_A_STEP
        days = [waited + gap * (steps - number) for number in range(steps + 1)]
        hours = [time(FIRST_HOUR + number % 9, self.random.randint(0, 59)) for number in range(steps + 1)]
        moments = [datetime.combine(today - timedelta(days=d), h) for d, h in zip(days, hours, strict=True)]
        return [min(timezone.make_aware(moment), timezone.now()) for moment in moments]

    def defects(self, filing):
        anchors = [ask.key for ask in MATTERS[filing.case.kind].asked(filing)]
        chosen = (anchors[0], anchors[-1]) if len(anchors) > 1 else anchors
        return [
            {"anchor": anchor, "reason": reason, "basis": basis}
            for anchor, (reason, basis) in zip(chosen, DEFECTS, strict=False)
        ]

    def actor(self, row, case):
        if row.side == SYSTEM:
            return SYSTEM
        if row.side == OFFICER:
            own = {party.user_id for party in case.parties.all()}
            may = [user for user in self.cast.officers if user.pk not in own and user.has_perm(row.permission, case)]
            return may[0]
        return self.party(case, other=row.side == OTHER)

    def party(self, case, *, other=False):
        rows = case.parties.exclude(user=None)
        wanted = CaseParty.Role.OTHER
        return (rows.filter(role=wanted) if other else rows.exclude(role=wanted)).select_related("user")[0].user

    # --- cases with a story -----------------------------------------------------------------------------------------

    @property
    def home(self):
        return self.cast.communities[0]

    def to_review(self, filing, state="street_review", **more):
        self.walk(filing, road(filing.case, state), **more)
        return filing.case

    def corrected(self):
        """Returned once, answered, back at the street: the officer sees what changed."""
        filing = self.draft("filing", self.home)
        way = road(filing.case, "street_review")
        rows = flow_of(filing.case).transitions
        returning = next(row for row in rows if row.name == "return" and "street_review" in row.sources)
        again = next(row for row in rows if row.name == "submit" and "returned" in row.sources)
        self.walk(filing, (*way, returning, again), waited=2)
        return filing.case

    def look_alike(self):
        """Named almost like a team that is there: the officer has to tell them apart."""
        known = Organization.objects.in_force().filter(division=self.home, tier="team", state="active").last()
        return self.to_review(self.draft("filing", self.home, name=f"{known.name}二队"), waited=3)

    def doubtful(self):
        """Its leader has the ID number of somebody known by another name: an officer decides whether it is them."""
        leader, other = self.facts.person(), self.facts.person()
        known = self.draft("filing", self.home, leader=[leader])
        self.walk(known, road(known.case, "filed"))
        other["id_number"] = leader["id_number"]
        return self.to_review(self.draft("filing", self.home, leader=[other]), waited=1)

    def by_clerk(self):
        """Filed by the committee clerk for a leader without an account; the other clerk checks it."""
        clerk = self.cast.officers[0]
        self.walk(self.draft("filing", self.home, by=clerk, applicant="演示林阿婆"), ())
        filing = self.draft("filing", self.home, by=clerk, applicant="演示陈大伯")
        return self.to_review(filing, "committee_check", waited=2)

    def claimed(self):
        """In the hands of the street officer for half an hour from the loading on, copied to all others who see it."""
        case = self.to_review(self.draft("filing", self.home), waited=1)
        holder = next(user for user in self.cast.officers if user.has_perm(case.office, case))
        copies.send(case=case, to=[str(user.pk) for user in self.cast.officers], by=holder)
        return handling.claim(case=case, by=holder)

    def reassigned(self):
        """Given by the street's leader to the second clerk."""
        case = self.to_review(self.draft("filing", self.home), "committee_check", waited=4)
        leader = next(user for user in self.cast.officers if user.has_perm("casework.reassign_case", case))
        second = [user for user in self.cast.officers if user.has_perm(case.office, case)][1]
        return handling.reassign(case=case, to=second, by=leader, note="原经办人外出培训。")


def states():
    """Every (matter, state) there is, matters in the order of their codes."""
    flows = sorted(FLOWS.values(), key=lambda flow: flow.code)
    return [(flow.kind, state.code) for flow in flows for state in flow.states]


def road(case, goal):
    """The rows of the shortest way from the case's state to the goal under the policies in force; None without one."""
    flow, seen, queue = flow_of(case), {case.state}, deque([(case.state, ())])
    while queue:
        state, way = queue.popleft()
        if state == goal:
            return way
        for row in flow.transitions:
            new = row.target not in seen and row.target != BACK
            if new and state in row.sources and (row.when is None or row.when(case)):
                seen.add(row.target)
                queue.append((row.target, (*way, row)))
    return None


def run_out(case):
    """The notice of the case as if it had been published so long ago that it ended yesterday."""
    row, yesterday = publicity.current(case), timezone.localdate() - timedelta(days=1)
    row.starts = yesterday - (row.ends - row.starts)
    publicity.show(row, case, "publicity.move", workdays.Due(yesterday, provisional=False), by=SYSTEM)


def date_submission(case, at):
    """The day of submission and the number that bears it, before the step that would take today's."""
    if case.submitted_at is None:
        number = numbers.case_number(case.division, flow_of(case).code, timezone.localdate(at))
        Case.objects.filter(pk=case.pk).update(submitted_at=at, number=number)


def date_back(case, times):
    """Moves what has just happened to when the demo says it did; a grant stays today's, as its effects are."""
    case.refresh_from_db()
    if case.outcome == Case.Outcome.APPROVED:
        times = [*times[:-1], case.closed_at]
    steps = list(case.steps.all())
    for number, (step, at) in enumerate(zip(steps, times[1:], strict=True)):
        step.at, step.due = at, moved(step.due, times[number])
    CaseStep.objects.bulk_update(steps, ["at", "due"])
    case.versions.update(at=case.submitted_at or times[0])
    case.attachments.update(uploaded_at=times[0])
    case.items.exclude(answered_at=None).update(answered_at=times[-1])
    case.entered_at, case.due = times[-1], moved(case.due, times[-1])
    if case.closed_at:
        case.closed_at = case.decided_at = times[-1]
    if case.days_left is not None:
        case.days_left = workdays.between(times[-1], steps[-1].due)
    case.save()
    date_papers(case)


def date_papers(case):
    """What the steps issued bears the days of the steps; nothing of it has been made yet."""
    submitted = case.submitted_at and timezone.localdate(case.submitted_at).isoformat()
    for row in case.issued.select_related("step"):
        day = timezone.localdate(row.step.at).isoformat()
        days = {"date": day, "effective": day, "submitted": submitted, "accepted": submitted}
        row.data |= {key: value for key, value in days.items() if key in row.data}
        row.issued_at = row.step.at
        row.save(update_fields=["data", "issued_at"])


def moved(due, start):
    """A due date set today as if its time had begun at `start`: the same number of working days later."""
    return due and workdays.add(start, max(workdays.between(timezone.localdate(), due), 0)).date
