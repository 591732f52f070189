"""Addresses of organizations, imports and divisions."""

from django.urls import path

from registry.views import lists, organizations

RECORD = "organizations/<uuid:uid>/"

app_name = "registry"
urlpatterns = [
    path("organizations/", lists.OrganizationList.as_view(), name="organizations"),
    path("organizations/columns/", lists.ColumnChoice.as_view(), name="organization_columns"),
    path("organizations/add/", organizations.OrganizationAdd.as_view(), name="organization_add"),
    path(RECORD, organizations.OrganizationRecord.as_view(), name="organization"),
    path(f"{RECORD}edit/", organizations.OrganizationEdit.as_view(), name="organization_edit"),
    path(f"{RECORD}standing/", organizations.Standing.as_view(), name="organization_standing"),
    path(f"{RECORD}end/", organizations.End.as_view(), name="organization_end"),
    path(f"{RECORD}reopen/", organizations.Reopen.as_view(), name="organization_reopen"),
    path(f"{RECORD}figures/", organizations.Figures.as_view(), name="organization_figures"),
    path(f"{RECORD}functions/", organizations.FlagAdd.as_view(), name="organization_flag_add"),
    path(f"{RECORD}functions/<int:pk>/end/", organizations.FlagEnd.as_view(), name="organization_flag_end"),
    path(f"{RECORD}classify/", organizations.Classify.as_view(), name="organization_classify"),
    path(f"{RECORD}reveal/", organizations.Reveal.as_view(), name="organization_reveal"),
]
