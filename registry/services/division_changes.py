"""Changes of divisions (区划调整): drafted, then applied once on or after their day. What was before the day stays."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division, DivisionAlias, DivisionLink, User
from accounts.models.division import in_paths
from accounts.services.division_file import DivisionFileError, sort_key
from accounts.services.divisions import keep_periods, repair_paths
from casework import audit
from casework.models import Case
from casework.services.holding import let_go
from registry.models import DivisionChange, DivisionChangeLine, Organization
from registry.place_names import short_name
from registry.services.division_checks import change_lines, places, require_complete
from registry.services.division_moves import (
    close_assignments,
    join_figures,
    move_organizations,
    place_today,
    same_names,
    stop_figures,
)
from registry.services.divisions import realign_organizations, rename_below
from registry.services.guards import require_right
from registry.services.marks import mark

Kind, Level, State = DivisionChange.Kind, Division.Level, DivisionChange.State
ADD, APPLY_RIGHT = "registry.add_divisionchange", "registry.apply_divisionchange"
LEVELS = list(Level.values)


@transaction.atomic
def create_change(*, kind, division, effective, by, lines=(), **fields):
    """Draft a change; `lines` are dicts of division, code, name, kind and organizations. Refuses an incomplete one.

    Fields: approval_no, new_code, new_name, new_kind, new_parent. Nothing else moves until `apply_change`.
    """
    change = DivisionChange(kind=kind, division=division, effective=effective, **fields)
    change.full_clean()
    change.save()
    for line in lines:
        own = {name: value for name, value in line.items() if name != "organizations"}
        row = DivisionChangeLine.objects.create(change=change, **own)
        row.organizations.set(line.get("organizations", ()))
    require_complete(change)
    for place in places(change):
        require_right(by, ADD, place)
    values = {"kind": kind, "effective": effective, **{name: str(value or "") for name, value in fields.items()}}
    audit.record(
        "division_change.draft", change, by=by, after={**values, "lines": [str(row) for row in change_lines(change)]}
    )
    return change


@transaction.atomic
def check_change(*, change, by):
    """Release a draft: the night applies it from its day on. `by` needs the right to apply it at every place."""
    change = lock_change(change)
    require_complete(change)
    return turn(change, State.CHECKED, APPLY_RIGHT, by)


@transaction.atomic
def drop_change(*, change, by):
    """Put a change aside for good: a draft by whoever may draft it, a checked one by whoever may apply it."""
    change = lock_change(change)
    return turn(change, State.DROPPED, ADD if change.state == State.DRAFT else APPLY_RIGHT, by)


def lock_change(change):
    """The change as stored now, locked; refuses one that is applied or dropped."""
    change = DivisionChange.objects.select_for_update(of=("self",)).select_related("division").get(pk=change.pk)
    if change.state == State.APPLIED:
        raise ValidationError(_("This change has been applied already."))
    if change.state == State.DROPPED:
        raise ValidationError(_("This change was dropped."))
    return change


def turn(change, state, right, by):
    for place in places(change):
        require_right(by, right, place)
    before, change.state = change.state, state
    change.save(update_fields=["state"])
    audit.record(f"division_change.{state}", change, by=by, before={"state": before}, after={"state": state})
    return change


@transaction.atomic
def apply_change(*, change, by, today=None):
    """Carry out a drafted change as of its effective date and return the change; `by` needs the right at every place.

    Periods of the divisions and of their organizations are closed and opened on that day, former names and codes
    become aliases, assignments follow, base figures of merged places are added up, and one audit event tells where
    every organization lay before and after. Refuses a change already applied or dropped, one whose day is still to
    come, and one that no longer fits the tree.
    """
    change = lock_change(change)
    require_day(change, today or timezone.localdate())
    require_complete(change)
    involved = places(change)
    for place in involved:
        require_right(by, APPLY_RIGHT, place)
    before = [describe(place) for place in involved]
    counted, handlers = with_parents(involved), handlers_at(involved)
    moved = APPLY[change.kind](change)
    settle(change, by)
    for user in handlers:
        let_go(user, by=by, note=str(change))
    change.state, change.applied_at, change.refusal = State.APPLIED, timezone.now(), ""
    change.save(update_fields=["state", "applied_at", "refusal"])
    mark(counted | with_parents(places(change)))
    tell(change, before, moved, by)
    return change


def apply_due_changes(on):
    """Apply every checked change whose day has come (the nightly run); returns (applied, [(change, why not)]).

    One that is refused keeps the reason for its officers and is tried again every night.
    """
    applied, refused = [], []
    waiting = DivisionChange.objects.filter(state__in=(State.CHECKED, State.REFUSED), effective__lte=on)
    for change in waiting.order_by("effective", "id"):
        try:
            applied.append(apply_change(change=change, by="system", today=on))
        except ValidationError as error:
            refused.append((change, " ".join(error.messages)))
            note_refusal(*refused[-1])
    return applied, refused


@transaction.atomic
def note_refusal(change, reason):
    """Keep on the change why it could not be applied; one event for each new reason."""
    if change.refusal != reason:
        change.state, change.refusal = State.REFUSED, reason
        change.save(update_fields=["state", "refusal"])
        audit.record("division_change.refuse", change, by="system", note=reason)


def require_day(change, today):
    if change.effective > today:
        raise ValidationError(
            _("This change takes effect on %(day)s and waits until then.") % {"day": change.effective}
        )


def with_parents(rows):
    """Ids of the divisions and of those right above them: where figures change when they do."""
    return {pk for row in rows for pk in (row.pk, row.parent_id) if pk}


def handlers_at(rows):
    """Who has open cases of the divisions in hand: what lies elsewhere afterwards goes back to its office's list."""
    cases = Case.objects.open().filter(in_paths("division_path", [row.path for row in rows]))
    return list(User.objects.filter(pk__in=cases.values("handler")))


