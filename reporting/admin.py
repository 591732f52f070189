from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts.models.division import in_paths
from casework.admin.base import ReadOnlyAdmin, ScopedAdmin, ServiceAdmin
from casework.admin.lists import DivisionFilter
from registry.admin.exports import ListExport
from registry.models.scheme import Tier
from reporting.models import Baseline, Mechanism, Policy, Target, TargetSet
from reporting.services import (
    NAMES,
    close_target_set,
    copy_target_set,
    drop_target_set,
    freeze_baselines,
    open_target_set,
    remove_target,
    right_to_edit,
)
from reporting.target_forms import FIGURES, DoneAction, TargetForm, TargetSetForm, in_words, trimmed

FORMULA = ("formula", "kind", "level", "numerator", "denominator", "factor", "tiers", "basis", "classing")


def told(model, name):
    """A figure of a row without the zeros it is kept with."""

    @admin.display(description=model._meta.get_field(name).verbose_name, ordering=name)
    def show(page, row):
        value = getattr(row, name)
        return None if value is None else f"{trimmed(value):,}"

    return show


class Lines(TabularInline):
    """Rows shown below a record; they are edited on pages of their own."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class MechanismLines(Lines):
    model = Mechanism
    fields = ("code", "kind", "name", "level", "clause")
    show_change_link = False


class TargetLines(Lines):
    model = Target
    fields = ("code", "name", "kind", "told_value", "unit", "deadline", "clause")
    readonly_fields = ("told_value",)
    told_value = told(Target, "value")


class BaselineLines(Lines):
    model = Baseline
    fields = readonly_fields = (
        "division",
        "on",
        "told_numerator",
        "told_denominator",
        "told_value",
        "version",
        "frozen_at",
        "by",
        "reason",
    )
    show_change_link = False
    told_numerator, told_denominator, told_value = (
        told(Baseline, name) for name in ("numerator", "denominator", "value")
    )

    def get_queryset(self, request):
        places = in_paths("division__path", request.user.paths("reporting.view_targetset"))
        return super().get_queryset(request).filter(places).select_related("division")


class PolicyPlaceFilter(DivisionFilter):
    """Documents that hold at the place: given for it, for one above it, or for the whole portal."""

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        places = self.chosen.ancestor_ids if self.chosen else []
        return queryset.filter(Q(divisions__in=places) | Q(divisions=None)).distinct()


@admin.register(Policy)
class PolicyAdmin(ListExport, ReadOnlyAdmin):
    placed = False
    exports, export_path = "reporting.view_policy", ""
    list_display = ("name", "issuer", "issued", "valid_from", "valid_to", "state", "loaded_at")
    columns = ("code", "issuer", "source", "issued", "valid_from", "valid_to", "state", "loaded_at")
    list_filter = (PolicyPlaceFilter, "state")
    search_fields = ("name", "code")
    fields = (
        "code",
        "name",
        "issuer",
        "source",
        "issued",
        "valid_from",
        "valid_to",
        "state",
        "divisions",
        "note",
        "loaded_at",
    )
    inlines = (MechanismLines,)


@admin.register(Mechanism)
class MechanismAdmin(ReadOnlyAdmin):
    placed = False
    list_display = ("code", "kind", "name", "level", "policy", "clause")
    list_select_related = ("policy",)
    list_filter = ("policy", "kind")
    search_fields = ("code", "name")

    def right(self, action):
        return "reporting.view_policy"


class SetRights(ScopedAdmin):
    """Who may see target sets sees those of places above too; who may change them does so at their own places only."""

    def right(self, action):
        return f"reporting.{action}_targetset"

    def holds(self, request, action, obj=None):
        if obj is None or action == "view":
            return request.user.has_perm(self.right(action))
        target_set = self.set_of(obj)
        places = list(target_set.divisions.all())
        return request.user.has_perm(self.right(action)) and all(
            request.user.has_perm(self.right(action), place) for place in places
        )

    def has_change_permission(self, request, obj=None):
        if not super().has_change_permission(request, obj) or obj is None:
            return super().has_change_permission(request, obj)
        return not self.set_of(obj).closed and self.may_edit(request, self.set_of(obj))

    def may_edit(self, request, target_set):
        """What stands in force is changed by whoever decides."""
        return all(request.user.has_perm(right_to_edit(target_set), place) for place in target_set.divisions.all())

    def set_of(self, obj):
        return obj

    def construct_change_message(self, request, form, formsets, add=False):
        """The services tell the trail what changed; the rows shown below are not saved here."""
        return ""

    def get_fieldsets(self, request, obj=None):
        """A page to look at, or to add with, has no version to carry."""
        groups = super().get_fieldsets(request, obj)
        if obj is not None and self.has_change_permission(request, obj):
            return groups
        return [
            (title, {**group, "fields": [name for name in group["fields"] if name != "set_version"]})
            for title, group in groups
        ]


def each(model_admin, request, queryset, service, done):
    """Calls a service for every chosen row; what it refuses is said beside the row's name and undoes that row only."""
    for row in queryset:
        try:
            service(row)
        except ValidationError as error:
            text = gettext("%(row)s: %(why)s") % {"row": row, "why": " ".join(error.messages)}
            model_admin.message_user(request, text, messages.ERROR)
        else:
            model_admin.message_user(request, done % {"row": row}, messages.SUCCESS)


