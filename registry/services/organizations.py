"""Registering an organization and correcting its details; standing, functions and figures have their own services."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import audit
from casework.sealing import mask_name
from registry import duplicates
from registry.models import DistinctPair, Organization, OrganizationPeriod
from registry.models.scheme import Tier
from registry.naming import name_key
from registry.schemes import main_scheme
from registry.services.flags import open_flags
from registry.services.guards import (
    lock_district,
    lock_organization,
    locked_facts,
    require_counted,
    require_home,
    require_no_case_needed,
    require_past,
    require_right,
)
from registry.services.marks import mark
from registry.services.people import (
    clear,
    forget_if_unused,
    is_another,
    known_otherwise,
    masked,
    person_for,
    with_numbers,
)
from registry.services.yearly import write_figures

DETAILS = (
    "name",
    "legal_form",
    "uscc",
    "filing_no",
    "founded",
    "purpose",
    "place",
    "place_area",
    "targets",
    "fields",
    "fund_sources",
    "rating",
    "volunteer_system_id",
    "remark",
)
STANDING = ("tier", "state", "ended")
IDENTITY = {"name", "uscc", "filing_no"}
NUMBERS = ("uscc", "filing_no")


class DuplicateFoundError(ValidationError):
    """The register holds an organization that is or may be the same; `matches` are registry.duplicates.Match."""

    def __init__(self, matches):
        self.matches = matches
        super().__init__(_("The register already holds an organization that looks like this one."), code="duplicate")


def describe(organization):
    """The record as plain values for the audit trail, personal data masked."""
    leader = masked(organization.leader)
    return {
        **{name: getattr(organization, name) for name in (*DETAILS, *STANDING)},
        "division": organization.division.full_name,
        "type": organization.type.name,
        "leader": leader["name"],
        "phone": leader["phone"],
        "id_number": leader["id"],
    }


@transaction.atomic
def create_organization(
    *,
    by,
    name,
    tier,
    division,
    type,  # noqa: A002 - the field's own name
    leader=None,
    flags=(),
    figures=None,
    year=None,
    distinct=None,
    source=Organization.Source.WEB,
    **details,
):
    """Registers an organization with its first period, functions and figures; returns it.

    `leader` is {"name", "phone", "id_number"}, `figures` the values of OrganizationYear for `year`. Refuses a division
    nobody can be homed in, a type of another scheme than the district's main one, a founding date in the future, a
    credit code or filing number already in the register, and (DuplicateFoundError) a name that is or may be there,
    unless `distinct` = {organization id: reason} says why each is another one; a registered one without its credit code
    is refused too (a survey may still lack it: imports warn). Standing counts from the
    founding date, or today when that is unknown.
    """
    require_home(division)
    organization = Organization(tier=tier, division=division, division_path=division.path, type=type, source=source)
    organization.district = lock_district(division)
    require_main_type(organization)
    assign(organization, {"name": name, **details})
    require_credit_code(organization)
    refuse_duplicates(organization, leader or {}, distinct or {})
    require_one_name(leader or {})
    organization.leader = person_for(**leader) if leader else None
    store(organization)
    open_flags(organization, flags, open_first_period(organization))
    remember_distinct(organization, distinct or {}, by)
    if figures:
        write_figures(organization, year, figures)
    mark([division.pk])
    require_right(by, "registry.add_organization", organization)
    audit.record("create", organization, by=by, after={**describe(organization), "version": organization.version})
    return organization


def open_first_period(organization):
    """The period a new organization begins with; returns its first day: founded, or today when that is unknown."""
    period = OrganizationPeriod(organization=organization, cause="first")
    period.starts = organization.founded or timezone.localdate()
    period.division_now = organization.division
    for name in ("tier", "state", "division", "type"):
        setattr(period, name, getattr(organization, name))
    period.save()
    return period.starts


@transaction.atomic
def edit_organization(*, organization, version, by, leader=None, distinct=None, note="", case=None, **details):
    """Corrects details of a record; returns it as stored.

    Only what is given changes. `leader` {"name", "phone", "id_number"} replaces the leader; an empty phone or ID number
    keeps the known one of a leader of the same name. Refuses (StaleRecordError) a version that is not the record's, an
    ended organization, duplicates as `create_organization` does, and without the decided `case` a change of what a
    filing or registration vouches for (`locked_facts`). Tier, state, division and type change by `change_standing`.
    """
    current = lock_organization(organization, version)
    require_counted(current)
    before, old_leader, locked = describe(current), current.leader, locked_facts(current, case)
    old_phone = getattr(old_leader, "phone_hash", "")
    changed = assign(current, details)
    other_leader = {"leader"} if leader is not None and is_another(old_leader, leader) else set()
    require_no_case_needed(locked, changed | other_leader)
    if "uscc" in changed:
        require_credit_code(current)
    old_name = getattr(old_leader, "name", "")
    if leader is not None:
        require_one_name(leader, old_leader)
        current.leader = new_leader(current.leader, leader)
    if changed & IDENTITY:
        refuse_duplicates(current, leader or {}, distinct or {})
        remember_distinct(current, distinct or {}, by)
    places = [move_first_period(current)] if "founded" in changed else ()
    now = (getattr(current.leader, "phone_hash", ""), getattr(current.leader, "name", ""))
    same_leader = current.leader == old_leader and now == (old_phone, old_name)
    if describe(current) == before and same_leader:
        return current
    return save_change("edit", current, before, by=by, note=note, old_leader=old_leader, places=places)


def save_change(action, current, before, *, by, note="", old_leader=None, places=()):
    """Stores a changed record: next version, marks, right at its place now, audit event with the changed values."""
    current.version += 1
    store(current)
    if old_leader is not None and old_leader != current.leader:
        forget_if_unused(old_leader)
    mark([current.division_id, *places])
    require_right(by, "registry.change_organization", current)
    old, new = audit.changes(before, describe(current))
    audit.record(action, current, by=by, before=old, after={**new, "version": current.version}, note=note)
    return current


def assign(organization, details):
    """Sets details on the unsaved record, checks them, and returns the names of those that changed."""
    unknown = set(details) - {*DETAILS, "state"}
    if unknown:
        raise TypeError(f"No such details of an organization: {sorted(unknown)}")
    changed = {name for name, value in details.items() if getattr(organization, name) != value}
    for name in changed:
        setattr(organization, name, details[name])
    organization.name_key = name_key(organization.name, division=organization.division)
    if organization.founded and "founded" in changed:
        require_past(organization.founded, "founded")
    organization.clean_fields(exclude=["leader", "division", "district", "type"])
    return changed


def require_credit_code(organization):
    """Refuses a registered organization without the credit code its registration gave it."""
    if organization.tier == Tier.REGISTERED and not organization.uscc:
        raise ValidationError({"uscc": _("A registered organization has a credit code. Please give it.")})


def require_main_type(organization):
    """Refuses a type outside the main scheme of the organization's district (other schemes: `classify`)."""
    if organization.type.scheme_id != getattr(main_scheme(organization.district), "pk", None):
        raise ValidationError({"type": _("Please choose a type of the scheme this district uses.")})


