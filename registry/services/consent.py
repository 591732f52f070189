"""Filing on behalf (代办): the leader confirms, by a link or on paper, before a decision."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import attachments, audit, policy
from casework.flows import BACK, Check, flow_of
from casework.models import Attachment, AuditEvent, Case, CaseParty, OneTimeLink
from casework.sealing import mask_phone
from casework.services import links, ratings, reach
from registry.matters.filing import CONSENT
from registry.services import filing_people, people
from registry.services.fitting import ENTRIES
from registry.services.guards import is_filed

Role = CaseParty.Role
Purpose = OneTimeLink.Purpose
# How often a day somebody is asked, and for how long a changed number is looked at twice.
MOST_A_DAY = 3
NEW_NUMBER = timedelta(days=30)


def applicant_of(case):
    """The party an agent files for, who has no account here; None where people file for themselves."""
    rows = list(case.parties.all())
    if not any(row.role == Role.AGENT for row in rows):
        return None
    return next((row for row in rows if row.role == Role.APPLICANT and row.user_id is None), None)


def blocking(cases):
    """{case id: name} of whom a clerk filed for, where the case only waits for her or his word to be granted."""
    waiting = [case.pk for case in cases if case.is_open and is_last_office(case) and is_needed(case)]
    agents = CaseParty.objects.filter(case=OuterRef("case"), role=Role.AGENT)
    signed = Attachment.objects.current().filter(case=OuterRef("case"), slot=CONSENT.code)
    rows = CaseParty.objects.filter(case__in=waiting, role=Role.APPLICANT, user=None, confirmed_at=None)
    return dict(rows.filter(Exists(agents), ~Exists(signed)).values_list("case", "name"))


def is_last_office(case):
    flow = flow_of(case)
    targets = {row.target for row in flow.transitions if case.state in row.sources} - {BACK}
    return any(flow.state(code).outcome == Case.Outcome.APPROVED for code in targets)


def is_needed(case):
    return policy.value("filing.confirm_agent", default=True, division=case.division)


def ask(case):
    """Effect of a submission by an agent: the leader gets the link, when there is a mobile number.

    A word said before was about what was handed in then: the leader is asked again after a correction.
    """
    party = applicant_of(case)
    if party is None:
        return
    party.confirmed_at = None
    party.save(update_fields=["confirmed_at"])
    send(case, party)


def rating_link(case):
    """After the decision on what an agent filed the leader's link to rate it: nobody else can, least the agent. Empty
    where there is no such person or number.
    """
    party, phone = applicant_of(case), phone_of(case)
    if party is None or not phone or case.outcome not in ratings.RATED:
        return ""
    return links.address("apply:rate_by_link", links.make(purpose=Purpose.RATE, party=party, phone=phone))


def send(case, party):
    if phone := phone_of(case):
        links.send(purpose=Purpose.CONFIRM, party=party, phone=phone, page="apply:confirm")


@transaction.atomic
def ask_again(*, case, by):
    """Sends the link to confirm once more; returns the number, masked. By an agent or whoever may see the case there.

    Refuses (ValidationError) when nobody's word is missing, without a mobile number, and more than so often a day.
    """
    if not case.is_filed_by(by) and not by.has_perm("casework.view_case", case):
        raise PermissionDenied
    party, phone = awaited(case), phone_of(case)
    if party is None:
        raise ValidationError(_("There is nobody to be asked now."))
    if not phone:
        raise ValidationError(_("No mobile number is known. Please hand in the signed consent."))
    if party.links.filter(purpose=Purpose.CONFIRM, sent_at__date=timezone.localdate()).count() >= MOST_A_DAY:
        raise ValidationError(_("The link was sent %(count)s times today already.") % {"count": MOST_A_DAY})
    send(case, party)
    audit.record("ask_again", case, by=by, after={"phone": mask_phone(phone)})
    return mask_phone(phone)


def hand_in(*, case, upload, by):
    """The signed consent of whom an agent files for, also while an office has the case already; returns it.

    Refuses (ValidationError) where nobody's word is missing, and what `attachments.store` refuses.
    """
    if awaited(case) is None:
        raise ValidationError(_("There is nobody to be asked now."))
    fields = {"slot": CONSENT.code, "personal": CONSENT.personal, "late": True}
    return attachments.store(case=case, upload=upload, by=by, **fields)


def awaited(case):
    """The party whose word an open case still waits for; None when none does."""
    party = applicant_of(case) if case.is_open and case.submitted_at and is_needed(case) else None
    return party if party and not party.confirmed_at else None


def phone_of(case):
    """The mobile number of whom an agent files for; empty without such a person or number."""
    phone = leader_phone(case) if applicant_of(case) else ""
    return phone if phone.isdecimal() and len(phone) == 11 else ""


def checks(case):
    """What officers look at where an agent files: whether and how the leader confirmed, and what looks odd."""
    party = applicant_of(case)
    if party is None or not case.submitted_at:
        return []
    return [*confirmation(case, party), *(suspicions(case) if case.is_open else [])]


def confirmation(case, party):
    words = {"name": party.name}
    link = party.links.filter(purpose=Purpose.CONFIRM, answer=OneTimeLink.Answer.YES).first()
    if party.confirmed_at and link:
        words |= {"phone": link.sent_to or "—", "day": moment(party.confirmed_at)}
        return [Check(_("%(name)s confirmed by the link to %(phone)s on %(day)s") % words, True)]
    signed = case.attachments.current().filter(slot=CONSENT.code).first()
    if signed:
        words["day"] = moment(signed.uploaded_at)
        return [Check(_("%(name)s signed the consent handed in on %(day)s") % words, True)]
    if awaited(case) is None:
        return []
    sent = party.links.filter(purpose=Purpose.CONFIRM).first()
    told = {"phone": sent.sent_to or "—", "day": moment(sent.sent_at)} if sent else {}
    detail = _("link sent to %(phone)s on %(day)s") % told if sent else _("no mobile number is known")
    button = (_("Send the link again"), reverse("apply:ask_again", args=[case.uid])) if phone_of(case) else None
    return [Check(_("%(name)s has not confirmed yet") % words, None, detail, button=button)]


def moment(at):
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def suspicions(case):
    """Lines about a number that may not be the leader's: the agent's own, or changed lately."""
    phone = phone_of(case)
    if not phone:
        return []
    careful, lines = _("Please make sure that the leader is reached there."), []
    agents = [party.user for party in case.parties.all() if party.role == Role.AGENT]
    if any(phone == reach.phone_of(agent) for agent in agents if agent):
        lines.append(Check(_("%(phone)s is also the number of who files for her or him") % told(phone), None, careful))
    if changed := changed_lately(case):
        words = {**told(phone), "day": moment(changed.at), "name": changed.actor}
        lines.append(Check(_("%(phone)s was entered on %(day)s by %(name)s") % words, None, careful))
    return lines


def told(phone):
    return {"phone": mask_phone(phone)}


def changed_lately(case):
    """The audit event that changed the leader's number on the record in the last days, if one did."""
    organization = case.filing.organization
    if organization is None:
        return None
    edits = AuditEvent.objects.about(organization).filter(action="edit", after__has_key="phone")
    return edits.filter(at__gte=timezone.now() - NEW_NUMBER).first()


