"""What a change of divisions will do, in numbers and in pairs of old and new: read before it is checked or applied."""

from django.db.models import Q
from django.utils import timezone

from accounts.models import Assignment, Division
from accounts.models.division import in_paths
from casework.models import AuditEvent, Case
from registry.models import DivisionChange, DivisionYear, Organization
from registry.place_names import short_name
from registry.services.division_checks import change_lines

Kind = DivisionChange.Kind


def touched(change):
    """The divisions whose people and organizations the change moves or renames."""
    if change.kind == Kind.CREATE:
        return []
    if change.kind == Kind.MERGE:
        return [line.division for line in change_lines(change)]
    return [change.division]


def effect(change):
    """Numbers of what the change carries along: communities, organizations in force, people, base figures, open cases.

    Base figures are the rows in force: they add up in a merger, end with a split, and follow otherwise.
    """
    paths = [place.path for place in touched(change)]
    below = in_paths("division__path", paths)
    today = timezone.localdate()
    return {
        "communities": Division.objects.communities().filter(in_paths("path", paths)).count(),
        "organizations": Organization.objects.filter(in_paths("division_path", paths)).in_force().count(),
        "people": Assignment.objects.filter(below).exclude(ends__lte=today).values("user").distinct().count(),
        "figures": DivisionYear.objects.filter(below, Q(next_year=None)).count(),
        "cases": Case.objects.filter(in_paths("division_path", paths)).open().count(),
    }


def faces(change):
    """([what was], [what will be]): name, code and kind of every division in the change, in the words of the day.

    Once it is applied both are what the trail noted then.
    """
    if change.state == DivisionChange.State.APPLIED:
        return noted(change)
    lines = change_lines(change)
    was = [] if change.kind == Kind.CREATE else [change.division, *(line.division for line in lines)]
    return [face(row) for row in dict.fromkeys(was) if row], to_be(change, lines)


def applied(change):
    """The event in the trail that tells what was done."""
    return AuditEvent.objects.about(change).get(action="division_change.apply")


def twins(change):
    """[{uid, name}] of the organizations of one name a merger brought together: are they one? Somebody decides."""
    return applied(change).after.get("same_names", []) if change.state == DivisionChange.State.APPLIED else []


def noted(change):
    event = applied(change)
    was, after = ([in_words(row) for row in told["divisions"]] for told in (event.before, event.after))
    return was, [row for row in after if not row["valid_to"]]


def in_words(row):
    return {**row, "kind": dict(Division.Kind.choices).get(row["kind"], "")}


def to_be(change, lines):
    if change.kind == Kind.ABOLISH:
        return []
    new = {"name": change.new_name, "code": change.new_code, "kind": change.new_kind}
    if change.kind == Kind.CREATE:
        return [face(None, above=change.division, **new)]
    if change.kind == Kind.SPLIT:
        above = change.division.parent
        return [face(line.division, above=above, name=line.name, code=line.code, kind=line.kind) for line in lines]
    rest = [] if change.kind == Kind.MERGE else lines
    first = face(change.division, above=change.new_parent or change.division.parent, **new)
    return [first, *(face(line.division, name=line.name, code=line.code, kind=line.kind) for line in rest)]


def face(place, *, name="", code="", kind="", above=None):
    """How a division looks, with the new name, code, kind and place above where they are given."""
    known = place or Division()
    full = known.full_name
    if name or above:
        full = f"{above.full_name if above else ''}{short_name(name) if name else known.short_name}"
    return in_words({"name": full, "code": code or known.code, "kind": kind or known.kind})
