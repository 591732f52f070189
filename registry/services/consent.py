"""Filing on behalf (代办): the leader confirms, by a link or on paper, before a decision."""

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from casework import policy
from casework.flows import BACK, flow_of
from casework.models import Attachment, Case, CaseParty, OneTimeLink
from casework.services import links, ratings
from registry.matters.filing import CONSENT
from registry.services import filing_people, people
from registry.services.fitting import ENTRIES
from registry.services.guards import is_filed

Role = CaseParty.Role
Purpose = OneTimeLink.Purpose
# Where the links lead.
PAGES = {Purpose.CONFIRM: "apply:confirm", Purpose.RATE: "apply:rate_by_link"}


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
    send(case, party, Purpose.CONFIRM)


def ask_to_rate(case):
    """After the decision on what an agent filed the leader gets a link to rate it: nobody else can, least the agent."""
    party = applicant_of(case)
    if party is not None and case.outcome in ratings.RATED:
        send(case, party, Purpose.RATE)


def send(case, party, purpose):
    phone = leader_phone(case)
    if phone.isdecimal() and len(phone) == 11:
        links.send(purpose=purpose, party=party, phone=phone, page=PAGES[purpose])


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
