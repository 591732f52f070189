from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldBooleanSwitchWidget

from casework import workdays
from casework.admin.base import ServiceAdmin, ServiceForm
from casework.models import CalendarDay
from casework.services.calendar import complete_year, set_days


class YearFilter(SimpleListFilter):
    title = _("year")
    parameter_name = "year"

    def lookups(self, request, model_admin):
        return [(str(day.year), str(day.year)) for day in CalendarDay.objects.dates("date", "year", order="DESC")]

    def queryset(self, request, queryset):
        return queryset.filter(date__year=self.value()) if self.value() in dict(self.lookup_choices) else queryset


class EditDayForm(ServiceForm):
    def call_service(self):
        day, given = self.instance.date, self.cleaned_data
        return set_days(first=day, last=day, working=given["working"], note=given["note"], by=self.actor)


class AddDaysForm(ServiceForm):
    first = forms.DateField(label=_("First day"), widget=UnfoldAdminSingleDateWidget)
    last = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("The last of the days; empty for a single one."),
    )
    complete = forms.BooleanField(
        label=_("These were the last ones of the year"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Fills the rest of the year with Monday to Friday; from then on its due dates are firm."),
    )

    def call_service(self):
        given = self.cleaned_data
        first, last = given["first"], given["last"] or given["first"]
        row = set_days(first=first, last=last, working=given["working"], note=given["note"], by=self.actor)
        if given["complete"]:
            complete_year(year=first.year, by=self.actor)
        return row


@admin.register(CalendarDay)
class CalendarDayAdmin(ServiceAdmin):
    """The days offices work. What is over stays as it was: terms were counted with it."""

    placed = False
    list_display = ("date", "weekday", "working", "note")
    list_filter = (YearFilter, "working")
    search_fields = ("note",)
    search_help_text = _("Festival")
    ordering = ("-date",)

    @admin.display(description=_("weekday"))
    def weekday(self, row):
        return date_format(row.date, "l")

    def has_add_permission(self, request):
        return self.holds(request, "change")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.date >= timezone.localdate())

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = EditDayForm if obj else AddDaysForm
        return super().get_form(request, obj, change=change, **{"form": form, **kwargs})

    def get_fields(self, request, obj=None):
        return ["date", "working", "note"] if obj else ["first", "last", "working", "note", "complete"]

    def get_readonly_fields(self, request, obj=None):
        return ["date"] if obj else []

    def changelist_view(self, request, extra_context=None):
        for year in workdays.missing_years(timezone.localdate() + workdays.LOOK_AHEAD):
            text = gettext("The calendar of %(year)s is not complete: its due dates count Monday to Friday for now.")
            messages.warning(request, text % {"year": year})
        return super().changelist_view(request, extra_context)
