"""The dated standing of an organization: tier, state, division and type from a day on, and its end."""

from copy import copy
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.models import AuditEvent
from registry.models import OrganizationPeriod
from registry.models.organization import COUNTED, State
from registry.models.scheme import Tier
from registry.naming import name_key
from registry.services.guards import (
    END,
    district_of,
    is_decided,
    lock_organization,
    locked_facts,
    require_counted,
    require_free_filing_no,
    require_home,
    require_no_case_needed,
    require_past,
    require_right,
)
from registry.services.organizations import (
    DuplicateFoundError,
    describe,
    look_alikes,
    require_credit_code,
    require_main_type,
    save_change,
)

EXITS = (State.CANCELLED, State.REVOKED, State.MERGED)
# The cause of a period at the division above, until the organization is placed (see registry.services.placing).
WAITS = "to_place"
STANDING = ("tier", "state", "division", "type")


def first_periods(*, founded, state, year, today=None):
    """[(state, starts, ends)] of an organization first met in the survey of `year` (no query).

    It counts from its founding (unknown: 1 January of the survey year). A state other than active holds from the end of
    the survey year, or from today when that is still to come; before that day the organization was active.
    """
    today = today or timezone.localdate()
    starts = founded or date(year, 1, 1)
    since = min(date(year, 12, 31), today)
    if state == State.ACTIVE or starts >= since:
        return [(state, starts, None)]
    return [(State.ACTIVE, starts, since), (state, since, None)]


@transaction.atomic
def change_standing(*, organization, version, effective, by, note="", cause="change", case=None, **standing):
    """Changes tier, state, division or type from `effective` on; earlier days keep what they were. Returns the record.

    A change on the day the open period began corrects that period. Refuses a stale version, an ended organization, a
    day in the future or before the open period, an exit state (see `end_organization`), a type outside the district's
    scheme, a district that has the filing number already, a place where the actor has no right, before or after, and
    without the decided `case` a registered body without credit code, and another tier or home for a registered or filed
    organization (`locked_facts`).
    """
    current = lock_organization(organization, version)
    require_counted(current)
    require_past(effective, "effective")
    require_right(by, "registry.change_organization", current)
    before, place, district = describe(current), current.division_id, current.district_id
    locked, changed = locked_facts(current, case), assign_standing(current, standing)
    if not changed:
        return current
    require_no_case_needed(locked, changed)
    if current.state not in COUNTED:
        raise ValidationError({"state": _("To end an organization, use its own page.")})
    if current.district_id != district:
        require_right(by, "registry.change_organization", current)
        require_free_filing_no(current, by)
    turn_period(current, effective, cause)
    if "tier" in changed and case is None:
        require_credit_code(current)
    return save_change("change_standing", current, before, by=by, note=note, places=[place])


@transaction.atomic
def resume_organization(*, organization, version, effective, by, cause, case, **standing):
    """A registered organization that ended goes on today as what the decided `case` makes it: same record, new period.

    Returns the record. Refuses a stale version, and one that is in force or was merged into another.
    """
    current = lock_organization(organization, version)
    if current.state in COUNTED or current.successor_id or current.tier != Tier.REGISTERED:
        raise ValidationError(_("%(name)s cannot go on as a team.") % {"name": current})
    before, place = describe(current), current.division_id
    current.ended = None
    assign_standing(current, {**standing, "state": State.ACTIVE})
    turn_period(current, effective, cause)
    return save_change("change_standing", current, before, by=by, note=case.number, places=[place])


def assign_standing(organization, standing):
    """Sets the given values that differ on the unsaved record; returns the names of those that did."""
    changed = {name for name, value in standing.items() if value is not None and getattr(organization, name) != value}
    for name in changed:
        setattr(organization, name, standing[name])
    if "division" in changed:
        require_home(organization.division)
        organization.division_path = organization.division.path
        organization.district = district_of(organization.division)
        organization.name_key = name_key(organization.name, division=organization.division)
    if changed & {"division", "type"}:
        require_main_type(organization)
    return changed


def turn_period(organization, effective, cause):
    """Closes the open period on the day and opens the next with the record's standing; after an end none is open."""
    period = organization.periods.select_for_update().filter(ends=None).first()
    if period and effective < period.starts:
        raise ValidationError({"effective": too_early(period)})
    if period:
        bring_history(organization, period.division_id)
    if period and effective > period.starts:
        period.ends = effective
        period.save(update_fields=["ends"])
    if period is None or period.ends:
        period = OrganizationPeriod(organization=organization, starts=effective)
    for name in STANDING:
        setattr(period, name, getattr(organization, name))
    period.division_now, period.cause = organization.division, cause
    period.save()


