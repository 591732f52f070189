"""What a change of divisions must satisfy before it is drafted, checked or applied."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import Division
from registry.models import DivisionChange

Kind, Level = DivisionChange.Kind, Division.Level
NEEDED = {
    Kind.RENAME: ("new_name",),
    Kind.RECODE: ("new_code",),
    Kind.TRANSFER: ("new_parent",),
    Kind.CLASS: ("new_kind",),
    Kind.CREATE: ("new_name", "new_code"),
}


def require_complete(change):
    """Refuses a change that lacks what its kind needs or does not fit the tree as it is."""
    for name in NEEDED.get(change.kind, ()):
        if not getattr(change, name):
            raise ValidationError({name: _("This kind of change needs it.")})
    if change.division.valid_to:
        raise ValidationError(_("%(place)s no longer exists.") % {"place": change.division})
    CHECKS.get(change.kind, accept)(change)
    require_free_codes(change)


def require_free_codes(change):
    """Refuses a code named twice, and one of a place in force that neither keeps it nor ends with the change."""
    lines = change_lines(change)
    codes = [code for code in (change.new_code, *(line.code for line in lines)) if code]
    if twice := next((code for code in codes if codes.count(code) > 1), None):
        raise ValidationError(_("The code %(code)s is named twice.") % {"code": twice})
    own = {line.division_id: line.code for line in lines}
    ending = set(own) if change.kind == Kind.MERGE else {change.division_id} - set(own)
    if change.kind not in (Kind.CREATE, Kind.SPLIT):
        own[change.division_id] = change.new_code
    for row in Division.objects.in_force().filter(code__in=codes):
        ends = row.pk in ending and change.kind in (Kind.MERGE, Kind.SPLIT)
        if not ends and own.get(row.pk) != row.code:
            raise ValidationError(
                _("The code %(code)s belongs to %(place)s.") % {"code": row.code, "place": row.full_name}
            )


def accept(_change):
    """Kinds without a rule of their own."""


def check_transfer(change):
    place, parent = change.division, change.new_parent
    if parent.valid_to or place.parent is None or parent.level != place.parent.level or parent == place.parent:
        raise ValidationError({"new_parent": _("Choose another division of the same level as the present one.")})


def check_class(change):
    if change.division.level != Level.COMMUNITY or change.new_kind not in Division.Kind.values:
        raise ValidationError({"new_kind": _("Only a community is urban or rural.")})


def check_create(change):
    if change.division.level == Level.COMMUNITY:
        raise ValidationError({"division": _("Choose the division above the new one.")})


def check_merge(change):
    gone = [line.division for line in change_lines(change)]
    fits = all(row and row.level == change.division.level and not row.valid_to for row in gone)
    if not gone or not fits or change.division in gone or change.division.level not in {Level.STREET, Level.COMMUNITY}:
        raise ValidationError(_("A merge needs other divisions of the same level that still exist."))


def check_split(change):
    parts = change_lines(change)
    whole = all(line.division == change.division if line.division else line.code and line.name for line in parts)
    if len(parts) < 2 or not whole or change.division.level != Level.COMMUNITY:
        raise ValidationError(_("A split of a community needs two or more parts with code and name."))


def check_abolish(change):
    if change.division.parent is None or change.division.children.in_force().exists():
        raise ValidationError(_("First place what lies below %(place)s elsewhere.") % {"place": change.division})


CHECKS = {
    Kind.TRANSFER: check_transfer,
    Kind.CLASS: check_class,
    Kind.CREATE: check_create,
    Kind.MERGE: check_merge,
    Kind.SPLIT: check_split,
    Kind.ABOLISH: check_abolish,
}


def change_lines(change):
    return list(change.lines.select_related("division").order_by("id"))


def places(change):
    """Every division that the change touches and that exists now."""
    rows = [change.division, change.new_parent, *(line.division for line in change_lines(change))]
    return list(dict.fromkeys(row for row in rows if row))
