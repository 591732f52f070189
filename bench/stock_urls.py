"""Unfold's admin as it comes, over the same table: the peer of bench_lists."""

from django.urls import path
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from config.urls import urlpatterns as portal
from registry.models import Organization


class StockAdmin(ModelAdmin):
    list_display = ("name", "tier", "type", "division", "state", "founded")
    list_select_related = ("type", "division")
    list_filter = ("tier", "state")
    search_fields = ("name",)
    list_per_page = 25


site = UnfoldAdminSite("stock")
site.register(Organization, StockAdmin)
urlpatterns = [path("stock/", site.urls), *portal]