def bring_history(organization, left):
    """What a change of divisions left waiting with the organization at the place it leaves lies today at its home."""
    waited = organization.periods.filter(cause=WAITS, division=left)
    if organization.division_id != left and waited.exists():
        older = organization.periods.filter(division_now=left).exclude(division=left)
        older.update(division_now=organization.division_id)


def date_back(organization, effective):
    """The tier held from a day before the present standing began: the periods since then have it too.

    One that was running on the day is cut there; nothing reaches back before the first.
    """
    since = organization.periods.select_for_update()
    if running := since.filter(starts__lt=effective, ends__gt=effective).first():
        rest = copy(running)
        rest.pk, rest.starts = None, effective
        running.ends = effective
        running.save(update_fields=["ends"])
        rest.save(force_insert=True)
    since.filter(starts__gte=effective).update(tier=organization.tier)


@transaction.atomic
def end_organization(*, organization, version, state, on, reason, by, case=None):
    """Ends an organization (cancelled, revoked, merged) on a day: from then it is counted nowhere. Returns the record.

    Its open functions, classifications, accounts and memberships end with it. Refuses a stale version, one that has
    ended, a future day, a day before its present standing began, an empty reason, and without the decided `case` a
    registered or filed organization.
    """
    current = lock_organization(organization, version)
    require_counted(current)
    require_no_case_needed(locked_facts(current, case), {END})
    require_past(on, "on")
    if state not in EXITS:
        raise ValidationError({"state": _("Please choose how the organization ended.")})
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("Please give the reason.")})
    before = describe(current)
    close_period(current, on, state)
    close_dated(current, on)
    current.state, current.ended = state, on
    return save_change("end", current, before, by=by, note=reason.strip())


def close_period(organization, on, state):
    """Closes the open period on the day; one that began that very day counted for none: it is the ended one itself."""
    period = organization.periods.select_for_update().get(ends=None)
    if on < period.starts:
        raise ValidationError({"on": too_early(period)})
    if on == period.starts:
        period.state = state
    else:
        period.ends = on
    period.save(update_fields=["state", "ends"])


def require_begun(organization, day, field):
    """Refuses a day before the present standing began, or still to come."""
    require_past(day, field)
    period = organization.periods.filter(ends=None, starts__gt=day).first()
    if period:
        raise ValidationError({field: too_early(period)})


def too_early(period):
    return _("The present standing began on %(day)s. Please give that day or a later one.") % {"day": period.starts}


def close_dated(organization, on):
    """Ends what is still open with the organization; what had not begun by the day never was."""
    organization.flags.filter(ends=None, starts=on).delete()  # a function holds for a day at least
    for rows in dated(organization):
        rows.filter(ends=None, starts__gt=on).delete()
        rows.filter(ends=None).update(ends=on)


def dated(organization):
    return organization.flags, organization.classifications, organization.accounts, organization.memberships


@transaction.atomic
def reopen_organization(*, organization, version, by, reason):
    """Takes back an end entered by mistake: the last period and what ended that day are open again, the state what
    it was, and no successor follows it. A function that began on the day of the end is to be given again.

    The end of a registered or filed one was decided: taking it back needs casework.supervise_case at its place. Refuses
    (DuplicateFoundError) one that is in the register again under another record.
    """
    current = lock_organization(organization, version)
    if is_decided(current):
        require_right(by, "casework.supervise_case", current)
    if current.state in COUNTED:
        raise ValidationError(_("This organization has not ended."))
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("Please give the reason.")})
    if again := [match for match in look_alikes(current) if match.sure]:
        raise DuplicateFoundError(again)
    before = describe(current)
    period = current.periods.order_by("-starts").first()
    for rows in dated(current):
        rows.filter(ends=current.ended).update(ends=None)
    period.state, period.ends = state_in_force(current, period), None
    period.save(update_fields=["state", "ends"])
    current.state, current.ended, current.successor = period.state, None, None
    return save_change("reopen", current, before, by=by, note=reason.strip())


def state_in_force(organization, period):
    """The state of the period; of one that is the end itself, what the trail says was there before, else active."""
    if period.state in COUNTED:
        return period.state
    end = AuditEvent.objects.about(organization).filter(action="end").first()
    return end.before["state"] if end else State.ACTIVE
