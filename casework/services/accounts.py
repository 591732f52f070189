"""Accounts and what they may do: made, granted, ended and reset inside the actor's own places and rights, audited."""

import secrets

from axes.utils import reset
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import PASSWORDS_OF
from accounts.models import Assignment, User
from accounts.roles import HANDED_OUT, role_label
from casework import audit
from casework.models import Case
from casework.services.holding import let_go

# The last one of these at a place cannot go: nobody would be left to do its work (domain 1.2).
INDISPENSABLE = ("bureau_officer", "street_officer")
PASSWORD_BYTES = 12


@transaction.atomic
def create_user(*, username, name, role, division, by, email="", starts=None, ends=None):
    """A new account with its first role; returns (user, initial password), which must be changed at first sign-in.

    Refuses an actor who may not add users there, a role above the actor's rights, and a login name that is taken.
    """
    require_at(by, "accounts.add_user", division.path)
    require_rights(by, rights_of(role), division.path)
    user, password = User(username=username, name=name, email=email), new_password()
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    audit.record("create_user", user, by=by, after={"username": username, "name": name}, path=division.path)
    assign(user, role, division, by=by, starts=starts, ends=ends)
    return user, password


@transaction.atomic
def grant_role(*, user, role, division, by, starts=None, ends=None):
    """Let a user hold a role at a place for a time; returns the assignment.

    Nobody grants to themselves, outside their own subtrees, or a role with rights they lack there; a security officer
    (accounts.grant_any_role) may grant any role inside their subtrees.
    """
    require_other(by, user)
    require_at(by, "accounts.add_assignment", division.path)
    require_rights(by, rights_of(role), division.path)
    return assign(user, role, division, by=by, starts=starts, ends=ends)


def assign(user, role, division, *, by, starts, ends):
    starts = starts or timezone.localdate()
    held = user.assignments.filter(role=role, division=division).filter(Q(ends=None) | Q(ends__gt=starts))
    if held.filter(Q(starts__lt=ends) if ends else Q()).exists():
        raise ValidationError(_("%(user)s holds this role here already.") % {"user": user})
    row = Assignment(user=user, role=role, division=division, starts=starts, ends=ends)
    row.full_clean()
    row.save()
    audit.record("grant_role", row, by=by, after=describe(row))
    return row


@transaction.atomic
def end_assignment(*, assignment, by, on=None, reason=""):
    """End a role at a place from a day on (today); one that has not begun by then is removed, and so is what it lent.

    Refuses one's own, one outside the actor's places or above the actor's rights, the last officer of a unit, and a
    day after the one it ends anyway.
    """
    lock_unit(Assignment.objects.select_related("role").get(pk=assignment.pk))
    row = (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("user", "role", "division")
        .get(pk=assignment.pk)
    )
    require_other(by, row.user)
    require_at(by, "accounts.change_assignment", row.division.path)
    require_rights(by, rights_of(row.role), row.division.path)
    on = on or timezone.localdate()
    if row.ends and on > row.ends:
        raise ValidationError({"ends": _("The role ends before that day. A longer one is a new role.")})
    require_another(row)
    before, row.ends = describe(row), on
    cut(Assignment.objects.filter(pk=row.pk), on)
    cut(row.user.substitutes.filter(role=row.role, division=row.division), on)
    let_go(row.user, by=by, note=reason)
    audit.record(
        "end_assignment", row.user, by=by, before=before, after={"ends": on}, note=reason, path=row.division.path
    )
    return row


def cut(rows, on):
    """Ends assignments on that day at the latest; those that would begin no earlier never were."""
    rows.filter(starts__gte=on).delete()
    rows.filter(Q(ends=None) | Q(ends__gt=on)).update(ends=on)


@transaction.atomic
def edit_user(*, user, by, name, email=""):
    """Correct an account's name and e-mail address."""
    user = lock_user(user, by)
    before = {"name": user.name, "email": user.email}
    user.name, user.email = name, email
    user.full_clean(exclude=["password"])
    user.save(update_fields=["name", "email"])
    old, new = audit.changes(before, {"name": name, "email": email})
    audit.record("change_user", user, by=by, before=old, after=new, path=home_of(user))
    return user


