"""The dormancy radar: rules over figures propose, people decide each step; silence alone changes no standing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import audit, policy
from casework.flows import Check
from casework.models import SYSTEM, Case, CaseParty
from casework.services import links, publicity
from casework.services.holding import STILL
from casework.workflow import available, perform
from registry.models import ContactAttempt, Organization, OrganizationYear
from registry.models.organization import State
from registry.models.scheme import Tier
from registry.services.changed import require_complete_and_in_force, subject_of, tell_concerned
from registry.services.confirmations import last_year_due, to_revoke
from registry.services.filed import actor
from registry.services.filings import open_filing
from registry.services.guards import lock_organization, require_counted, require_past, require_right
from registry.services.standing import change_standing

KIND, SALT = "dormancy", "still-active"
# What those concerned are told when the case enters a state.
TOLD = {"reminded": "still_active", "ordered": "show_activity", "announced": "measure_announced"}
FILED = (Tier.TEAM, Tier.GROUP)
AGAIN_MONTHS, LINK_DAYS = 6, 120
# Matters that end an organization anyway: nothing is proposed while one is open.
ENDING = (KIND, "cancel", "revoke", "merge")


@dataclass(frozen=True)
class Rule:
    """One sign: `find(organizations, limit, on)` narrows them and annotates `figure`; `say` puts it into a sentence."""

    code: str
    policy: str
    default: int
    find: Callable
    say: Callable


def without_activity(organizations, months, on):
    """There before, reported no activity for as many whole years as the months make."""
    years = range(on.year - -(-months // 12), on.year)
    organizations = organizations.exclude(founded__gt=date(years.start, 1, 1))
    for year in years:
        none = OrganizationYear.objects.filter(organization=OuterRef("pk"), year=year, activities=0)
        organizations = organizations.filter(Exists(none))
    return organizations


def unconfirmed(organizations, years, on):
    return organizations.filter(pk__in=to_revoke(on, years).values("pk"))


def unreached(organizations, times, on):
    """The last so many tries to reach it all failed."""
    tries = ContactAttempt.objects.filter(organization=OuterRef("pk"), on__lte=on)
    reached = tries.filter(reached=True).order_by("-on").values("on")[:1]
    since = Q(contacts__reached=False, contacts__on__lte=on)
    since &= Q(last_reached=None) | Q(contacts__on__gt=Subquery(reached))
    rows = organizations.annotate(last_reached=Subquery(reached))
    return rows.annotate(figure=Count("contacts", filter=since)).filter(figure__gte=times)


def without_leader(organizations, days, on):
    """Somebody said so many days ago that the leader died or left, and the same leader is still on record."""
    said = ContactAttempt.objects.filter(
        organization=OuterRef("pk"), leader_gone=OuterRef("leader"), on__lte=on - timedelta(days=days)
    )
    return organizations.annotate(figure=Subquery(said.order_by("on").values("on")[:1])).filter(figure__isnull=False)


def with_few_members(tier):
    def find(organizations, least, on):
        figures = OrganizationYear.objects.in_force(on).filter(organization=OuterRef("pk"), members__isnull=False)
        rows = organizations.filter(tier=tier).annotate(figure=Subquery(figures.values("members")[:1]))
        return rows.filter(figure__lt=least)

    return find


def say_activity(organization, months, on):
    return _("No activity reported for %(months)s months, until %(year)s") % {"months": months, "year": on.year - 1}


def say_confirmation(organization, years, on):
    year = last_year_due(on, organization.district)
    return _("Annual confirmation missed %(years)s years running, until %(year)s") % {"years": years, "year": year}


def say_contact(organization, times, on):
    return _("Not reached %(figure)s times running") % {"figure": organization.figure}


def say_leader(organization, days, on):
    return _("The leader died or left, said on %(day)s; nobody took the place") % {"day": organization.figure}


def say_members(organization, least, on):
    return _("%(figure)s members; at least %(least)s are needed") % {"figure": organization.figure, "least": least}


RULES = (
    Rule("no_activity", "dormancy.inactive_months", 12, without_activity, say_activity),
    Rule("missed_confirmations", "dormancy.missed_years", 2, unconfirmed, say_confirmation),
    Rule("contact_failed", "dormancy.contacts_failed", 2, unreached, say_contact),
    Rule("leader_gone", "dormancy.leaderless_days", 30, without_leader, say_leader),
    Rule("too_few_members", "filing.members_min", 10, with_few_members(Tier.TEAM), say_members),
    Rule("too_few_members", "filing.group_members_min", 5, with_few_members(Tier.GROUP), say_members),
)


def hits(organizations, on, division=None):
    """{organization: [(code of the rule, sentence with its figures)]} under the policies in force on the day."""
    found = {}
    for rule in RULES:
        limit = int(policy.value(rule.policy, default=rule.default, division=division, on=on))
        for organization in rule.find(organizations, limit, on).order_by("pk").iterator(chunk_size=500):
            found.setdefault(organization, []).append((rule.code, rule.say(organization, limit, on)))
    return found


def open_to_proposals(division, on):
    """Filed and listed organizations of a district nobody looks at already, nor found active lately."""
    months = int(policy.value("dormancy.again_months", default=AGAIN_MONTHS, division=division, on=on))
    recent = timezone.now() - timedelta(days=30 * months)
    rows = Organization.objects.in_force().filter(district=division, tier__in=FILED).exclude(state=State.SUSPENDED)
    cases = Case.objects.filter(filing__organization=OuterRef("pk"))
    open_ = cases.open().filter(kind__in=ENDING)
    looked_at = cases.filter(kind=KIND, closed_at__gte=recent)
    return rows.exclude(Exists(open_)).exclude(Exists(looked_at))


def run(place, today=None):
    """The nightly round of a district: one case for each organization with a sign; running twice proposes nothing
    new.
    """
    today = today or timezone.localdate()
    found = hits(open_to_proposals(place, today), today, place)
    return sum(propose_dormancy(organization=row, signs=signs, by="system") is not None for row, signs in found.items())


@transaction.atomic
def propose_dormancy(*, organization, signs, by):
    """A case about an organization with signs of silence, waiting for the street; None when there is one already.

    `signs` are [(code, sentence)]. Nobody is its party: whoever noticed it works on it like their colleagues. Refuses
    an actor without registry.order_filing there and an ended organization.
    """
    current = lock_organization(organization)
    require_right(by, "registry.order_filing", current)
    require_counted(current)
    if Case.objects.open().filter(filing__organization=current, kind=KIND).exists():
        return None
    values = {"signs": [code for code, _sentence in signs], "figures": "\n".join(text for _code, text in signs)}
    filing = open_filing(kind=KIND, by=by, division=current.division, organization=current, values=values)
    filing.case = perform(filing.case, "submit" if filing.case.parties.exists() else "propose", by=by)
    return filing


@transaction.atomic
def record_contact(*, organization, on, way, reached, by, note="", leader_gone=False):
    """One try to reach an organization, and whether its leader was said to have died or left.

    Refuses a day still to come, an actor without the right at its place, and a leader gone where none is on record.
    """
    current = lock_organization(organization)
    require_right(by, "registry.order_filing", current)
    require_past(on, "on")
    if leader_gone and current.leader is None:
        raise ValidationError({"leader_gone": _("No leader is on record here.")})
    gone = current.leader if leader_gone else None
    row = ContactAttempt.objects.create(
        organization=current, on=on, way=way, reached=reached, leader_gone=gone, note=note.strip()[:200], by=str(by)
    )
    after = {"on": on, "way": way, "reached": reached, "leader_gone": leader_gone}
    audit.record("record_contact", current, by=by, after=after, note=row.note)
    return row


def leave_to_office(case, by, data):
    """Effect of a proposal: it belongs to the office; who wrote it down is no party and may take its steps."""
    case.parties.filter(role=CaseParty.Role.AGENT).delete()


def require_no_party(case, by, data):
    """Guard of the portal's own proposal: an officer's unfinished draft stays a draft."""
    require_complete_and_in_force(case, by, data)
    if case.parties.exists():
        raise ValidationError(_("This draft belongs to somebody."))


def tell(case, by, data):
    """Effect of reminder, order and announcement: account holders become heard parties; all are told, the leader by
    a short message, with the link that says “still active” in one tap. A leader who died or left gets none.
    """
    tell_concerned(case, TOLD[case.state], {"due": case.due.isoformat(), "link": link(case)})


def tell_unchanged(case, by, data):
    """Effect of an end without a measure: those who were reminded hear that it is over, and why."""
    tell_concerned(case, "stays", {"note": case.steps.last().note})


def announce(case, by, data):
    """Effect: the measure intended is open to objections as a publicity notice, and those concerned are told."""
    publicity.publish(case, by, data)
    tell(case, by, data)


def link(case):
    """The address that says “still active” in one tap."""
    return links.address("public:still_active", signing.dumps(str(case.uid), salt=SALT))


def case_of_link(token):
    """The case a link stands for, or None: forged, too old."""
    try:
        uid = signing.loads(token, salt=SALT, max_age=timedelta(days=LINK_DAYS))
    except signing.BadSignature:
        return None
    return Case.objects.filter(uid=uid, kind=KIND).select_related("filing__organization").first()


def answer_by_link(*, case):
    """“Still active” said by whoever got the link.

    Until the street orders anything it ends the case; after that an officer looks again. Refuses (NotNowError) what was
    said already and a case that is decided.
    """
    return perform(case, "still_active", by=_("The leader, by link"), data={"by_link": True})


def asks(case):
    """Whether a tap on the link still does something."""
    return any(row.name == "still_active" for row in available(case, SYSTEM))


def is_new(case):
    """Whether the case came to its state by something else than “still active”: the same is not said twice."""
    moves = case.steps.exclude(transition__in=STILL).order_by("-id")
    return moves.values_list("transition", flat=True).first() != "still_active"


def require_link(case, by, data):
    """Guard: only the link's own page takes this step for somebody without an account."""
    if not data.get("by_link"):
        raise ValidationError(_("This step needs the link."))


def set_state(state):
    """The effect of a decision: the standing changes today, for the reason in the case."""

    def effect(case, by, data):
        organization = subject_of(case)
        change_standing(
            organization=organization,
            version=organization.version,
            effective=timezone.localdate(),
            by=actor(by),
            note=case.number,
            cause=KIND,
            state=state,
        )

    return effect


def checks(case, user):
    """What every rule says about the organization today, and when it was last reached."""
    organization, today = subject_of(case), timezone.localdate()
    found = dict(hits(Organization.objects.filter(pk=organization.pk), today, case.division).get(organization, []))
    lines = [Check(sentence, False) for sentence in found.values()]
    contact = organization.contacts.order_by("-on", "-id").first()
    if contact:
        reached = _("reached") if contact.reached else _("not reached")
        words = {"day": contact.on, "way": contact.get_way_display(), "reached": reached}
        lines.append(Check(_("%(way)s on %(day)s: %(reached)s") % words, contact.reached))
    return (lines or [Check(_("No sign of silence any more"), True)]) + publicity.checks(case)