@admin.register(TargetSet)
class TargetSetAdmin(SetRights, ServiceAdmin):
    form = TargetSetForm
    list_display = ("name", "state", "places", "valid_from", "valid_to", "copied_from")
    list_select_related = ("copied_from",)
    list_filter = ("state",)
    search_fields = ("name", "code")
    autocomplete_fields = ("divisions",)
    readonly_fields = ("code", "policy", "state", "copied_from")
    fields = ("code", "policy", "state", "copied_from", "name", "valid_from", "valid_to", "divisions", "set_version")
    inlines = (TargetLines,)
    actions = ("copy_sets", "open_sets", "close_sets", "drop_sets")

    def get_fields(self, request, obj=None):
        return self.fields if obj else ("name", "valid_from", "valid_to", "divisions")

    def get_inlines(self, request, obj):
        return self.inlines if obj else ()

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("divisions")

    @admin.display(description=_("given for"))
    def places(self, target_set):
        return ", ".join(str(place) for place in target_set.divisions.all())

    @admin.action(description=_("Copy to a new draft"), permissions=["copy"])
    def copy_sets(self, request, queryset):
        each(
            self,
            request,
            queryset,
            lambda row: copy_target_set(source=row, by=request.user),
            gettext("Copied: %(row)s"),
        )

    @admin.action(description=_("Put in force"), permissions=["decide"])
    def open_sets(self, request, queryset):
        self.require_all(request, queryset, "decide")
        each(
            self,
            request,
            queryset,
            lambda row: open_target_set(target_set=row, by=request.user),
            gettext("In force: %(row)s"),
        )

    @admin.action(description=_("Close for good"), permissions=["decide"])
    def close_sets(self, request, queryset):
        self.require_all(request, queryset, "decide")
        each(
            self,
            request,
            queryset,
            lambda row: close_target_set(target_set=row, by=request.user),
            gettext("Closed: %(row)s"),
        )

    @admin.action(description=_("Drop the draft"), permissions=["change"])
    def drop_sets(self, request, queryset):
        self.require_all(request, queryset, "change")
        each(
            self,
            request,
            queryset,
            lambda row: drop_target_set(target_set=row, by=request.user),
            gettext("Dropped: %(row)s"),
        )

    def has_decide_permission(self, request):
        return request.user.has_perm("reporting.decide_targetset")

    def has_copy_permission(self, request):
        return request.user.has_perm("reporting.add_targetset")

    def require_all(self, request, queryset, action):
        if not all(self.holds(request, action, row) for row in queryset):
            raise PermissionDenied


