"""Everything that writes target sets and baselines: copy, edit, put in force, close, freeze."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division, User
from accounts.models.division import in_paths
from casework import audit
from registry.models import ImportBatch
from registry.models.scheme import Tier
from reporting import rollups
from reporting.figures import ABSENT, figures, table
from reporting.measures import MEASURES
from reporting.models import Baseline, Snapshot, Target, TargetSet
from reporting.targets import LEVELS, exact, quotient
from reporting.typed import has_type, is_known, stored_kinds

SURVEYED = timedelta(days=30)  # how long after the last workbook a survey is still under way
CHANGE = "reporting.change_targetset"
DECIDE = "reporting.decide_targetset"
ADD = "reporting.add_targetset"
FREEZE = "reporting.freeze_baseline"
SET_FIELDS = ("name", "valid_from", "valid_to")
NAMES = ("numerator", "denominator", "tiers")
TARGET_FIELDS = tuple(
    field.name for field in Target._meta.concrete_fields if field.name not in {"id", "set", "code", "order"}
)


@transaction.atomic
def create_target_set(*, name, divisions, by, valid_from=None, valid_to=None):
    """An empty draft for the places, from today unless told otherwise; refuses none and places not the actor's."""
    divisions = list(divisions)
    if not divisions:
        raise ValidationError({"divisions": _("Choose the places the targets are for.")})
    valid_from = valid_from or timezone.localdate()
    require_order(valid_from, valid_to)
    require(by, ADD, divisions)
    given = {"name": name, "valid_from": valid_from, "valid_to": valid_to}
    created = TargetSet.objects.create(code=free_code(divisions[0].code), **given)
    created.divisions.set(divisions)
    audit.record("targetset.create", created, by=by, after={**given, "divisions": codes(created)})
    return created


def require_order(valid_from, valid_to):
    if valid_from and valid_to and valid_to < valid_from:
        raise ValidationError({"valid_to": _("It ends before it begins.")})


@transaction.atomic
def copy_target_set(*, source, by, divisions=None, name=""):
    """A draft with all targets of a set, given for `divisions` (by default those of the set where the actor may add).

    Lines and deadlines come along as they are, to be edited before the draft is put in force. Baselines are not copied:
    they belong to the set they were frozen for.
    """
    if divisions is None:
        divisions = [division for division in source.divisions.all() if may(by, ADD, division)]
    require(by, ADD, divisions)
    copy = TargetSet.objects.create(
        policy=source.policy,
        code=free_code(source.code),
        name=name or _("%(name)s (copy)") % {"name": source.name},
        valid_from=timezone.localdate(),
        copied_from=source,
    )
    copy.divisions.set(divisions)
    for target in source.targets.all():
        target.pk, target.set, target._state.adding = None, copy, True  # noqa: SLF001 - Django's way to copy a row
        target.save()
    audit.record("targetset.copy", copy, by=by, after={"copied_from": source.code, "name": copy.name})
    return copy


def free_code(like):
    """A code nobody has: this one with the next number."""
    stem = like[:34]
    taken = set(TargetSet.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for code in (f"{stem}-{number}" for number in range(2, len(taken) + 3)) if code not in taken)


@transaction.atomic
def edit_target_set(*, target_set, by, version=None, divisions=None, **values):
    """Change name, dates or divisions of a set that is not closed; refuses a stale page and places not the actor's."""
    target_set = lock(target_set, by, version)
    before = {name: getattr(target_set, name) for name in SET_FIELDS} | {"divisions": codes(target_set)}
    for name in values.keys() & set(SET_FIELDS):
        setattr(target_set, name, values[name])
    require_order(target_set.valid_from, target_set.valid_to)
    if divisions is not None:
        target_set.divisions.set(divisions)
    require(by, right_to_edit(target_set), target_set.divisions.all())
    after = {name: getattr(target_set, name) for name in SET_FIELDS} | {"divisions": codes(target_set)}
    return store(target_set, "targetset.edit", by, *audit.changes(before, after))


@transaction.atomic
def edit_target(*, target, by, version=None, **values):
    """Change a line of a set that is not closed; refuses measures, tiers and dates that make no formula.

    `version` is the set's, as the page was opened with it.
    """
    target_set = lock(target.set, by, version)
    target = Target.objects.get(pk=target.pk, set=target_set)
    before = {name: getattr(target, name) for name in TARGET_FIELDS}
    write_target(target, values)
    before, after = audit.changes(before, {name: getattr(target, name) for name in TARGET_FIELDS})
    if after:
        renew(target_set)
        audit.record("target.edit", target, by=by, before=before, after=after)
    return target


