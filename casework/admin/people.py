from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Prefetch
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Assignment, Division, User
from accounts.roles import ROLES, role_label
from casework.admin.base import LookInline, ReadOnlyAdmin, ServiceAdmin, ServiceForm
from casework.admin.lists import DivisionFilter
from casework.services.accounts import (
    create_user,
    disable_user,
    edit_user,
    enable_user,
    end_assignment,
    grant_role,
    reset_password,
    unlock_user,
)
from casework.tokens import withdraw_token


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    placed = False
    list_display = ("label", "name")
    search_fields = ("name",)
    fields = readonly_fields = ("label", "name", "rights")

    @admin.display(description=_("role"))
    def label(self, group):
        return role_label(group)

    @admin.display(description=_("rights"))
    def rights(self, group):
        return "、".join(str(perm.name) for perm in group.permissions.all())


class RoleForm(ServiceForm):
    """A role at a place for a time."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].label_from_instance = lambda group: str(role_label(group))


class GrantForm(RoleForm):
    def call_service(self):
        given = self.cleaned_data
        names = ("user", "role", "division", "starts", "ends")
        return grant_role(by=self.actor, **{name: given[name] for name in names})


class EndForm(ServiceForm):
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget)

    def call_service(self):
        given = self.cleaned_data
        if given["ends"] is None:
            raise ValidationError({"ends": _("Please give the day the role ends.")})
        return end_assignment(assignment=self.instance, by=self.actor, on=given["ends"], reason=given["reason"])


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return [(code, role.label) for code, role in ROLES.items()]

    def queryset(self, request, queryset):
        return queryset.filter(role__name=self.value()) if self.value() else queryset


class HeldRoleFilter(RoleFilter):
    def queryset(self, request, queryset):
        held = Assignment.objects.in_force(timezone.localdate()).filter(role__name=self.value(), user=OuterRef("pk"))
        return queryset.filter(Exists(held)) if self.value() else queryset


class HeldPlaceFilter(DivisionFilter):
    """Users with a role today at the place or inside it."""

    def queryset(self, request, queryset):
        held = Assignment.objects.in_force(timezone.localdate()).filter(user=OuterRef("pk"))
        return queryset.filter(Exists(super().queryset(request, held))) if self.value() else queryset


@admin.register(Assignment)
class AssignmentAdmin(ServiceAdmin):
    keyset = ("-id",)
    list_display = ("user", "role_name", "division", "starts", "ends")
    columns = ("name", "role_name", "division", "starts", "ends")
    list_select_related = ("user", "role", "division")
    list_filter = (DivisionFilter, RoleFilter)
    search_fields = ("user__username",)
    search_help_text = _("Login name or name")
    autocomplete_fields = ("user", "division")

    @admin.display(description=_("role"))
    def role_name(self, assignment):
        return role_label(assignment.role)

    @admin.display(description=_("name"))
    def name(self, assignment):
        return assignment.user.name

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (queryset.filter(user__in=named(User.objects.all(), term)) if term else queryset), False

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change=change, **{"form": EndForm if obj else GrantForm, **kwargs})

    def get_fields(self, request, obj=None):
        return ["user", "role", "division", "starts", "ends", *(["reason"] if obj else [])]

    def get_readonly_fields(self, request, obj=None):
        return ["user", "role", "division", "starts"] if obj else []

    def has_change_permission(self, request, obj=None):
        over = obj is not None and obj.ends is not None and obj.ends <= timezone.localdate()
        return super().has_change_permission(request, obj) and not over


class AddUserForm(RoleForm):
    role = forms.ModelChoiceField(Group.objects.order_by("name"), label=_("Role"), widget=UnfoldAdminSelectWidget)
    division = forms.ModelChoiceField(Division.objects.none(), label=_("Division"))

    def call_service(self):
        names = ("username", "name", "email", "role", "division")
        user, self.password = create_user(by=self.actor, **{name: self.cleaned_data[name] for name in names})
        return user


class EditUserForm(ServiceForm):
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget)

    def call_service(self):
        given, user = self.cleaned_data, self.instance
        if {"name", "email"} & set(self.changed_data):
            user = edit_user(user=user, by=self.actor, name=given["name"], email=given["email"])
        if "is_active" in self.changed_data:
            switch = enable_user if given["is_active"] else disable_user
            user = switch(user=user, by=self.actor, reason=given["reason"])
        return user


class HeldInline(LookInline):
    model = Assignment
    fk_name = "user"
    fields = readonly_fields = ("role_name", "division", "starts", "ends")
    select = ("role", "division")

    @admin.display(description=_("role"))
    def role_name(self, assignment):
        return role_label(assignment.role)


@admin.register(User)
class UserAdmin(ServiceAdmin):
    """Users who hold a role inside the own divisions; rights come from assignments, never from this page."""

    list_display = ("username", "name", "roles", "is_active", "last_login")
    columns = ("name", "email", "roles", "is_active", "must_change_password", "last_login", "date_joined")
    ordering = ("username",)
    search_fields = ("username", "name")
    search_help_text = _("Login name or name")
    list_filter = (HeldPlaceFilter, HeldRoleFilter, "is_active")
    inlines = (HeldInline,)
    change_form_outer_before_template = "admin/user_actions.html"

    def holds(self, request, action, obj=None):
        """Every row comes out of `get_queryset`; whether its rights may be touched, the services decide."""
        return request.user.has_perm(self.right(action))

    def get_queryset(self, request):
        held = Assignment.objects.visible_to(request.user, self.right("view")).filter(user=OuterRef("pk"))
        today = Assignment.objects.in_force(timezone.localdate()).select_related("role", "division")
        rows = User.objects.prefetch_related(Prefetch("assignments", today, to_attr="held_today"))
        return rows if request.user.is_superuser else rows.filter(Exists(held))

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (named(queryset, term) if term else queryset), False

    @admin.display(description=_("roles today"))
    def roles(self, user):
        return "、".join(f"{role_label(row.role)} ({row.division})" for row in user.held_today)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **{"form": EditUserForm if obj else AddUserForm, **kwargs})
        if obj is None:
            place = form.base_fields["division"]
            place.widget = AutocompleteSelect(Assignment._meta.get_field("division"), self.admin_site)
            place.queryset = self.offered(Division, request)
        return form

    def get_fields(self, request, obj=None):
        if obj:
            return ["username", "name", "email", "is_active", "reason", "last_login", "date_joined"]
        return ["username", "name", "email", "role", "division"]

    def get_readonly_fields(self, request, obj=None):
        return ["username", "last_login", "date_joined"] if obj else []

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and obj != request.user

    def save_model(self, request, obj, form, change):
        if not change:
            words = {"user": obj, "password": form.password}
            messages.success(
                request, gettext("The initial password of %(user)s, shown this once: %(password)s") % words
            )

    def response_add(self, request, obj, post_url_continue=None):
        return redirect("admin:accounts_user_change", obj.pk)

    # Verbs on one user ----------------------------------------------------------------------------------------------

    def get_urls(self):
        act = self.admin_site.admin_view(require_POST(self.act))
        return [path("<int:pk>/act/<slug:verb>/", act, name="accounts_user_act"), *super().get_urls()]

    def act(self, request, pk, verb):
        user = self.get_object(request, str(pk))
        if user is None or verb not in VERBS:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        messages.success(request, VERBS[verb](user, request.user))
        return redirect(reverse("admin:accounts_user_change", args=[user.pk]))


def named(users, term):
    return users.filter(username__startswith=term) | users.filter(name__contains=term)


def told_password(user, by):
    password = reset_password(user=user, by=by)
    return gettext("The new initial password of %(user)s, shown this once: %(password)s") % {
        "user": user,
        "password": password,
    }


def told_unlock(user, by):
    unlock_user(user=user, by=by)
    return gettext("%(user)s can sign in again.") % {"user": user}


def told_withdrawal(user, by):
    withdraw_token(user=user, by=by)
    return gettext("The interface key of %(user)s works no more.") % {"user": user}


VERBS = {
    "password": told_password,
    "unlock": told_unlock,
    "withdraw-token": told_withdrawal,
}
