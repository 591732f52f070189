"""Turn the table of roles into Django's groups and permissions."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models.user import rights_of
from accounts.roles import ROLES


@dataclass(frozen=True)
class RolesReport:
    """How many roles there are, how many of them changed, and the rights named but not known to Django."""

    roles: int
    changed: int
    unknown: list


@transaction.atomic
def load_roles():
    """Make one group per role with exactly its rights. Groups that are no role of ours stay untouched."""
    rows = Permission.objects.select_related("content_type")
    known = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    unknown = sorted(set().union(*(role.permissions for role in ROLES.values())) - set(known))
    changed = sum(load_role(role, known) for role in ROLES.values())
    rights_of.cache_clear()
    return RolesReport(len(ROLES), changed, unknown)


def load_role(role, known):
    """True if the group was made or its rights changed."""
    group, created = Group.objects.get_or_create(name=role.code)
    wanted = {known[name].pk for name in role.permissions if name in known}
    differs = wanted != set(group.permissions.values_list("pk", flat=True))
    if differs:
        group.permissions.set(wanted)
    return created or differs
