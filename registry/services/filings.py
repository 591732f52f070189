"""Drafts of the register's cases: opened, saved field by field, read with their errors, and what a submission needs."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from casework import policy
from casework.flows import flow_of
from casework.models import PARTY, AuditEvent, Case, CaseParty
from casework.sealing import unseal
from casework.workflow import StaleCaseError, open_case, steps_since
from registry.matters import MATTERS
from registry.matters.asks import PEOPLE
from registry.models import Applicant, Filing
from registry.models.organization import State
from registry.models.scheme import Tier
from registry.services import filing_people
from registry.services.fitting import ENTRIES, require_filed, require_tier, require_unfiled
from registry.services.guards import lock_organization


@transaction.atomic
def open_filing(*, kind, by, division, organization=None, applicant="", values=None):
    """A draft of a matter at a place; returns the filing.

    `applicant` names the person an agent files for: the clerk who opens it becomes the agent, and the applicant's own
    account, when there is one, joins by the one-time link. Refuses an agent without registry.apply_for_others there, a
    matter of the authority opened by somebody without registry.order_filing, an organization the matter is not
    about, and a second open case of the same kind about one organization.
    """
    matter = MATTERS[kind]
    # Whoever opens a second one at the same moment waits here, then finds the first.
    organization = organization and lock_organization(organization)
    require_opener(matter, by, division, organization, agent=bool(applicant))
    require_unfiled(matter, organization)
    require_tier(matter, organization)
    require_filed(matter, organization, by)
    if organization and (twin := open_case_of(organization, kind)):
        raise ValidationError(_("There is an open case of this kind already: %(number)s.") % {"number": twin})
    title = organization.name if organization else ""
    case = open_case(kind=kind, division=division, title=title, by=by, parties=parties_of(matter, by, applicant))
    filing = Filing.objects.create(case=case, organization=organization, data={})
    oneself = {} if applicant else leader_by_phone(matter, organization, by)
    if values := known(matter, organization) | oneself | (values or {}):
        write(filing, values)
        case.save()
    return filing


def known(matter, organization):
    """What the register knows already of what the matter asks, as raw values."""
    return matter.prefill(organization) if matter.prefill and organization else {}


def leader_by_phone(matter, organization, by):
    """Whoever signed in by phone enters a team of one's own: its leader and first founder, as raw values.

    Nothing for anybody else, nor where the register names another leader.
    """
    row = Applicant.objects.filter(user=by).first() if matter.kind in ENTRIES and isinstance(by, User) else None
    if row is None or (organization and organization.leader and organization.leader.name != by.name):
        return {}
    person = {"name": by.name, "phone": unseal(row.phone_sealed, row_uid=row.uid, field="phone")}
    return {key: [person] for key in ("leader", "founders") if matter.ask(key)}


def require_opener(matter, by, division, organization, *, agent):
    """Refuses who may not open this matter here."""
    if not isinstance(by, User):
        return
    if matter.by_authority:
        allowed = by.has_perm("registry.order_filing", division)
    elif agent:
        allowed = by.has_perm("registry.apply_for_others", division)
    else:
        allowed = organization is None or organization.accounts.filter(user=by, ends=None).exists()
    if not allowed:
        raise PermissionDenied


def parties_of(matter, by, applicant):
    if matter.by_authority or not isinstance(by, User):
        return [(by, str(by), CaseParty.Role.AGENT)] if isinstance(by, User) else []
    if applicant:
        return [(by, str(by), CaseParty.Role.AGENT), (None, applicant, CaseParty.Role.APPLICANT)]
    return [(by, str(by), CaseParty.Role.APPLICANT)]


def open_case_of(organization, kind=None):
    """The open case about the organization (of that kind), newest first; drafts count; None without one."""
    rows = Case.objects.open().filter(filing__organization=organization)
    return (rows.filter(kind=kind) if kind else rows).order_by("-id").first()


@transaction.atomic
def save_draft(*, filing, version, by, values):
    """Stores what was typed, as typed: a draft may be wrong or half empty, nothing is lost. Returns the case.

    `values` is {key of an ask: raw value}; people as lists of {"name", "phone", "id_number"}. Refuses anybody but a
    party, a case that is not with its parties, a stale version, and, during a correction, a field that was not named.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("division").get(pk=filing.case_id)
    filing = Filing.objects.select_related("organization").get(pk=filing.pk)
    filing.case = case
    require_editor(case, by)
    if version != case.version:
        raise StaleCaseError(steps_since(case, version, by)[-1:])
    require_unlocked(case, values)
    write(filing, values)
    case.version += 1
    case.saved_at = timezone.now()
    case.save()
    return case