@transaction.atomic
def add_target(*, target_set, by, code, **values):
    """Add a line at the end of a set that is not closed; refuses a number it has already and what is no formula."""
    target_set = lock(target_set, by, None)
    target = Target(set=target_set, code=code, order=target_set.targets.count() + 1)
    write_target(target, values)
    renew(target_set)
    audit.record(
        "target.create", target, by=by, after={name: getattr(target, name) for name in ("code", *TARGET_FIELDS)}
    )
    return target


@transaction.atomic
def remove_target(*, target, by):
    """Take a line out of a draft. In force a target is kept: close the set and go on with a copy."""
    target_set = lock(target.set, by, None)
    if target_set.state != TargetSet.State.DRAFT or target.baselines.exists():
        raise ValidationError(_("Only a draft gives up targets. Close this set and go on with a copy."))
    audit.record("target.remove", target, by=by, before={"code": target.code, "name": target.name})
    renew(target_set)
    target.delete()


def write_target(target, values):
    for name in values.keys() & set(TARGET_FIELDS):
        setattr(target, name, (values[name] or []) if name in NAMES else values[name])
    require_names(target)
    require_formula(target)
    target.full_clean()
    target.save()


def renew(target_set):
    target_set.version += 1
    target_set.save(update_fields=["version"])


def require_names(target):
    """Refuses anything but lists of names where a formula lists names."""
    wrong = [name for name in NAMES if not is_names(getattr(target, name))]
    if wrong:
        raise ValidationError({name: _('Write a list of names: ["…", "…"].') for name in wrong})


def is_names(value):
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def require_formula(target):
    """Refuses names that are no measure, tiers there are none of, and a line to be reached by no date."""
    if errors := unknown_names(target) | unusable_line(target):
        raise ValidationError(errors)


def unknown_names(target):
    errors, kinds = {}, stored_kinds()
    for field in ("numerator", "denominator"):
        names = target.spelled(getattr(target, field))
        unknown = [name for name in names if not (is_known(name) and has_type(name, kinds))]
        if unknown:
            errors[field] = _("There is no such measure: %(names)s") % {"names": ", ".join(unknown)}
    for field in ("reported", "reporters"):
        if getattr(target, field) and getattr(target, field) not in MEASURES:
            errors[field] = _("There is no such measure: %(names)s") % {"names": getattr(target, field)}
    if set(target.tiers) - set(Tier.values):
        errors["tiers"] = _("Choose from: %(names)s") % {"names": ", ".join(Tier.values)}
    return errors


def unusable_line(target):
    errors = {}
    if target.period == Target.Period.DEADLINE and not target.deadline:
        errors["deadline"] = _("Give a date, or choose another period.")
    if target.kind == Target.Kind.GROWTH and not target.baseline_on:
        errors["baseline_on"] = _("Growth is counted from a date: give it.")
    if target.factor <= 0:
        errors["factor"] = _("Write a number greater than 0.")
    return errors


@transaction.atomic
def open_target_set(*, target_set, by, version=None):
    """Put a draft in force. Refuses one without divisions or targets."""
    target_set = lock(target_set, by, version, DECIDE)
    if target_set.state != TargetSet.State.DRAFT:
        raise ValidationError(_("Only a draft can be put in force."))
    if not target_set.divisions.exists() or not target_set.targets.exists():
        raise ValidationError(_("Give the set at least one division and one target first."))
    target_set.state = TargetSet.State.IN_FORCE
    return store(target_set, "targetset.open", by, {"state": "draft"}, {"state": "in_force"})


@transaction.atomic
def close_target_set(*, target_set, by, version=None):
    """Close a set for good: today's figures of its divisions are stored, and no later load or edit changes it."""
    target_set = lock(target_set, by, version, DECIDE)
    if target_set.state == TargetSet.State.DRAFT:
        raise ValidationError(_("This draft was never in force. Drop it instead."))
    today, state = timezone.localdate(), target_set.state
    for division in target_set.divisions.all():
        rollups.snapshot(division, on=today, reason=Snapshot.Reason.PERIOD, by=by)
    target_set.state = TargetSet.State.CLOSED
    target_set.valid_to = min(target_set.valid_to or today, today)
    return store(
        target_set, "targetset.close", by, {"state": state}, {"state": "closed", "valid_to": target_set.valid_to}
    )


@transaction.atomic
def drop_target_set(*, target_set, by, version=None):
    """Delete a draft with its targets. What was in force stays: close it."""
    target_set = lock(target_set, by, version)
    if target_set.state != TargetSet.State.DRAFT:
        raise ValidationError(_("Only a draft can be dropped. Close this set instead."))
    audit.record("targetset.drop", target_set, by=by, before={"code": target_set.code, "name": target_set.name})
    target_set.targets.all().delete()
    target_set.delete()


