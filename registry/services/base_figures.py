"""Base figures (年度底数) of divisions: stored for a year, checked against what is likely, in force until the next."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from casework import audit, policy
from registry.models import DivisionYear
from registry.services.division_moves import cover
from registry.services.guards import require_right, require_year
from registry.services.marks import mark

STORED = DivisionYear.FIGURES + DivisionYear.ABOUT
PARTS = (
    ("households", "population"),
    ("elderly", "population"),
    ("key_volunteers", "reg_volunteers"),
    ("active_volunteers", "reg_volunteers"),
    ("certified_staff", "staff"),
)


@transaction.atomic
def save_figures(*, division, year, figures, by, version=None, **about):
    """Store the figures given for a year (None empties one); the others stay. Returns (row, warnings in words).

    `about`: reporter, report_date, source, state. Refuses a year to come, a negative number, a stale `version`, and an
    actor without the right at the division. Warnings come from `warnings_of` and stop nothing.
    """
    require_year(year)
    row = division.years.select_for_update().filter(year=year).first()
    require_right(by, f"registry.{'change' if row else 'add'}_divisionyear", division)
    require_version(row, version)
    row = row or new_year(division, year)
    before = values_of(row)
    given = figures | about
    for name in given.keys() & set(STORED):
        setattr(row, name, given[name])
    row.clean_fields(exclude=["division"])
    row.version += 1 if row.pk else 0
    row.save()
    cover([division.pk], [year])
    mark([division.pk])
    old, new = audit.changes(before, values_of(row))
    if new:
        audit.record("save_base_figures", row, by=by, before=old, after={"year": year, **new})
    return row, warnings_of(row)


def require_version(row, version):
    if row and version is not None and row.version != version:
        raise ValidationError(_("These figures were changed after you opened them. Please look again."), code="stale")


def new_year(division, year):
    """An unsaved row linked into the chain of years: the year before ends where it begins, unless it ended earlier."""
    known = list(division.years.order_by("year").values_list("year", "next_year"))
    before = max((row for row in known if row[0] < year), default=(None, None))
    later = [row[0] for row in known if row[0] > year] + [before[1]] * bool(before[1] and before[1] > year)
    division.years.filter(year=before[0]).exclude(next_year__lt=year).update(next_year=year)
    return DivisionYear(division=division, year=year, next_year=min(later, default=None))


def values_of(row):
    return {name: getattr(row, name) for name in STORED}


def warnings_of(row):
    """What looks unlikely: parts above their whole, a jump since the year before, households of an urban community.

    The limits are policy values: figures.change_warning_percent, figures.households_usual (least and most).
    """
    return [*part_warnings(row), *jump_warnings(row), *household_warnings(row)]


def part_warnings(row):
    for part, whole in PARTS:
        few, many = getattr(row, part), getattr(row, whole)
        if few is not None and many is not None and few > many:
            words = {"part": label(part), "few": few, "whole": label(whole), "many": many}
            yield _("%(part)s (%(few)s) are more than %(whole)s (%(many)s).") % words


def jump_warnings(row):
    earlier = row.division.years.filter(year__lt=row.year).order_by("-year").first()
    limit = policy.value("figures.change_warning_percent", default=20, division=row.division)
    for name in ("population", "households") if earlier else ():
        old, new = getattr(earlier, name), getattr(row, name)
        if old and new is not None and abs(new - old) * 100 > limit * old:
            words = {"name": label(name), "old": old, "new": new, "year": earlier.year}
            yield _("%(name)s changed from %(old)s in %(year)s to %(new)s.") % words


def household_warnings(row):
    if row.division.kind != "urban" or row.households is None:
        return
    low, high = policy.value("figures.households_usual", default=(50, 3000), division=row.division)
    if not low <= row.households <= high:
        words = {"count": row.households, "low": low, "high": high}
        yield _("%(count)s households; an urban community usually has %(low)s to %(high)s.") % words


def label(name):
    return DivisionYear._meta.get_field(name).verbose_name
