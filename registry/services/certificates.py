"""Handing out certificates and plaques, replacing lost or outdated ones, taking them back."""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division, User
from casework import audit, notices, policy
from casework.documents.letters import render
from casework.short_codes import new_code
from registry.models import Certificate
from registry.models.organization import COUNTED
from registry.papers import certificate_data, renewed_before
from registry.services.guards import lock_organization, require_counted, require_past, require_right

RIGHT = "registry.issue_certificate"
MONTHS = 36
OUT = (Certificate.State.VALID, Certificate.State.LOST)
NUMBERED = (Certificate.Kind.FILING, Certificate.Kind.LISTING)


@transaction.atomic
def issue_certificate(*, organization, by, kind=Certificate.Kind.FILING, on=None, issued_by=None, valid_to=None):
    """Hands out a certificate or plaque and returns it; one that has run out, or soon does, is renewed by it.

    A certificate of filing or listing carries the organization's number and holds for the policy value
    `filing.valid_months` (domain 3.6, default 36), a plaque without end; `issued_by` is the street, else the district.
    Refuses an actor without registry.issue_certificate at the place, an organization that has ended or has no number
    yet, a day in the future, and a second valid paper of the kind.
    """
    current = lock_organization(organization)
    require_right(by, RIGHT, current)
    require_counted(current)
    on = on or timezone.localdate()
    require_past(on, "on")
    if kind in NUMBERED and not current.filing_no:
        raise ValidationError(_("Without a filing number there is nothing to certify. Please give the number first."))
    begins = retire_outdated(current, kind, on, renewed_before(current.district, on))
    certificate = hand_out(
        current,
        kind,
        on,
        issued_by=issued_by or office_of(current.division),
        valid_to=valid_to or (last_day(current, begins) if kind in NUMBERED else None),
    )
    record("issue_certificate", certificate, by=by)
    return certificate


@transaction.atomic
def renew_certificate(*, organization, until, by):
    """Gives the certificate that runs out by the day its next years, from the day after its last; returns the new one.

    None where no such certificate is out or the organization has ended. Refuses an actor without the right.
    """
    current = lock_organization(organization)
    old = current.certificates.valid().filter(kind__in=NUMBERED, valid_to__lte=until).first()
    if old is None or current.state not in COUNTED:
        return None
    require_right(by, RIGHT, current)
    on = timezone.localdate()
    last = last_day(current, retire_outdated(current, old.kind, on, until + timedelta(days=1)))
    new = hand_out(current, old.kind, on, issued_by=signer(old, current), valid_to=last)
    record("issue_certificate", new, by=by)
    return new


def remind(place, today=None):
    """The nightly round of a district: whoever acts for an organization hears once that its certificate runs out soon,
    and once that it has. Running twice tells nothing new.
    """
    today, told = today or timezone.localdate(), 0
    rows = Certificate.objects.running_out(renewed_before(place, today)).filter(organization__district=place)
    for row in rows.select_related("organization").prefetch_related("organization__accounts"):
        code = "certificate_over" if row.valid_to < today else "certificate_soon"
        params = {"name": row.organization.name, "due": row.valid_to.isoformat()}
        for account in row.organization.accounts.all():
            if account.ends is None:
                notices.tell(account.user_id, code, params=params, key=f"{code}:{row.pk}")
                told += 1
    return told


def hand_out(organization, kind, on, **given):
    number = organization.filing_no or organization.uscc
    return Certificate.objects.create(
        organization=organization, kind=kind, number=number, code=new_code(), issued_on=on, **given
    )


def retire_outdated(organization, kind, on, before):
    """Closes the paper of the kind whose last day lies before `before`; returns the day the years of a new one begin.

    Refuses while one holds longer.
    """
    present = organization.certificates.valid().filter(kind=kind).first()
    if present is None:
        return on
    if present.valid_to is None or present.valid_to >= before:
        raise ValidationError(
            _("A valid one is out already (%(number)s). Please replace that one.") % {"number": present.number},
            code="out",
        )
    retire(present, Certificate.State.REPLACED, on, _("Run out") if present.valid_to < on else _("Renewed"))
    return max(on, present.valid_to + timedelta(days=1))


def office_of(division):
    """The street or town the division lies in, else its district."""
    ancestors = Division.objects.filter(pk__in=division.ancestor_ids)
    offices = {row.level: row for row in ancestors}
    return offices.get(Division.Level.STREET) or offices[Division.Level.DISTRICT]


def last_day(organization, on):
    months = policy.value("filing.valid_months", default=MONTHS, division=organization.district, on=on)
    return months_later(on, months) - timedelta(days=1)