def refuse_duplicates(organization, leader, distinct):
    """Raises DuplicateFoundError for matches `distinct` does not explain; a number already taken has no explanation."""
    found = look_alikes(organization, leader.get("phone", ""))
    open_ = [match for match in found if match.how in NUMBERS or match.id not in distinct]
    if open_:
        raise DuplicateFoundError(open_)


def look_alikes(organization, phone=""):
    """What the register holds that is or may be the same as the record: registry.duplicates.Match."""
    return duplicates.find(
        name=organization.name,
        division=organization.division,
        district_id=organization.district_id,
        uscc=organization.uscc,
        filing_no=organization.filing_no,
        tier=organization.tier,
        phone=phone,
        organization=organization if organization.pk else None,
    )


def remember_distinct(organization, distinct, by):
    """Keeps why these organizations are not the same, so that nobody is asked again."""
    DistinctPair.objects.bulk_create(
        (
            DistinctPair(
                first_id=min(other, organization.pk),
                second_id=max(other, organization.pk),
                reason=reason,
                actor=getattr(by, "username", by),
            )
            for other, reason in distinct.items()
        ),
        ignore_conflicts=True,
    )


def store(organization):
    """Saves the record; a number somebody else took a moment ago is an ordinary refusal, not a server error."""
    try:
        with transaction.atomic():
            organization.save()
    except IntegrityError as error:
        raise ValidationError(
            _("The credit code or filing number was registered a moment ago. Please search for it.")
        ) from error


def require_one_name(given, old=None):
    """Refuses an ID number the register knows under another name, unless this is the spelling of `old` being mended."""
    other = known_otherwise(given)
    if other is None or (other == old and may_be_renamed(old)):
        return
    name = {"name": mask_name(other.name)}
    raise ValidationError(
        {
            "leader": _("This ID number belongs to %(name)s in the register. Please check the name and the number.")
            % name
        }
    )


def may_be_renamed(person):
    """A name is mended in place where it stands on one record only."""
    return person.led.count() == 1


def new_leader(old, given):
    """The person after an edit: the same with what was typed anew, or another one.

    An empty phone keeps the known one as long as the name stays. The same ID number with another spelling of the name
    is the same person.
    """
    phone, id_number = given.get("phone") or "", given.get("id_number") or ""
    name = given.get("name", "")
    if old is not None and known_otherwise(given) == old and may_be_renamed(old):
        old.name = name
        old.save(update_fields=["name"])
    if old is not None and not is_another(old, given):
        return with_numbers(old, phone=phone, id_number=id_number)
    kept = clear(old, "phone") if old is not None and old.name == name else ""
    return person_for(name=name, phone=phone or kept, id_number=id_number)


def move_first_period(organization):
    """A corrected founding date moves the start of the first period with it, as long as that stays before its end.

    Returns where that period lies today: there the founding is counted.
    """
    first = organization.periods.order_by("starts").first()
    if organization.founded is None or first.starts == organization.founded:
        return first.division_now_id
    if first.ends is not None and organization.founded >= first.ends:
        raise ValidationError({"founded": _("The record already changed on %(day)s.") % {"day": first.ends}})
    first.starts = organization.founded
    first.save(update_fields=["starts"])
    return first.division_now_id
