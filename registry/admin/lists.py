from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.utils.translation import gettext_lazy as _

from casework.admin.base import ScopedAdmin
from registry.models import OrganizationType, Scheme, Term, TierWord, TypeMapping


class SchemeFilter(SimpleListFilter):
    title = _("scheme")
    parameter_name = "scheme"
    field = "scheme"

    def lookups(self, request, model_admin):
        return [(scheme.code, str(scheme)) for scheme in Scheme.objects.all()]

    def queryset(self, request, queryset):
        return queryset.filter(**{f"{self.field}__code": self.value()}) if self.value() else queryset


class SourceSchemeFilter(SchemeFilter):
    field = "source__scheme"


class WordAdmin(ScopedAdmin):
    """Words hold for the whole portal: who may change them may change them for everyone."""

    placed = False
    list_per_page = 50


@admin.register(Scheme)
class SchemeAdmin(WordAdmin):
    list_display = ("code", "name", "policy")
    search_fields = ("code", "name")
    autocomplete_fields = ("divisions",)


@admin.register(OrganizationType)
class OrganizationTypeAdmin(WordAdmin):
    list_display = ("name", "code", "scheme", "synonyms", "order")
    list_select_related = ("scheme",)
    list_filter = (SchemeFilter,)
    search_fields = ("name", "code")


@admin.register(TierWord)
class TierWordAdmin(WordAdmin):
    list_display = ("word", "tier", "scheme", "order")
    list_select_related = ("scheme",)
    list_filter = (SchemeFilter, "tier")


@admin.register(TypeMapping)
class TypeMappingAdmin(WordAdmin):
    list_display = ("source_words", "target_words", "exact")
    list_select_related = ("source__scheme", "target__scheme")
    list_filter = (SourceSchemeFilter, "exact")
    autocomplete_fields = ("source", "target")

    @admin.display(description=_("from"))
    def source_words(self, mapping):
        return f"{mapping.source.scheme} · {mapping.source}"

    @admin.display(description=_("to"))
    def target_words(self, mapping):
        return f"{mapping.target.scheme} · {mapping.target}"


@admin.register(Term)
class TermAdmin(WordAdmin):
    list_display = ("name", "list", "code", "synonyms", "order", "clause")
    list_filter = ("list",)
    search_fields = ("name", "code")
