"""What a write of an organization must satisfy before anything else: the right, the place, the version, the dates."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division, User
from casework.models import AuditEvent
from registry.models import Organization
from registry.models.organization import COUNTED
from registry.models.scheme import Tier

FIRST_YEAR = 1990
FILED_TIERS = (Tier.TEAM, Tier.GROUP)
# What a filing, listing or registration vouches for, beside the end of the organization.
SENSITIVE = ("name", "uscc", "filing_no", "leader", "place", "purpose", "tier", "division")
END = "ended"


class StaleRecordError(ValidationError):
    """Somebody saved the record after the page was opened: `changed` holds their values by field, `actor` says who."""

    def __init__(self, changed, actor):
        self.changed, self.actor = changed, actor
        super().__init__(
            _("%(actor)s saved this record after you opened it. Please look at it again before you save.")
            % {"actor": actor or _("Somebody")},
            code="stale",
        )


def require_right(by, permission, target):
    """Refuses (PermissionDenied) an actor without the right at the place the target is now.

    Called after the write, inside its transaction, so that nothing can be moved out of, or into, a place the actor has
    no right at. A plain name ("system", a command) is trusted: it comes from code, never from a request.
    """
    if isinstance(by, User) and not by.has_perm(permission, target):
        raise PermissionDenied


def lock_organization(organization, version=None):
    """The row as stored now, locked until the transaction ends; StaleRecordError when `version` is not its version."""
    current = (
        Organization.objects.select_for_update(of=("self",))
        .select_related("division", "district", "type__scheme", "leader")
        .get(pk=organization.pk)
    )
    if version is not None and version != current.version:
        raise StaleRecordError(*since(current, version))
    return current


def since(organization, version):
    """({field: value now}, who saved last) of every change after that version."""
    events = AuditEvent.objects.about(organization).filter(after__version__gt=version).order_by("id")
    changed, actor = {}, ""
    for event in events:
        changed.update({name: value for name, value in event.after.items() if name != "version"})
        actor = event.actor
    return changed, actor


def require_counted(organization):
    """Refuses a change of an organization that has ended."""
    if organization.state not in COUNTED:
        raise ValidationError(_("This organization has ended. Its record is kept as it was."), code="ended")


def is_filed(organization):
    """Whether a filing or listing stands behind the record: a team or group with its number."""
    return organization.tier in FILED_TIERS and bool(organization.filing_no)


def is_decided(organization):
    """Whether an authority's decision stands behind the record: it is registered, filed or listed."""
    return organization.tier == Tier.REGISTERED or is_filed(organization)


def locked_facts(organization, case=None):
    """Names of the facts nobody changes directly, for a registered or filed organization: what is known, and its end.

    They change only by a decided case, which passes itself as `case` and locks nothing. What is still unknown may be
    filled in. Of teams and groups met in a survey, without a number, nothing is locked
    (docs/adr/0013-sensitive-facts.md).
    """
    if case is not None or not is_decided(organization):
        return frozenset()
    return frozenset({END, *(name for name in SENSITIVE if getattr(organization, name))})


def require_no_case_needed(locked, changed):
    """Refuses a direct change of locked facts, each by its field; `changed` are the names of what would change."""
    if refused := locked & set(changed):
        sentence = _("This changes only through a case that is decided. Please open the matter from the record.")
        raise ValidationError({name: ValidationError(sentence, code="by_case") for name in sorted(refused)})


def require_past(day, field):
    """Refuses a date after today (Shanghai)."""
    if day > timezone.localdate():
        raise ValidationError({field: _("The date lies in the future.")})


def require_free_filing_no(organization, by):
    """Refuses a district where another organization has the same filing number; names it when the actor may see it."""
    others = Organization.objects.filter(district=organization.district, filing_no=organization.filing_no)
    other = others.exclude(pk=organization.pk).first() if organization.filing_no else None
    if other:
        raise ValidationError({"division": twice(organization.filing_no, organization.district, [other.pk], by)})


def twice(number, district, organizations, by):
    """The sentence on a filing number that would stand twice in a district; only what the actor may see is named."""
    rows = Organization.objects.filter(pk__in=organizations)
    names = rows.visible_to(by).order_by("name").values_list("name", flat=True) if isinstance(by, User) else ()
    words = {"number": number, "district": district, "names": "、".join(names)}
    if names:
        return _("The filing number %(number)s would stand twice in %(district)s; %(names)s has it.") % words
    return _("The filing number %(number)s would stand twice in %(district)s. Please correct it first.") % words


def raise_version(organization):
    """What hangs on a locked record changed: pages opened before are stale, and an import that wrote it stays."""
    organization.version += 1
    organization.save(update_fields=["version", "updated_at"])


def require_year(year):
    """Refuses a year of figures before 1990 or still to come (Shanghai)."""
    if not FIRST_YEAR <= year <= timezone.localdate().year:
        raise ValidationError({"year": _("Please give a year between %(first)s and now.") % {"first": FIRST_YEAR}})


def require_home(division):
    """Refuses a division no organization can be homed in: above a district, a placeholder, or not in force any more."""
    homes = (Division.Level.DISTRICT, Division.Level.STREET, Division.Level.COMMUNITY)
    if division.level not in homes or division.virtual or division.valid_to is not None:
        raise ValidationError({"division": _("Please choose a community, street or district in force today.")})


def district_of(division):
    """The district the division lies in (itself for a district), with one query."""
    return Division.objects.get(pk__in=division.ancestor_ids, level=Division.Level.DISTRICT)


def lock_district(division):
    """The district the division lies in; until the transaction ends nobody else registers an organization there.

    Two records of one name cannot arise side by side: the second looks for look-alikes after the first is stored.
    """
    rows = Division.objects.select_for_update(no_key=True)
    return rows.get(pk__in=division.ancestor_ids, level=Division.Level.DISTRICT)
