"""What an applicant does beside typing: finding what may be filed, carrying an ended case over into a new draft."""

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from casework import attachments
from casework.models import Case, CaseParty
from casework.sealing import unseal
from registry.matters import MATTERS
from registry.matters.asks import PEOPLE
from registry.models import Applicant, Organization
from registry.services import filing_people
from registry.services.filings import open_case_of, open_filing, save_draft

COPIED = (Case.Outcome.LAPSED, Case.Outcome.WITHDRAWN, Case.Outcome.REFUSED, Case.Outcome.NOT_ACCEPTED)


def edit_url(case):
    """The page the parties of a case of the register edit it on."""
    return reverse("apply:case", args=[case.uid])


def open_to_applicants():
    """Matters an applicant starts, in the order of their codes; the authority's own are left out."""
    return sorted((matter for matter in MATTERS.values() if not matter.by_authority), key=lambda row: row.code)


def organizations_of(user):
    """Organizations in force the user acts for."""
    return Organization.objects.in_force().filter(accounts__user=user, accounts__ends=None).distinct().order_by("name")


def matters_about(organization):
    """[(matter, its open case or None)] of what may be filed about an organization of this tier."""
    return [
        (matter, open_case_of(organization, matter.kind))
        for matter in open_to_applicants()
        if organization.tier in matter.tiers
    ]


def files_only(user):
    """Whether the portal is for this user a place to file: without any right, known by phone or for an organization."""
    if user.is_superuser or any(rights for _path, rights in user.grants):
        return False
    return Applicant.objects.filter(user=user).exists() or organizations_of(user).exists()


def acts_for_others(user):
    return user.has_perm("registry.apply_for_others")


def may_be_copied(case):
    """Whether what was typed can go on as a new draft."""
    return not case.is_open and case.outcome in COPIED and not MATTERS[case.kind].by_authority


def case_by_number(number, tail):
    """The submitted case of that number whose leader's phone ends in the four figures; None for anything else."""
    rows = Case.objects.filter(number=number, submitted_at__isnull=False, filing__isnull=False)
    case = rows.select_related("division", "filing").first()
    leaders = list(case.filing.people.filter(role="leader")) if case else []
    phones = [filing_people.clear(row, "phone") for row in leaders]
    if case and not phones and case.filing.organization and case.filing.organization.leader:
        leader = case.filing.organization.leader
        phones = [unseal(leader.phone_sealed, row_uid=leader.uid, field="phone")]
    return case if any(phone.endswith(tail) for phone in phones if phone) else None


@transaction.atomic
def copy_filing(*, case, by):
    """A new draft with the facts, people and papers of a case that ended without success; returns its filing.

    Refuses a case that is open or was granted (ValidationError) and somebody who may not open such a matter
    (PermissionDenied), as any new draft.
    """
    if not may_be_copied(case):
        raise ValidationError(_("Only a case that ended without being granted can be copied."))
    old = case.filing
    applicant = case.parties.filter(user=None, role=CaseParty.Role.APPLICANT).values_list("name", flat=True).first()
    new = open_filing(
        kind=case.kind, by=by, division=case.division, organization=old.organization, applicant=applicant or ""
    )
    new.case = save_draft(filing=new, version=new.case.version, by=by, values=typed_values(old))
    for paper in case.attachments.current().openable():
        carry_over(paper, new.case, by)
    return new


def typed_values(filing):
    """Everything typed into a filing, people with their numbers in clear: only to be written sealed again."""
    values = dict(filing.data)
    people = filing_people.by_role(filing)
    for ask in MATTERS[filing.case.kind].asks:
        if ask.kind in PEOPLE:
            values[ask.key] = [
                {
                    "name": row.name,
                    "unit": row.is_unit,
                    **{key: filing_people.clear(row, key) for key in filing_people.NUMBERS},
                }
                for row in people[ask.kind]
            ]
    return values


def carry_over(paper, case, by):
    """The same bytes as a paper of another case: the first case keeps its own."""
    with paper.file.open("rb") as file:
        copy = ContentFile(file.read(), name=paper.name)
    attachments.store(case=case, slot=paper.slot, upload=copy, by=by, personal=paper.personal)