def describe(place):
    return {
        "code": place.code,
        "name": place.full_name,
        "kind": place.kind,
        "valid_to": place.valid_to,
    }


def alter(place, *, code="", name="", kind="", parent=None):
    """Give a division its new face; the former name, code and street become an alias."""
    former = DivisionAlias(division=place, name=place.name)
    if code and code != place.code:
        former.code, place.code = place.code, code
    if parent:
        former.street_name, place.parent = place.parent.name, parent
    if name and name != place.name:
        place.name, place.short_name = name, short_name(name)
        place.sort_key = sort_key(place.short_name)
    if kind:
        place.kind = kind
    if former.code or former.street_name or former.name != place.name:
        DivisionAlias.objects.bulk_create([former], ignore_conflicts=True)
    rename_below(place, f"{place.parent.full_name if place.parent else ''}{place.short_name}")
    place.save()


def rename_or_recode(change):
    """A new name, code or committee kind for one place; lines may re-code others with it (a street's communities)."""
    alter(change.division, code=change.new_code, name=change.new_name, kind=change.new_kind)
    for line in change_lines(change):
        alter(line.division, code=line.code, name=line.name, kind=line.kind)
    return []


def transfer(change):
    """A community to another street, or a street to another district: everything below comes along."""
    alter(change.division, code=change.new_code, name=change.new_name, parent=change.new_parent)
    return []


def create(change):
    """A new division below the one named; noted on a line of the change."""
    about = {"code": change.new_code, "name": change.new_name, "kind": change.new_kind}
    change.lines.create(division=found(change, change.division, **about), **about)
    return []


def found(change, parent, code, name, kind):
    """A division that begins on the effective date."""
    short = short_name(name)
    place = Division.objects.create(
        code=code,
        name=name,
        short_name=short,
        full_name=f"{parent.full_name}{short}",
        level=LEVELS[LEVELS.index(parent.level) + 1],
        kind=kind,
        parent=parent,
        sort_key=sort_key(short),
        valid_from=change.effective,
    )
    place.path = f"{parent.path}{place.pk}."
    place.save(update_fields=["path"])
    return place


def abolish(change):
    """The place ends; its organizations wait at the division above until somebody places them."""
    place = change.division
    end(place, change.effective)
    moved = move_organizations(place, change.effective, {}, rest=place.parent)
    place_today(place, {}, rest=place.parent)
    close_assignments(place, change.effective, heirs=[])
    return moved