class SetFilter(admin.SimpleListFilter):
    """Sets the user may see: a plain filter would offer the drafts of other bureaus."""

    title = _("target set")
    parameter_name = "set"

    def lookups(self, request, model_admin):
        return [(row.pk, str(row)) for row in TargetSet.objects.visible_to(request.user)]

    def queryset(self, request, queryset):
        return queryset.filter(set=int(self.value())) if (self.value() or "").isdecimal() else queryset


@admin.register(Target)
class TargetAdmin(ListExport, SetRights, ServiceAdmin):
    form = TargetForm
    exports, export_path = "reporting.view_targetset", ""
    list_display = ("code", "name", "set", "level", "kind", "told_value", "unit", "deadline")
    columns = (
        "name", "set", "level", "kind", "basis", "direction", "told_value", "told_good_value", "unit", "period",
        "deadline", "baseline_on", "clause",
    )  # fmt: skip
    list_select_related = ("set",)
    list_filter = (SetFilter, "kind", "level", "period")
    search_fields = ("code", "name")
    inlines = (BaselineLines,)
    actions = ("freeze", "remove")
    action_form = DoneAction

    fieldsets = (
        (None, {"fields": ("set", "code", "name", "clause", "note", "set_version")}),
        (_("Target line"), {"fields": ("direction", "value", "good_value", "unit", "basically", "period", "deadline")}),
        (_("How it is computed"), {"fields": FORMULA}),
        (_("Baseline and data"), {"fields": ("baseline_on", "baseline_value", "reported", "reporters", "needs")}),
    )

    def get_readonly_fields(self, request, obj=None):
        return ("set", "code", *(f"told_{name}" for name in (*NAMES, *FIGURES))) if obj else ()

    def get_fieldsets(self, request, obj=None):
        """Where nothing is chosen, measures and tiers are told by their names in words, figures without zeros."""
        groups = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return groups
        names = {name: f"told_{name}" for name in (*NAMES, *FIGURES)}
        return [
            (title, {**group, "fields": [names.get(name, name) for name in group["fields"]]}) for title, group in groups
        ]

    told_value, told_good_value, told_factor, told_baseline_value = (told(Target, name) for name in FIGURES)

    @admin.display(description=_("numerator"))
    def told_numerator(self, target):
        return in_words(target.numerator)

    @admin.display(description=_("denominator"))
    def told_denominator(self, target):
        return in_words(target.denominator)

    @admin.display(description=_("tiers counted"))
    def told_tiers(self, target):
        return "、".join(str(Tier(tier).label) for tier in target.tiers)

    def get_inlines(self, request, obj):
        return self.inlines if obj else ()

    def offered(self, model, request):
        """Sets that still change."""
        rows = super().offered(model, request)
        return rows.exclude(state=TargetSet.State.CLOSED) if model is TargetSet else rows

    def get_queryset(self, request):
        sets = TargetSet.objects.visible_to(request.user, self.right("view"))
        return Target.objects.filter(set__in=sets).select_related("set").order_by("set__code", "order", "code")

    def set_of(self, obj):
        return obj.set

    @admin.action(description=_("Freeze the baseline"), permissions=["freeze"])
    def freeze(self, request, queryset):
        reason = request.POST.get("reason", "").strip()[:300]
        each(
            self,
            request,
            queryset,
            lambda row: freeze_baselines(target=row, by=request.user, reason=reason),
            gettext("Baseline frozen: %(row)s"),
        )

    @admin.action(description=_("Remove from the draft"), permissions=["change"])
    def remove(self, request, queryset):
        each(
            self,
            request,
            queryset,
            lambda row: remove_target(target=row, by=request.user),
            gettext("Removed: %(row)s"),
        )

    def has_freeze_permission(self, request):
        return request.user.has_perm("reporting.freeze_baseline")
