"""Addresses of cases: the lists, the page of a case, its steps."""

from django.urls import path, re_path

from casework import views

CASE = "cases/<uuid:uid>/"

app_name = "casework"
urlpatterns = [
    path("cases/", views.CaseList.as_view(), name="cases"),
    re_path(r"^cases/(?P<name>done|mine|copies|drafts)/$", views.CaseList.as_view(), name="queue"),
    path("cases/batch/", views.Batch.as_view(), name="batch"),
    path(CASE, views.CasePage.as_view(), name="case"),
    path(f"{CASE}files/<uuid:file>/", views.CaseFile.as_view(), name="file"),
    path(f"{CASE}step/", views.Step.as_view(), name="step"),
    re_path(
        r"^cases/(?P<uid>[0-9a-f-]{36})/(?P<verb>claim|release|urge|reassign)/$", views.Handle.as_view(), name="handle"
    ),
]
