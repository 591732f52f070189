"""What decided matters do to an organization in force: changed, moved, merged, raised, corrected, ended."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import audit, notices
from casework.models import CaseParty
from registry.matters.asks import PEOPLE
from registry.models import Certificate, Membership, Organization
from registry.models.organization import State
from registry.models.scheme import Tier
from registry.services import certificates, filing_people, leaders
from registry.services.filed import actor, certify, distinct_of, is_registered, keep_former, match_people, new_number
from registry.services.filings import matter_of, read, readable, require_complete
from registry.services.guards import require_counted
from registry.services.marks import mark
from registry.services.organizations import edit_organization
from registry.services.people import clear
from registry.services.standing import change_standing, date_back, end_organization, require_begun

# Texts a correction replaces.
CORRECTED = ("name", "place", "purpose", "uscc", "filing_no")


def subject_of(case):
    """The organization the case is about, as stored now."""
    return Organization.objects.select_related("division", "district", "type__scheme", "leader").get(
        pk=case.filing.organization_id
    )


def require_in_force(case, by, data):
    """Guard: the organization has not ended meanwhile."""
    require_counted(subject_of(case))


def require_complete_and_in_force(case, by, data):
    """Guard of a matter the authority opens about an organization."""
    require_complete(case, by, data)
    require_in_force(case, by, data)


def tell_organization(case, by, data):
    """Effect of opening a revocation: the organization hears of it and may answer."""
    tell_concerned(case, "hearing", {"due": case.due.isoformat()})


def tell_concerned(case, code, params):
    """Whoever holds the organization's account becomes a heard party and is told; where nobody does, the leader gets
    a short message, unless the leader is said to have died or left.
    """
    organization = subject_of(case)
    holders, leader = add_holders(case, organization), organization.leader
    for user in holders:
        notices.tell(user.pk, code, case=case, params=params, key=f"{case.pk}:{case.version}")
    gone = organization.contacts.filter(leader_gone=leader).exists()
    phone = "" if holders or leader is None or gone else clear(leader, "phone")
    if phone:
        notices.text_to(phone, code, case=case, params=params)


def add_holders(case, organization):
    """Whoever holds the organization's account becomes a party the case is about; returns these users."""
    accounts = organization.accounts.filter(ends=None).select_related("user")
    holders = [account.user for account in accounts]
    for user in holders:
        case.parties.get_or_create(user=user, defaults={"name": str(user), "role": CaseParty.Role.OTHER})
    return holders


def edit(case, by, data, *, cleared=(), **details):
    """Corrects details of the case's organization under the case's own decision; former name and number are kept."""
    before = subject_of(case)
    details = {name: value for name, value in details.items() if value not in (None, "")} | dict.fromkeys(cleared, "")
    keep_former(before, details, case.kind)
    distinct = distinct_of(case, data)
    return edit_organization(
        organization=before,
        version=before.version,
        by=actor(by),
        distinct=distinct,
        note=case.number,
        case=case,
        **details,
    )


def change_leader(case, by, data, organization):
    """Whom the filing names as leader, if anybody, leads the organization from today."""
    for _entry, person in filing_people.become_people(case, by, data):
        leaders.set_leader(organization, person, actor(by))


def new_paper(organization, by, reason):
    """The certificate that is out is replaced by one with the present facts; without one nothing happens."""
    present = organization.certificates.valid().filter(kind__in=certificates.NUMBERED)
    for certificate in present.filter(Q(valid_to=None) | Q(valid_to__gte=timezone.localdate())):
        certificates.replace_certificate(certificate=certificate, reason=reason, by=actor(by))


def change(case, by, data):
    """Effect of a granted change: only what was ticked changes; the certificate is printed anew."""
    values = readable(case)
    details = {name: values[name] for name in ("name", "place", "purpose") if name in values}
    organization = edit(case, by, data, **details)
    if "leader" in case.filing.data["what"]:
        change_leader(case, by, data, organization)
    new_paper(organization, by, _("Change %(number)s") % {"number": case.number})


