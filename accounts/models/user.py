"""Users and their assignments: a right is held through a role, at a place, for a time."""

import time
from functools import lru_cache

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, Permission, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models.division import Division

# Another process may have loaded the roles: what this one holds of their rights is read again after a second.
HELD_SECONDS = 1


@lru_cache(maxsize=256)
def rights_of(role, _second):
    """{"app.codename", …} of the role with that key; every request asks for them, only an update changes them."""
    rows = Permission.objects.filter(group=role).values_list("content_type__app_label", "codename")
    return frozenset(f"{app}.{code}" for app, code in rows)


class UserManager(BaseUserManager):
    def create_superuser(self, username, password=None, **fields):
        """The first account of a portal, made on its host: `manage.py createsuperuser` asks for this by name."""
        user = self.model(username=username, is_superuser=True, must_change_password=False, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """One person who signs in. What they may do and where comes from their assignments, never from flags."""

    username = models.CharField(
        _("login name"), max_length=150, unique=True, error_messages={"unique": _("This login name is taken.")}
    )
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    must_change_password = models.BooleanField(_("must change the password at next sign-in"), default=True)
    date_joined = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        permissions = [
            ("use_admin", _("Can open the administration pages")),
            ("grant_any_role", _("Can grant roles with more rights than the own")),
        ]

    def __str__(self):
        return self.name or self.username

    @property
    def is_staff(self):
        """May open the admin: any assignment whose role grants it."""
        return self.has_perm("accounts.use_admin")

    @cached_property
    def grants(self):
        """[(path, {"app.codename", …})] of today's assignments, read once per request."""
        second = int(time.monotonic() / HELD_SECONDS)
        rows = self.assignments.in_force(timezone.localdate()).values_list("division__path", "role")
        return [(path, rights_of(role, second)) for path, role in rows]

    def paths(self, perm=None):
        """Paths of the subtrees this user works for; with `perm` ("app.codename") only where the right is held."""
        if not self.is_active:
            return []
        if self.is_superuser:
            return [""]
        return sorted({path for path, perms in self.grants if perm is None or perm in perms})

    def stands_in_for(self, perm, path):
        """The name of whom this user stands in for, when the right comes from such an assignment only; else empty."""
        app, _dot, code = perm.partition(".")
        rows = self.assignments.in_force(timezone.localdate()).filter(
            role__permissions__codename=code, role__permissions__content_type__app_label=app
        )
        holding = [row for row in rows.select_related("division", "absent") if path.startswith(row.division.path)]
        return "" if not holding or any(row.absent is None for row in holding) else str(holding[0].absent)


class AssignmentQuerySet(models.QuerySet):
    def in_force(self, on):
        return self.filter(Q(ends=None) | Q(ends__gt=on), starts__lte=on)

    def in_arrangement(self):
        """Roles lent to a substitute (离岗代理) and not over yet."""
        return self.filter(absent__isnull=False, ends__gt=timezone.localdate())

    def visible_to(self, user, perm=None):
        """Assignments at places inside the user's own subtrees."""
        return self.filter(division__in=Division.objects.visible_to(user, perm))


class Assignment(models.Model):
    """A user holds a role at a division from `starts` until the day before `ends`; one user may hold several."""

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments", verbose_name=_("user"))
    role = models.ForeignKey(Group, models.PROTECT, related_name="assignments", verbose_name=_("role"))
    division = models.ForeignKey(Division, models.PROTECT, related_name="assignments", verbose_name=_("division"))
    starts = models.DateField(_("from"), default=timezone.localdate)
    ends = models.DateField(_("to"), null=True, blank=True)
    absent = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="substitutes",
        verbose_name=_("standing in for"),
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "division", "starts"], name="assignment_once"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gt=F("starts")), name="assignment_in_order"),
        ]

    def __str__(self):
        return f"{self.user} · {self.role} · {self.division}"
