"""Cases for tests, walked along their flow: none is in a state the portal itself cannot reach."""

from casework.models import Attachment
from casework.workflow import perform
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
# Who takes the steps that lead to a state, in order, from a draft.
ROADS = {
    "draft": (),
    "committee_check": (("submit", "applicant"),),
    "street_review": (("submit", "applicant"), ("agree", "clerk")),
    "returned": (("submit", "applicant"), ("return", "clerk")),
    "street_decision": (("submit", "applicant"), ("agree", "clerk"), ("propose", "officer")),
    "filed": (("submit", "applicant"), ("agree", "clerk"), ("propose", "officer"), ("approve", "leader")),
    "refused": (("submit", "applicant"), ("agree", "clerk"), ("propose", "officer"), ("refuse", "leader")),
    "not_accepted": (("submit", "applicant"), ("agree", "clerk"), ("not_accept", "officer")),
    "withdrawn": (("submit", "applicant"), ("withdraw", "applicant")),
}


def make_people(world):
    """An applicant without a role, and one officer per office of the world's first street."""
    world.applicant = builders.make_user("organization", world.community, username="applicant")
    world.clerk = builders.make_user("clerk", world.community)
    world.officer = builders.make_user("street_officer", world.street)
    world.leader = builders.make_user("street_leader", world.street)
    world.head = builders.make_user("bureau_head", world.district)
    return world


def make_filing(world, state="draft", *, kind="filing", by=None, values=None, **fields):
    """A filing in that state, taken there by the world's people."""
    filing = open_filing(kind=kind, by=by or world.applicant, division=world.community, **fields)
    given = {**VALUES, "community": str(world.community.pk), **(values or {})}
    filing.case = save_draft(filing=filing, version=filing.case.version, by=by or world.applicant, values=given)
    hand_in(filing.case, "charter", by=by or world.applicant)
    for name, who in ROADS[state]:
        walk(filing, name, by or world.applicant if who == "applicant" else getattr(world, who))
    return filing


def walk(filing, name, by, **more):
    """One step, with what such a step needs."""
    if name == "return":
        more.setdefault("data", {"items": [{"anchor": "place", "reason": "请写明门牌号"}]})
    filing.case = perform(filing.case, name, by=by, note=more.pop("note", "情况已核实"), **more)
    return filing.case


def hand_in(case, slot, *, by, name="章程.pdf"):
    return Attachment.objects.create(
        case=case, slot=slot, name=name, kind="application/pdf", size=9, sha256="0" * 64, scan="clean", uploaded_by=by
    )