def cancel(case, by, data):
    """Effect of a granted cancellation: the organization ends today, its papers are handed back or void."""
    organization = subject_of(case)
    values = readable(case)
    take_back(organization, by, lost=values["certificate"] == "lost", reason=_("Organization cancelled"))
    end(case, organization, by, state=State.CANCELLED, reason=values["explanation"])


def revoke(case, by, data):
    """Effect of a revocation: the filing is taken back today, its papers no longer count."""
    values = readable(case)
    end(case, subject_of(case), by, state=State.REVOKED, reason=values["facts"])


def end(case, organization, by, *, state, reason, on=None):
    """Ends it today, or on the day given, under the case's own decision."""
    end_organization(
        organization=organization,
        version=organization.version,
        state=state,
        on=on or timezone.localdate(),
        reason=reason,
        by=actor(by),
        case=case,
    )


def take_back(organization, by, *, lost, reason):
    give_up = certificates.report_lost_certificate if lost else certificates.return_certificate
    for certificate in organization.certificates.filter(state=Certificate.State.VALID):
        give_up(certificate=certificate, reason=reason, by=actor(by))


def require_transfer(case, by, data):
    """Guard of a transfer: complete, and to another community than the present one."""
    require_complete(case, by, data)
    if readable(case)["to"] == case.filing.organization.division:
        raise ValidationError({"to": _("The organization is at home there already.")})


def to_community(case):
    """Whether a committee takes it in; a street does so by its leader's decision."""
    place = read(case.filing)[0].get("to") if hasattr(case, "filing") else None
    return place is None or place.level == "community"


def to_street(case):
    return not to_community(case)


def hand_to_new_place(case, by, data):
    """Effect of the release: from now on the case lies with the new community's offices."""
    division = readable(case)["to"]
    case.division, case.division_path = division, division.path


def transfer(case, by, data):
    """Effect of a granted transfer: home and venue change today; figures until yesterday stay with the old place."""
    organization, values = subject_of(case), readable(case)
    moved = change_standing(
        organization=organization,
        version=organization.version,
        effective=timezone.localdate(),
        by=actor(by),
        division=values["to"],
        note=case.number,
        cause="transfer",
        case=case,
    )
    edit(case, by, data, place=values["place"])
    new_paper(moved, by, _("Transfer %(number)s") % {"number": case.number})


def require_other(case, by, data):
    """Guard of a merger: both are in force and may be joined; until the decision is stored nobody changes either."""
    pair = (case.filing.organization_id, readable(case)["other"].pk)
    list(Organization.objects.select_for_update(of=("self",)).filter(pk__in=pair).order_by("pk"))
    require_in_force(case, by, data)
    readable(case)


def join_other(case, by, data):
    """Effect of handing in a merger: whoever holds the other's account is a party, sees it and is told."""
    match_people(case, by, data)
    case.parties.filter(role=CaseParty.Role.OTHER).delete()
    add_holders(case, readable(case)["other"])


def merge(case, by, data):
    """Effect of a merger: the other's members come over, it ends today and its numbers lead here from now on."""
    values = readable(case)
    organization, other = subject_of(case), values["other"]
    case.filing.other = other
    case.filing.save(update_fields=["other"])
    if values.get("name"):
        organization = edit(
            case, by, data | {"distinct": {**distinct_of(case, data), other.pk: "merged"}}, name=values["name"]
        )
    take_members(other, organization)
    end(case, other, by, state=State.MERGED, reason=_("Merged into %(name)s") % {"name": organization})
    Organization.objects.filter(pk=other.pk).update(successor=organization)
    mark([organization.division_id, other.division_id])


def take_members(other, organization):
    """Everybody with a place in the other has one here from today, founders and leader as members."""
    for row in other.memberships.filter(ends=None):
        organization.memberships.get_or_create(
            person_id=row.person_id,
            role=Membership.Role.MEMBER,
            ends=None,
            defaults={"starts": timezone.localdate()},
        )


