"""Cases for tests, walked along their flow: none is in a state the portal itself cannot reach."""

from collections import deque
from datetime import date, timedelta

import time_machine
from django.utils import timezone

from casework import policy, workdays
from casework.flows import BACK, FLOWS, OFFICER, OTHER
from casework.models import PARTY, Attachment, CalendarDay, PolicyValue
from casework.services import calendar
from casework.services.clock import require_overdue
from casework.services.corrections import require_items
from casework.services.handling import require_idle
from casework.services.publicity import require_publicity_over
from casework.workflow import perform
from registry.matters import MATTERS
from registry.services.filings import open_filing, save_draft
from tests import builders

LEADER = {"name": "林秀英", "phone": "13812345678", "id_number": "11010519491231002X"}
FOUNDERS = [{"name": "林秀英"}, {"name": "陈国强"}, {"name": "黄美玲"}]
VALUES = {
    "name": "六联社区晨光合唱队",
    "type": "culture",
    "body_type": "member",
    "purpose": "组织居民排练合唱，参加社区演出。",
    "leader": [LEADER],
    "founders": FOUNDERS,
    "members": "18",
    "place": "六联社区文化活动室",
    "activities": "12",
    "targets": ["老年人"],
}
# Which of the world's people holds each office.
HOLDERS = {
    "registry.check_filing": "clerk",
    "registry.review_filing": "officer",
    "registry.decide_filing": "leader",
    "registry.decide_filing_district": "head",
    "registry.order_filing": "officer",
    "registry.sample_filing": "bureau",
    "casework.supervise_case": "leader",
}
# Policies that open the way to states others never see.
POLICIES = {
    "community_notice": {"filing.community_notice": True},
    "district_decision": {"filing.authority": "district"},
}


def make_calendar():
    """Calendars of the years tests walk through, all Mondays to Fridays: what ends there ends for certain."""
    year = timezone.localdate().year
    days = (day for one in range(year - 1, year + 3) for day in calendar.days_of(one))
    calendar.add_days([CalendarDay(date=day, working=day.weekday() < 5) for day in days])
    workdays.forget()


def make_people(world):
    """An applicant without a role, one officer per office of the world's first street, and one of another street."""
    make_calendar()
    world.applicant = builders.make_user("organization", world.community, username="applicant")
    world.clerk = builders.make_user("clerk", world.community)
    world.second_clerk = builders.make_user("clerk", world.second_community)
    world.officer = builders.make_user("street_officer", world.street)
    world.leader = builders.make_user("street_leader", world.street)
    world.bureau = builders.make_user("bureau_officer", world.district)
    world.head = builders.make_user("bureau_head", world.district)
    world.outsider = builders.make_user("street_leader", world.other_street)
    return world


def make_policy(key, value, division=None):
    row = PolicyValue.objects.create(key=key, value=value, division=division, starts="2000-01-01")
    policy.forget()
    return row


def make_draft(world, kind="filing", *, by=None, values=None, **fields):
    """A draft of the matter with everything it needs to be submitted."""
    matter = MATTERS[kind]
    by = by or (world.officer if matter.by_authority else world.applicant)
    if matter.needs_organization and "organization" not in fields:
        fields["organization"] = filed_organization(world)
    filing = open_filing(kind=kind, by=by, division=world.community, **fields)
    given = {**VALUES, "community": str(world.community.pk), **EXTRA.get(kind, no_values)(world), **(values or {})}
    given = {key: value for key, value in given.items() if matter.ask(key)}
    filing.case = save_draft(filing=filing, version=filing.case.version, by=by, values=given)
    for paper in matter.papers_for(filing):
        if paper.required:
            hand_in(filing.case, paper.code, by=by)
    return filing


def no_values(world):
    return {}


def filed_organization(world, name="六联社区木兰拳队", tier="team", **fields):
    """An organization in force since last year, whose account the applicant holds."""
    fields.setdefault("filing_no", f"440310001-T-2025-{next(builders.numbers):04}")
    organization = builders.make_organization(
        world.community, world.types["culture"], name=name, tier=tier, founded=date(2025, 1, 6), **fields
    )
    organization.accounts.create(user=world.applicant, starts=date(2025, 1, 6))
    return organization