def leader_phone(case):
    """Of who leads the organization now, not of who is to lead it; of the leader named where it is filed first."""
    organization = case.filing.organization
    standing = organization is not None and (case.kind not in ENTRIES or is_filed(organization))
    if standing and organization.leader:
        return people.clear(organization.leader, "phone")
    named = case.filing.people.filter(role="leader").first()
    return filing_people.clear(named, "phone") if named else ""


def require_confirmed(case):
    """Guard of a decision: the one it was filed for has confirmed or signed (policy filing.confirm_agent).

    An objection by the link outweighs a paper handed in before it.
    """
    party = applicant_of(case)
    if party is None or party.confirmed_at:
        return
    if not is_needed(case):
        return
    said = OneTimeLink.objects.filter(party=party, answer=OneTimeLink.Answer.NO).order_by("-used_at").first()
    signed = case.attachments.filter(slot=CONSENT.code, replaced_by=None, removed_at=None)
    if said:
        signed = signed.filter(uploaded_at__gt=said.used_at)
        if not signed.exists():
            raise ValidationError(
                _("%(name)s objects to what was filed in her or his name: %(words)s")
                % {"name": party.name, "words": said.words or "—"},
                code="objected",
            )
    if not signed.exists():
        raise ValidationError(
            _("%(name)s has not confirmed yet what was filed in her or his name.") % {"name": party.name},
            code="unconfirmed",
        )