@transaction.atomic
def freeze_baselines(*, target, by, reason=""):
    """Freeze a target's figures on its baseline date at its divisions and all below down to the streets.

    The figures come from snapshots stored now (or before) for that date, with the codes and kinds of the date. What is
    frozen already moves only with a reason, as a new version. Returns how many baselines were written.
    """
    lock(target.set, by, None, FREEZE)
    if not target.baseline_on or not target.above:
        raise ValidationError(_("This target has no baseline date, or no figures to freeze."))
    if target.baseline_on >= timezone.localdate():
        raise ValidationError(_("The baseline date has not passed yet."))
    rows = [row for division in target.set.divisions.all() for row in frozen_rows(target, division, by, reason)]
    versions = dict(target.baselines.order_by("version").values_list("division", "version"))
    new = [baseline(target, row, by, reason, versions) for row in rows if reason or row.division.pk not in versions]
    Baseline.objects.bulk_create(new)
    if new:
        audit.record("baseline.freeze", target, by=by, after={"on": target.baseline_on, "rows": len(new)}, note=reason)
    return len(new)


def freeze_due(*, today, by="system"):
    """Freeze the baselines, not stated by the document, whose date has passed; returns how many were written.

    Only of sets in force, and only where the figures of that day are there and settled: nothing came in by survey for
    a while at any of the set's places.
    """
    due = Target.objects.filter(set__state=TargetSet.State.IN_FORCE, baseline_on__lt=today, baselines=None)
    due = due.filter(Q(baseline_value=None) | Q(kind=Target.Kind.GROWTH)).select_related("set")
    return sum(freeze_baselines(target=target, by=by) for target in due if target.above and is_settled(target, today))


def is_settled(target, today):
    since = timezone.now() - SURVEYED
    places = list(target.set.divisions.all())
    inside = in_paths("division__path", [place.path for place in places])
    if not places or ImportBatch.objects.filter(inside, stored_at__gte=since).exists():
        return False
    return all(figures(place, target.baseline_on).total(target.above) for place in places)


def frozen_rows(target, division, by, reason):
    """The stored figures of the baseline date, of the division and every place below it down to the streets."""
    on = target.baseline_on
    rollups.snapshot(division, on=on, reason=Snapshot.Reason.BASELINE, by=by, note=reason)
    below = LEVELS[LEVELS.index(division.level) + 1 : LEVELS.index(Division.Level.STREET) + 1]
    rows = [row for level in (None, *below) for row in table(division, level, on)]
    return [row for row in rows if row.origin != ABSENT]


def baseline(target, row, by, reason, versions):
    above, below = exact(row.total(target.above)), exact(row.total(target.below)) if target.below else None
    if target.kind == Target.Kind.GROWTH:
        value = target.factor
    else:
        value = quotient(above, below if target.below else 1, target.factor)
    return Baseline(
        target=target,
        division=row.division,
        on=target.baseline_on,
        numerator=above,
        denominator=below,
        value=value,
        version=versions.get(row.division.pk, 0) + 1,
        by=getattr(by, "username", by),
        reason=reason,
    )


def lock(target_set, by, version, permission=None):
    """The set as stored now, locked; refuses a closed one, a stale page and an actor without the right there.

    A draft is an officer's work; what stands in force is changed by whoever decides (without another `permission`).
    """
    stored = TargetSet.objects.select_for_update(of=["self"]).get(pk=target_set.pk)
    require(by, permission or right_to_edit(stored), stored.divisions.all())
    if stored.closed:
        raise ValidationError(_("This set is closed and changes no more. Copy it to go on."), code="closed")
    if version is not None and version != stored.version:
        raise ValidationError(_("Somebody saved this set after you opened it. Please look at it again."), code="stale")
    return stored


def right_to_edit(target_set):
    return CHANGE if target_set.state == TargetSet.State.DRAFT else DECIDE


def store(target_set, action, by, before, after):
    target_set.version += 1
    target_set.save()
    if after:
        audit.record(action, target_set, by=by, before=before, after=after)
    return target_set


def require(by, permission, divisions):
    """Refuses an actor who lacks the right at any of the places. A plain name comes from code and is trusted."""
    if not may(by, permission) or not all(may(by, permission, division) for division in divisions):
        raise PermissionDenied


def may(by, permission, division=None):
    return not isinstance(by, User) or by.has_perm(permission, division)


def codes(target_set):
    return sorted(target_set.divisions.values_list("code", flat=True))
