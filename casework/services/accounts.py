"""Accounts and what they may do: made, granted, ended and reset inside the actor's own places and rights, audited."""

import secrets

from axes.utils import reset
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Assignment, User
from accounts.roles import HANDED_OUT, role_label
from casework import audit

# The last one of these at a place cannot go: nobody would be left to do its work (domain 1.2).
INDISPENSABLE = ("bureau_officer", "street_officer")
PASSWORD_BYTES = 12


@transaction.atomic
def create_user(*, username, name, role, division, by, email="", starts=None, ends=None):
    """A new account with its first role; returns (user, initial password), which must be changed at first sign-in.

    Refuses what `grant_role` refuses, an actor who may not add users there, and a login name that is taken.
    """
    require_at(by, "accounts.add_user", division.path)
    user, password = User(username=username, name=name, email=email), new_password()
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    audit.record("create_user", user, by=by, after={"username": username, "name": name}, path=division.path)
    grant_role(user=user, role=role, division=division, by=by, starts=starts, ends=ends)
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
    """End a role at a place from a day on (today); one that has not begun by then is removed.

    Refuses one's own, one outside the actor's places or above the actor's rights, and the last officer of a unit.
    """
    row = (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("user", "role", "division")
        .get(pk=assignment.pk)
    )
    require_other(by, row.user)
    require_at(by, "accounts.change_assignment", row.division.path)
    require_rights(by, rights_of(row.role), row.division.path)
    on = on or timezone.localdate()
    require_another(row)
    before = describe(row)
    if on <= row.starts:
        row.delete()
    else:
        row.ends = on
        row.save(update_fields=["ends"])
    audit.record(
        "end_assignment", row.user, by=by, before=before, after={"ends": on}, note=reason, path=row.division.path
    )
    return row


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
    """Shut an account: no sign-in, open sessions and tokens end with it. Refuses the last officer of a unit."""
    user = lock_user(user, by)
    for row in user.assignments.in_force(timezone.localdate()).select_related("role", "division"):
        require_another(row)
    return set_active(user, active=False, by=by, note=reason)


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
    audit.record("unlock_user", user, by=by, path=home_of(user))
    return count


def lock_user(user, by):
    """The row, locked; refused unless the actor may change users at all its places and holds all its rights there.

    An account without a place belongs to whoever may grant any role.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
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


def require_another(row):
    """Refuses to let the last active officer of a unit go."""
    today = timezone.localdate()
    if row.role.name not in INDISPENSABLE or not Assignment.objects.in_force(today).filter(pk=row.pk).exists():
        return
    others = Assignment.objects.in_force(today).filter(role=row.role, division=row.division, user__is_active=True)
    if not others.exclude(user=row.user_id).exists():
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