def require_editor(case, by):
    """Refuses anybody but a party while the case lies with its parties."""
    if case.office != PARTY or not case.is_open:
        raise ValidationError(_("This case is being handled now; it can be changed again when it comes back."))
    if not case.is_filed_by(by):
        raise PermissionDenied


def require_unlocked(case, values):
    """During a correction only what the notice names may change."""
    unlocked = case.unlocked_anchors()
    if unlocked is not None and (locked := sorted(set(values) - unlocked)):
        matter = MATTERS[case.kind]
        names = "、".join(str(ask.label) for key in locked if (ask := matter.ask(key)))
        raise ValidationError(_("Only what the notice names can be changed now; locked: %(names)s.") % {"names": names})


def write(filing, values):
    """Stores raw values on the filing and its case; people go sealed to their own rows.

    What is not asked of this filing, after all that came with it, is not kept.
    """
    matter = MATTERS[filing.case.kind]
    listed = on_roster(filing) if "roster" in values else None
    if unknown := [key for key in values if matter.ask(key) is None]:
        raise ValidationError(_("There is no such field: %(key)s.") % {"key": unknown[0]})
    plain = {key: raw for key, raw in values.items() if matter.ask(key).kind not in PEOPLE}
    filing.data |= {key: raw if isinstance(raw, list) else str(raw or "") for key, raw in plain.items()}
    asked = {ask.key for ask in matter.asked(filing)}
    filing.data = {key: raw for key, raw in filing.data.items() if key in asked or key not in plain}
    for key, raw in values.items():
        if key in asked and key not in plain:
            filing_people.write(filing, matter.ask(key), raw)
    if listed is not None and "members" not in values:
        count_members(filing, listed)
    settle_case(filing)
    filing.save()


def on_roster(filing):
    """How many the member list names, as a raw value; empty for none."""
    return str(filing.people.filter(role="member").count() or "")


def count_members(filing, listed):
    """In a draft the number of members follows the member list, which named `listed`, until somebody types another."""
    if filing.case.submitted_at is None and filing.data.get("members", "") == listed:
        filing.data["members"] = on_roster(filing)


def settle_case(filing):
    """The case follows its filing, also after a return: its title is the name typed, its place the community chosen."""
    case, matter = filing.case, MATTERS[filing.case.kind]
    if filing.organization is None and filing.data.get("name"):
        case.title = str(filing.data["name"])[:200]
    ask = matter.ask("community")
    if ask is None or matter.needs_organization:
        return
    try:
        division = ask.clean(filing.data.get("community"), filing)
    except ValidationError:
        return
    if division:
        case.division, case.division_path = division, division.path


def read(filing):
    """(values, errors): the plain values by key, and {key: [sentences]} for what is missing or wrong."""
    values, errors = {}, {}
    for ask in MATTERS[filing.case.kind].asked(filing):
        named = ask.kind in PEOPLE
        problems = filing_people.problems(filing, ask) if named else read_one(filing, ask, values)
        if problems:
            errors[ask.key] = problems
    return values, errors


def readable(case):
    """The values of the case's filing, for a decision; refuses, field by field, what holds no more since it came in."""
    values, errors = read(case.filing)
    if errors:
        ask = MATTERS[case.kind].ask
        raise ValidationError([f"{ask(key).label}：{' '.join(found)}" for key, found in errors.items()])
    return values


def read_one(filing, ask, values):
    try:
        value = ask.clean(filing.data.get(ask.key), filing)
    except ValidationError as error:
        return error.messages
    values[ask.key] = value
    return [_("Please fill this in.")] if ask.required and value is None else []


def conditions(filing, values=None):
    """[{code, label, anchor, met, needed}] of every condition the policy sets for what is filled in so far."""
    values = read(filing)[0] if values is None else values
    people = named(filing)
    found = []
    for row in MATTERS[filing.case.kind].conditions:
        if row.when and not row.when(values):
            continue
        limits = {way: limit_of(filing, way) for way in row.ways}
        if label := row.words(limits.get):
            met = any(way.test(values, people, limit) for way, limit in limits.items())
            found.append({"code": row.code, "label": label, "anchor": row.anchor, "met": met, "needed": row.needed})
    return found