@transaction.atomic
def disable_user(*, user, by, reason):
    """Shut an account: no sign-in, open sessions and tokens end with it, so does what it lent; its cases are free.

    Refuses the last officer of a unit, and who still files cases for others: those are handed over first.
    """
    user = lock_user(user, by)
    today = timezone.localdate()
    if carried := Case.objects.open().carried_by(user).count():
        words = _("%(user)s files %(count)s open cases for others. Please hand them over to a colleague first.")
        raise ValidationError(words % {"user": user, "count": carried})
    for row in user.assignments.in_force(today).select_related("role", "division").order_by("role", "division"):
        lock_unit(row)
        require_another(row)
    cut(user.substitutes.all(), today)
    user = set_active(user, active=False, by=by, note=reason)
    let_go(user, by=by, note=reason)
    return user


@transaction.atomic
def enable_user(*, user, by, reason=""):
    """Open a shut account again."""
    return set_active(lock_user(user, by), active=True, by=by, note=reason)


@transaction.atomic
def reset_password(*, user, by):
    """Give a user a new initial password, returned once; the user must change it. Ends the user's sessions."""
    user, password = lock_user(user, by), new_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    audit.record("reset_password", user, by=by, path=home_of(user))
    return password


@transaction.atomic
def unlock_user(*, user, by):
    """Lift the lock that failed sign-ins put on a login name; how many locks there were."""
    user = lock_user(user, by)
    count = reset(username=user.username)
    PASSWORDS_OF.forget(user.username)
    audit.record("unlock_user", user, by=by, path=home_of(user))
    return count


def lock_user(user, by):
    """The row, locked; refused unless the actor may change users at all its places and holds all its rights there.

    An account without a place belongs to whoever may grant any role.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    require_other(by, user)
    if user.is_superuser and not is_trusted(by):
        raise PermissionDenied
    rows = list(
        user.assignments.filter(Q(ends=None) | Q(ends__gt=timezone.localdate())).select_related("role", "division")
    )
    if not rows and not is_trusted(by) and not by.paths("accounts.grant_any_role"):
        raise PermissionDenied
    for row in rows:
        require_at(by, "accounts.change_user", row.division.path)
        require_rights(by, rights_of(row.role), row.division.path)
    return user


def set_active(user, *, active, by, note):
    before, user.is_active = user.is_active, active
    user.save(update_fields=["is_active"])
    change = ({"is_active": before}, {"is_active": active})
    audit.record("change_user", user, by=by, before=change[0], after=change[1], note=note, path=home_of(user))
    return user


def require_other(by, user):
    """Nobody changes what they themselves may do."""
    if by == user:
        raise PermissionDenied


def require_at(by, perm, path):
    """Refuses an actor without the right at the place."""
    if not is_trusted(by) and not any(path.startswith(own) for own in by.paths(perm)):
        raise PermissionDenied


def require_rights(by, rights, path):
    """Refuses handing out, or taking over, rights the actor lacks there and is not there to hand out."""
    if is_trusted(by) or any(path.startswith(own) for own in by.paths("accounts.grant_any_role")):
        return
    own = set().union(*(perms for place, perms in by.grants if path.startswith(place)))
    handed_out = HANDED_OUT if "accounts.add_user" in own else frozenset()
    if not set(rights) <= own | handed_out:
        raise PermissionDenied


def is_trusted(by):
    """A plain name comes from a command, never from a request; a superuser may do all."""
    return not isinstance(by, User) or by.is_superuser


def lock_unit(row):
    """Lets one at a time go of those who cannot all go."""
    if row.role.name in INDISPENSABLE:
        unit = Assignment.objects.filter(role=row.role, division=row.division).order_by("id")
        list(unit.select_for_update().values_list("pk", flat=True))


def require_another(row):
    """Refuses to let the last active officer of a unit go: another one stays at least as long as this one would."""
    today = timezone.localdate()
    if row.role.name not in INDISPENSABLE or not Assignment.objects.in_force(today).filter(pk=row.pk).exists():
        return
    unit = Assignment.objects.in_force(today).filter(role=row.role, division=row.division, user__is_active=True)
    others = unit.filter(Q(ends=None) | Q(ends__gte=row.ends) if row.ends else Q(ends=None)).exclude(user=row.user_id)
    if not others.exists():
        words = {"role": role_label(row.role), "place": row.division}
        raise ValidationError(_("This is the last %(role)s of %(place)s. First name another.") % words)


def rights_of(role):
    return {
        f"{perm.content_type.app_label}.{perm.codename}" for perm in role.permissions.select_related("content_type")
    }


def describe(row):
    return {
        "user": row.user.username,
        "role": row.role.name,
        "division": row.division.full_name,
        "starts": row.starts,
        "ends": row.ends,
    }


def home_of(user):
    """Where events about an account belong: its first place, or the whole portal."""
    return user.grants[0][0] if user.grants else ""


def new_password():
    return secrets.token_urlsafe(PASSWORD_BYTES)