def months_later(day, months):
    """The same day some months on; a day that month does not have becomes one of the next month."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1) + timedelta(days=day.day - 1)


@transaction.atomic
def replace_certificate(*, certificate, reason, by, lost=False, on=None):
    """Puts a new paper with a new code in the place of one that is out or lost; returns the new one.

    A copy for a lost one (补) counts one more; a new one for another reason (换) does not. Number and last day stay,
    and who signs it, unless that office is no longer the organization's.
    The old code answers at once that its paper no longer counts. Refuses what `issue_certificate` refuses, a paper
    that has run out or was replaced or handed back, and an empty reason.
    """
    current = lock_organization(certificate.organization)
    old = lock_certificate(certificate, OUT, by, reason)
    require_counted(current)
    on = on or timezone.localdate()
    require_running(old, on)
    lost = lost or old.state == Certificate.State.LOST
    if old.state == Certificate.State.LOST:
        retire_outdated(current, old.kind, on, before=on)
    else:
        retire(old, Certificate.State.LOST if lost else Certificate.State.REPLACED, on, reason)
    kept = {"issued_by": signer(old, current), "valid_to": old.valid_to, "copy_no": old.copy_no + lost}
    new = hand_out(current, old.kind, on, **kept)
    record("replace_certificate", new, by=by, note=reason.strip())
    return new


def signer(old, organization):
    """The office that signed the old paper while the organization still lies below it, else the present one."""
    office = old.issued_by
    stays = office.valid_to is None and organization.division_path.startswith(office.path)
    return office if stays else office_of(organization.division)


def require_running(certificate, on):
    """Refuses a future day, and a paper that has run out: that one is issued anew, for new years."""
    require_past(on, "on")
    if certificate.valid_to is not None and certificate.valid_to < on:
        raise ValidationError(
            _("It ran out on %(day)s. Please issue a new one.") % {"day": certificate.valid_to}, code="run_out"
        )


@transaction.atomic
def report_lost_certificate(*, certificate, reason, by, on=None):
    """Writes down that a paper is lost: its code says so from now on. A new one may follow later. Returns it."""
    return give_up(certificate, Certificate.State.LOST, "report_lost_certificate", reason=reason, by=by, on=on)


@transaction.atomic
def return_certificate(*, certificate, reason, by, on=None):
    """Writes down that a paper was handed back, also by an organization that has ended. Returns it."""
    return give_up(certificate, Certificate.State.RETURNED, "return_certificate", reason=reason, by=by, on=on)


@transaction.atomic
def print_certificate(*, certificate, by, base=""):
    """The paper as PDF, with the leader's full name: each printing is an event. `base` is the portal's address.

    Refuses an actor who neither has the right at its place nor acts for the organization, and a paper that no longer
    counts.
    """
    if not (isinstance(by, User) and certificate.organization.accounts.filter(user=by, ends=None).exists()):
        require_right(by, RIGHT, certificate.organization)
    if certificate.state != Certificate.State.VALID:
        raise ValidationError(
            _("This one is no longer out: %(state)s.") % {"state": certificate.get_state_display()}, code="state"
        )
    record("print_certificate", certificate, by=by)
    return render("certificate", certificate_data(certificate, base))


def give_up(certificate, state, action, *, reason, by, on):
    lock_organization(certificate.organization)
    sources = set(OUT) - {state}
    current = lock_certificate(certificate, sources, by, reason)
    on = on or timezone.localdate()
    require_past(on, "on")
    retire(current, state, on, reason)
    record(action, current, by=by, note=reason.strip())
    return current


def lock_certificate(certificate, states, by, reason):
    """The row as stored now; refuses without the right at its place, in another state, or without a reason."""
    current = Certificate.objects.select_for_update(of=("self",)).select_related("organization", "issued_by")
    current = current.get(pk=certificate.pk)
    require_right(by, RIGHT, current.organization)
    if current.state not in states:
        raise ValidationError(
            _("This one is no longer out: %(state)s.") % {"state": current.get_state_display()}, code="state"
        )
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("Please give the reason.")})
    return current


def retire(certificate, state, on, reason):
    if on < certificate.issued_on:
        raise ValidationError(
            {"on": _("It was issued on %(day)s. Please give that day or a later one.") % {"day": certificate.issued_on}}
        )
    certificate.state, certificate.ended_on, certificate.reason = state, on, reason.strip()
    certificate.save(update_fields=["state", "ended_on", "reason"])


def record(action, certificate, *, by, note=""):
    """The event belongs to the organization's history; the code stays out of it."""
    after = {
        "certificate": str(certificate),
        "certificate_state": certificate.state,
        "copy_no": certificate.copy_no,
        "valid_to": certificate.valid_to,
    }
    audit.record(action, certificate.organization, by=by, after=after, note=note)