# What each matter asks beside the facts of a filing.
EXTRA = {
    "change": lambda world: {"what": ["name", "leader", "place"], "reason": "更名换届", "name": "六联社区木兰艺术团"},
    "cancel": lambda world: {
        "reason": "own_wish",
        "explanation": "成员老龄化，一致同意注销",
        "settled": "yes",
        "certificate": "handed_in",
    },
    "transfer": lambda world: {"to": str(world.second_community.pk), "reason": "活动场地搬迁"},
    "merge": lambda world: {
        "other": str(filed_organization(world, "六联社区太极队").uid),
        "name": "",
        "reason": "两队长期共同活动",
    },
    "upgrade": lambda world: {
        "name": "深圳市坪山区木兰艺术协会",
        "uscc": "51310104MJ4950010A",
        "legal_form": "association",
        "registered": "2026-03-02",
    },
    "downgrade": lambda world: {"reason": "members", "explanation": "成员只剩六人", "certificate": "handed_in"},
    "annual": lambda world: {
        "party_members": "2",
        "party_form": "joint",
        "income": "3600",
        "spend": "3200",
        "plans": "继续每周排练，参加社区节庆演出",
    },
    "half_year": lambda world: {"done": "每周排练两次，参加端午演出", "income": "1800", "spend": "1500"},
    "dormancy": lambda world: {"signs": ["no_activity"], "figures": "2025年未报告任何活动"},
    "sample": lambda world: {"quarter": "2026Q2", "draw": "1/12"},
    "revoke": lambda world: {"grounds": "inactive", "facts": "连续十二个月未开展活动", "basis": "参照条例第二十九条"},
    "correction": lambda world: {"name": "", "purpose": "", "leader": [], "community": "", "reason": "门牌号登记错误"},
    "division_batch": lambda world: {"document": "坪民〔2026〕3号", "reason": "社区更名"},
}


def make_filing(world, state="draft", *, kind="filing", **fields):
    """A filing of the matter in that state, taken there by the world's people along the shortest way."""
    for key, value in POLICIES.get(state, {}).items():
        make_policy(key, value)
    filing = make_draft(world, kind, **fields)
    for row in road(filing.case, state):
        walk(filing, row, world)
    return filing


def road(case, goal):
    """The rows of the shortest way from the case's state to the goal, under the policies in force."""
    flow, seen, queue = FLOWS[case.kind], {case.state}, deque([(case.state, ())])
    while queue:
        state, rows = queue.popleft()
        if state == goal:
            return rows
        for row in flow.transitions:
            known = row.target in seen or row.target == BACK
            if state in row.sources and not known and (row.when is None or row.when(case)):
                seen.add(row.target)
                queue.append((row.target, (*rows, row)))
    raise AssertionError(f"{case.kind}: no way from {case.state} to {goal}")


def walk(filing, row, world, **more):
    """One step by whoever's it is, with what such a step needs; what waits for a due date happens after it."""
    if row.guard is require_items:
        anchor = MATTERS[filing.case.kind].asked(filing)[0].key
        more.setdefault("data", {"items": [{"anchor": anchor, "reason": "请核对后重新填写"}]})
    later = timedelta(days=200) if row.guard in (require_overdue, require_publicity_over, require_idle) else timedelta()
    begun = max(timezone.now(), filing.case.entered_at)  # a step before may have been taken later
    with time_machine.travel(begun + later if later else timezone.now()):
        filing.case = perform(filing.case, row.name, by=actor_of(row, filing, world), note="情况已核实", **more)
    filing.refresh_from_db(fields=["organization", "other"])
    return filing.case


def actor_of(row, filing, world):
    if row.side == OFFICER:
        names = (HOLDERS[row.permission], "second_clerk")
        return next(user for name in names if (user := getattr(world, name)).has_perm(row.permission, filing.case))
    if row.side == OTHER:
        return filing.case.parties.filter(role="other").first().user
    if row.side == PARTY:
        return filing.case.parties.exclude(user=None).first().user
    return "system"


def hand_in(case, slot, *, by, name="章程.pdf"):
    return Attachment.objects.create(
        case=case, slot=slot, name=name, kind="application/pdf", size=9, sha256="0" * 64, scan="clean", uploaded_by=by
    )