def named(filing):
    """Everybody the filing names by kind, with the leader's `age` (None: not known)."""
    people = filing_people.by_role(filing)
    leader = next(iter(people["leader"]), None)
    return {**people, "age": filing_people.age_of(leader, timezone.localdate()) if leader else None}


def limit_of(filing, condition):
    """The number the policy in force when the case was opened sets."""
    opened = timezone.localdate(filing.case.opened_at)
    return policy.value(condition.policy, default=condition.default, division=filing.case.division, on=opened)


def missing_papers(filing):
    """Required papers nobody has handed in yet."""
    handed = set(filing.case.attachments.current().values_list("slot", flat=True))
    needed = [paper for paper in MATTERS[filing.case.kind].papers_for(filing) if paper.required]
    return [paper for paper in needed if paper.code not in handed]


def facts(case):
    """What `content` gives, with names in full: for the parties and the officers of the case.

    A fact that takes the place of one in the record has that one as a third value.
    """
    shown = content(case, full=True)
    for key, old in present(case.filing).items():
        if shown[key][1]:
            shown[key] = (*shown[key], old)
    return shown


def present(filing):
    """{key of an ask: what the record says, or said until the matter was granted} of the facts the matter replaces."""
    asks = [ask for ask in MATTERS[filing.case.kind].asked(filing) if ask.replaces]
    if filing.organization is None or not asks:
        return {}
    old = before(filing) if filing.case.outcome == Case.Outcome.APPROVED else {}
    stood = {ask: worded(ask.replaces, old.get(ask.replaces)) for ask in asks}
    return {ask.key: stood[ask] or standing(filing.organization, ask.replaces) for ask in asks}


def standing(organization, field):
    value = getattr(organization, field)
    return worded(field, str(getattr(value, "full_name", value) or ""))


def worded(field, value):
    """A plain value of a record in words."""
    kind = {"tier": Tier, "state": State}.get(field)
    return str(kind(value).label) if kind and value else value


def before(filing):
    """{field: value} of the organization before the step that brought the case here: what its events say."""
    found = {}
    rows = AuditEvent.objects.about(filing.organization).filter(at__gte=filing.case.entered_at)
    for event in rows.order_by("id"):
        found = {**(event.before or {}), **found}
    return found


def content(case, *, full=False):
    """{anchor: (label, value as shown)} of the filing, people masked; what versions and publications show."""
    filing = case.filing
    matter, values = MATTERS[case.kind], read(filing)[0]
    shown = {}
    for ask in matter.asked(filing):
        text = (
            filing_people.words(filing, ask, full=full)
            if ask.kind in PEOPLE
            else words(ask, values.get(ask.key), filing)
        )
        shown[ask.key] = (str(ask.label), text)
    for paper in matter.papers_for(filing):
        files = case.attachments.current().filter(slot=paper.code)
        shown[paper.code] = (str(paper.label), "、".join(f"{row.name}（{row.sha256[:8]}）" for row in files))
    return shown


def words(ask, value, filing):
    if value is None:
        return ""
    if ask.kind == "choice":
        return str(dict(ask.choices(filing)).get(value, value))
    if ask.kind == "many":
        names = dict(ask.choices(filing))
        return "、".join(str(names.get(one, one)) for one in value)
    return str(getattr(value, "full_name", value))


def require_complete(case, by, data):
    """Guard of a submission: every required fact and paper is there and well-formed, every condition met.

    All that is missing is said at once, by its field. During a correction every item must have its answer.
    """
    filing = case.filing
    filing.case = case
    values, errors = read(filing)
    for row in conditions(filing, values):
        if row["needed"] and not row["met"]:
            errors.setdefault(row["anchor"], []).append(row["label"])
    if moves_by_filing(filing, values):
        errors["community"] = [_("It is listed in another community; it moves by a matter of its own.")]
    for paper in missing_papers(filing):
        errors[paper.code] = [_("Please hand in this paper.")]
    for item in case.items.filter(round=case.rounds, answered_at=None) if case.rounds else ():
        errors.setdefault(item.anchor, []).append(_("Please answer this item: %(reason)s") % {"reason": item.reason})
    if errors:
        raise ValidationError(errors)


def moves_by_filing(filing, values):
    """Whether a listed group that is to be filed is said to be elsewhere: its committee would never release it."""
    listed, place = filing.organization, values.get("community")
    return bool(listed and listed.filing_no and place and filing.case.kind == "filing" and place != listed.division)


def matter_of(case):
    return MATTERS[flow_of(case).kind]