def register(case, by, data):
    """Effect of an upgrade: same record and filing number, tier registered from the registration date on."""
    values = readable(case)
    edited = edit(case, by, data, name=values["name"], uscc=values["uscc"], legal_form=values["legal_form"])
    take_back(edited, by, lost=False, reason=_("Another tier from now on"))
    since = edited.periods.get(ends=None).starts
    raised = change_standing(
        organization=edited,
        version=edited.version,
        effective=max(values["registered"], since),
        by=actor(by),
        tier=Tier.REGISTERED,
        note=case.number,
        cause="upgrade",
        case=case,
    )
    if values["registered"] < since:
        date_back(raised, values["registered"])


def downgrade(case, by, data):
    """Effect of a downgrade: same record, from today a group on the committee's list under a number of that series."""
    lost = readable(case)["certificate"] == "lost"
    take_back(subject_of(case), by, lost=lost, reason=_("Another tier from now on"))
    today = timezone.localdate()
    edited = edit(case, by, data, filing_no=new_number(case.division, Tier.GROUP))
    lowered = change_standing(
        organization=edited,
        version=edited.version,
        effective=today,
        by=actor(by),
        tier=Tier.GROUP,
        note=case.number,
        cause="downgrade",
        case=case,
    )
    certify(lowered, Tier.GROUP, actor(by))


def require_some_correction(case, by, data):
    """Guard: a correction is complete and corrects something."""
    require_complete(case, by, data)
    values, record = readable(case), subject_of(case)
    asks = [ask for ask in matter_of(case).asks if ask.replaces and ask.kind not in PEOPLE]
    other = any(values.get(ask.key) not in (None, getattr(record, ask.replaces)) for ask in asks)
    if not other and not values.get("ended") and not case.filing.people.filter(role="leader").exists():
        raise ValidationError(_("Please fill in at least one fact that is corrected."))
    if values.get("since"):
        require_begun(record, values["since"], "since")


def require_own_office(case, by, data):
    """Guard of a correction's decision: what was registered since it was handed in the bureau alone corrects."""
    if case.state == "street_decision" and is_registered(case):
        raise ValidationError(
            _("It has been registered since: the bureau decides. Please send the case to the bureau.")
        )


def correct(case, by, data):
    """Effect of a correction by the authority: what was filled in replaces what was wrong.

    What was no registered organization is filed or listed from now on: under a number, with a certificate.
    """
    values, reason = readable(case), _("Correction %(number)s") % {"number": case.number}
    since, tier, ended = values.get("since") or timezone.localdate(), values.get("tier"), values.get("ended")
    if tier or ended:
        take_back(subject_of(case), by, lost=False, reason=reason)
    before = subject_of(case)
    placed = change_standing(
        organization=before,
        version=before.version,
        effective=since,
        by=actor(by),
        division=values.get("community"),
        tier=tier,
        note=case.number,
        cause="correction",
        case=case,
    )
    given = {name: values.get(name) for name in CORRECTED}
    if tier:
        given["filing_no"] = given["filing_no"] or new_number(placed.division, tier)
    organization = edit(case, by, data, cleared=("uscc", "legal_form") if tier else (), **given)
    change_leader(case, by, data, organization)
    if ended:
        end(case, subject_of(case), by, state=ended, reason=values["reason"], on=since)
    elif tier:
        certify(organization, tier, actor(by))
    else:
        new_paper(organization, by, reason)


def renew_papers(case, by, data):
    """Effect of a batch after a change of divisions: a line in every record there, new papers where some are out."""
    values = readable(case)
    note = f"{values['document']} {values['reason']}"
    for organization in Organization.objects.in_force().under(values["community"]).order_by("id"):
        audit.record("authority_change", organization, by=actor(by), after={"document": values["document"]}, note=note)
        new_paper(organization, by, note[:200])
