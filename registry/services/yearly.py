"""What organizations report for a year, and which year's figures are in force."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from casework import audit
from registry.models import OrganizationYear
from registry.services.guards import lock_organization, raise_version, require_right, require_year
from registry.services.marks import mark

# What party-work officers state of an organization, and all of it; whoever edits organizations may state both.
PARTY = ("party_members", "party_org", "party_form")
STATE = "registry.change_organizationyear"
CHANGE = "registry.change_organization"
PARTS = (("party_members", "members"), ("certified", "fulltime"))


@transaction.atomic
def save_year_figures(*, organization, year, figures, by, version=None, note=""):
    """Stores the figures given for a year (None empties one); the others stay. Returns the row.

    Refuses a `version` that is not the organization's any more (StaleRecordError), a future year and a part larger
    than its whole (party members over members, certified over full-time staff). Of figures that are all about the
    party, `STATE` is right enough; a year they open goes on with the other figures in force.
    """
    current = lock_organization(organization, version)
    party = figures.keys() <= set(PARTY)
    last = current.years.filter(year__lte=year).order_by("-year").first() if party else None
    row, before = write_figures(current, year, values_of(last) | figures if last else figures)
    mark([current.division_id])
    require_right(by, STATE if party else CHANGE, current)
    old, new = audit.changes(before, values_of(row))
    if new:
        raise_version(current)
        audit.record(
            "save_year_figures",
            current,
            by=by,
            before=old,
            after={"year": year, "version": current.version, **new},
            note=note,
        )
    return row


def write_figures(organization, year, figures):
    """(row, values before) after writing; keeps `next_year` of the neighbouring years. The caller audits and marks."""
    require_year(year)
    row = organization.years.filter(year=year).first() or new_year(organization, year)
    before = values_of(row)
    for name in OrganizationYear.FIGURES:
        if name in figures:
            setattr(row, name, "" if name == "party_form" and figures[name] is None else figures[name])
    require_parts(row)
    row.clean_fields(exclude=["organization"])
    row.save()
    return row, before


def new_year(organization, year):
    """An unsaved row linked into the chain of years: the year before ends where it begins."""
    years = list(organization.years.order_by("year").values_list("year", flat=True))
    organization.years.filter(year=max((y for y in years if y < year), default=None)).update(next_year=year)
    following = min((y for y in years if y > year), default=None)
    return OrganizationYear(organization=organization, year=year, next_year=following)


def require_parts(row):
    for part, whole in PARTS:
        few, many = getattr(row, part), getattr(row, whole)
        if few is not None and many is not None and few > many:
            label = OrganizationYear._meta.get_field(whole).verbose_name
            raise ValidationError({part: _("More than the %(whole)s (%(count)s).") % {"whole": label, "count": many}})


def values_of(row):
    return {name: getattr(row, name) for name in OrganizationYear.FIGURES}
