"""What every administration page keeps to: place, rights, the trail, closed look-ups, fixed numbers of queries."""

from django import forms
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline

from casework import audit
from casework.admin.lists import ColumnChoice, KeysetChangeList
from casework.admin.words import tell
from casework.models import AuditEvent
from casework.paging import CappedPaginator

HISTORY_LIMIT = 100


class WordsField(forms.JSONField):
    """A list of words; an emptied box is an empty list."""

    def to_python(self, value):
        words = super().to_python(value) or []
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValidationError(_('Write a list of names: ["…", "…"].'))
        return words


class ScopedAdmin(ColumnChoice, ModelAdmin):
    """Shows and offers only what lies inside the user's divisions and writes one audit event per save.

    Outside is the same 404 as missing. Nothing is deleted here. Look-ups in the address are limited to the declared
    filters, so that no hidden value can be asked for letter by letter.
    """

    keyset = ()
    placed = True
    actions = None
    sortable_by = ()
    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    formfield_overrides = {models.JSONField: {"form_class": WordsField}}
    view_on_site = False
    warn_unsaved_form = True
    compressed_fields = True
    list_fullwidth = True
    list_filter_sheet = False
    change_list_template = "admin/scoped_change_list.html"
    object_history_template = "admin/scoped_history.html"

    # Place and right -------------------------------------------------------------------------------------------------

    def right(self, action):
        return f"{self.opts.app_label}.{get_permission_codename(action, self.opts)}"

    def holds(self, request, action, obj=None):
        return request.user.has_perm(self.right(action), obj if self.placed else None)

    def has_view_permission(self, request, obj=None):
        return self.holds(request, "view", obj) or self.holds(request, "change", obj)

    def has_change_permission(self, request, obj=None):
        return self.holds(request, "change", obj)

    def has_add_permission(self, request):
        return self.holds(request, "add")

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.visible_to(request.user, self.right("view")) if self.placed else rows

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404

    def lookup_allowed(self, lookup, value, request):
        return lookup in {name for entry in self.get_list_filter(request) for name in parameters_of(entry)}

    # Choices offered -------------------------------------------------------------------------------------------------

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        return without_pop_ups(super().formfield_for_dbfield(db_field, request, **kwargs))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", self.offered(db_field.remote_field.model, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", self.offered(db_field.remote_field.model, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def offered(self, model, request):
        """Rows of another table this user may choose: those at places where they may write what is edited here."""
        rows = model.objects.all()
        action = "change" if self.holds(request, "change") else "add"
        return rows.visible_to(request.user, self.right(action)) if hasattr(rows, "visible_to") else rows

    # Saving ----------------------------------------------------------------------------------------------------------

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self.require_place(request, form.instance, change)
        self.audit_save(request, form, change)

    def require_place(self, request, obj, change):
        """Refuse (and roll back) a save that put the row where its editor may not write."""
        fresh = self.model.objects.get(pk=obj.pk)
        if not self.holds(request, "change" if change else "add", fresh):
            raise PermissionDenied

    def audit_save(self, request, form, change):
        """Services write their own events; a form saved by Django itself is told of here."""
        if change and not form.changed_data:
            return
        before = {name: plain(form.initial.get(name)) for name in form.changed_data} if change else None
        after = {name: plain(form.cleaned_data.get(name)) for name in form.changed_data}
        action = f"{self.opts.model_name}.{'edit' if change else 'create'}"
        audit.record(action, form.instance, by=request.user, before=before, after=after)

    def construct_change_message(self, request, form, formsets, add=False):
        return ""

    def log_addition(self, request, obj, message):
        return None

    def log_change(self, request, obj, message):
        return None

    # Lists and history -----------------------------------------------------------------------------------------------

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList if self.keyset else super().get_changelist(request, **kwargs)

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %(name)s") % {"name": obj},
            "events": [tell(event, self.model) for event in AuditEvent.objects.about(obj)[:HISTORY_LIMIT]],
            "limit": HISTORY_LIMIT,
            "opts": self.opts,
            "object": obj,
            "original": obj,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context)


class ReadOnlyAdmin(ScopedAdmin):
    """A list and records to look at; whatever changes them does so elsewhere."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class LookInline(TabularInline):
    """Dependent rows to look at below a record."""

    extra = 0
    max_num = 0
    can_delete = False
    select = ()

    def get_queryset(self, request):
        return super().get_queryset(request).select_related(*self.select)

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class ServiceForm(forms.ModelForm):
    """A form that is saved by a service: what the service refuses stands beside the fields, nothing is half written.

    `actor` is set for each request; `call_service` returns the stored row.
    """

    actor = None

    def full_clean(self):
        super().full_clean()
        if not self.is_bound or self.errors:
            return
        try:
            with transaction.atomic():
                self.stored = self.call_service()
        except ValidationError as error:
            self.show(error)

    def show(self, error):
        told = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
        for name, faults in told.items():
            self.add_error(name if name in self.fields else None, faults)

    def call_service(self):
        raise NotImplementedError


class ServiceAdmin(ScopedAdmin):
    """Pages whose rows are written by services, which check the place and write the audit event themselves."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor = request.user
        return form

    def save_form(self, request, form, change):
        return form.stored

    def save_model(self, request, obj, form, change):
        return None

    def save_related(self, request, form, formsets, change):
        return None


def parameters_of(entry):
    """The names in the address one entry of `list_filter` reads."""
    if isinstance(entry, str):
        return {f"{entry}__exact", f"{entry}__id__exact"}
    return {entry.parameter_name}


def without_pop_ups(field):
    """Without the buttons that add or edit the related row in a pop-up: those rows have their own pages and rights."""
    if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
        field.widget.can_add_related = field.widget.can_change_related = False
        field.widget.can_delete_related = field.widget.can_view_related = False
    return field


def plain(value):
    """A form value as the audit trail keeps it: keys instead of rows."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, models.QuerySet | list | tuple):
        return [plain(item) for item in value]
    return value