def merge(change):
    """Others become part of one that goes on, which may take a new name, code and kind with it."""
    heir, moved, gone = change.division, [], [line.division for line in change_lines(change)]
    for place in gone:
        end(place, change.effective)
    alter(heir, code=change.new_code, name=change.new_name, kind=change.new_kind)
    for place in gone:
        succeed(place, heir, change.effective)
        former = DivisionAlias(division=heir, code=place.code, name=place.name, street_name=place.parent.name)
        DivisionAlias.objects.bulk_create([former], ignore_conflicts=True)
        for child in place.children.in_force():
            alter(child, parent=heir)
        moved += move_organizations(place, change.effective, {}, rest=heir)
        place_today(place, {}, rest=heir)
        close_assignments(place, change.effective, heirs=[heir])
        join_figures(place, heir, change.effective)
    return moved


def succeed(place, heir, on):
    """The heir follows the place, and what the place alone had taken over before."""
    for link in DivisionLink.objects.filter(new=place):
        if not link.old.successors.filter(effective__gte=link.effective).exclude(pk=link.pk).exists():
            DivisionLink.objects.get_or_create(old=link.old, new=heir, defaults={"effective": on})
    DivisionLink.objects.get_or_create(old=place, new=heir, defaults={"effective": on})


def split(change):
    """One community becomes several; organizations nobody mapped wait at the street. Figures must be entered anew."""
    place, targets, people, heirs = change.division, {}, {}, []
    lines = change_lines(change)
    if all(line.division != place for line in lines):
        end(place, change.effective)
    for line in lines:
        heir = part(change, line)
        heirs.append(heir)
        targets |= dict.fromkeys(line.organizations.values_list("pk", flat=True), heir)
        for pk in line.people.values_list("pk", flat=True):
            people.setdefault(pk, []).append(heir)
    moved = move_organizations(place, change.effective, targets, rest=place.parent)
    place_today(place, *followed(place, targets, moved))
    close_assignments(place, change.effective, heirs=heirs, chosen=people)
    stop_figures(place, change.effective)
    return moved


def followed(place, targets, moved):
    """(targets, rest) of what follows the organizations of a split: nothing else leaves a place that goes on."""
    if place.valid_to:
        return targets, place.parent
    gone = Organization.objects.filter(uid__in=[uid for uid, _old, _new in moved]).select_related("division")
    return targets | {row.pk: row.division for row in gone}, place


def part(change, line):
    """The division a line of a split stands for: the one that goes on, or one that begins."""
    if line.division is None:
        place = change.division
        line.division = found(change, place.parent, line.code, line.name, line.kind or place.kind)
        line.save(update_fields=["division"])
        DivisionLink.objects.create(old=place, new=line.division, effective=change.effective)
    return line.division


def end(place, on):
    place.valid_to = on
    place.save(update_fields=["valid_to"])
    period = place.periods.get(ends=None)
    if period.starts >= on:
        raise ValidationError(_("%(place)s has only existed since %(day)s.") % {"place": place, "day": period.starts})
    period.ends = on
    period.save(update_fields=["ends"])


APPLY = {
    Kind.RENAME: rename_or_recode,
    Kind.RECODE: rename_or_recode,
    Kind.CLASS: rename_or_recode,
    Kind.TRANSFER: transfer,
    Kind.CREATE: create,
    Kind.ABOLISH: abolish,
    Kind.MERGE: merge,
    Kind.SPLIT: split,
}


def settle(change, by):
    """Paths below what moved, periods of divisions, and the place of organizations, each in one statement."""
    try:
        with connection.cursor() as cursor:
            repair_paths(cursor)
            keep_periods(cursor, change.effective)
    except DivisionFileError as error:
        raise ValidationError(error.errors) from error
    realign_organizations(by=by)


def tell(change, before, moved, by):
    """Write the one audit event."""
    twins = same_names(change.division) if change.kind == Kind.MERGE else []
    audit.record(
        "division_change.apply",
        change,
        by=by,
        before={"divisions": before, "organizations": {str(uid): old for uid, old, _new in moved}},
        after={
            "divisions": [describe(row) for row in places(change)],
            "organizations": {str(uid): new for uid, _old, new in moved},
            "same_names": twins,
        },
        note=change.approval_no,
    )
