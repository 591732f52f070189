"""Addresses of dashboards."""

from django.urls import path

from reporting import views

app_name = "reporting"
urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/<int:pk>/", views.Dashboard.as_view(), name="dashboard"),
    path("dashboard/<int:pk>/screen/", views.Screen.as_view(), name="screen"),
    path("dashboard/<int:pk>/export/", views.export, name="export"),
    path("dashboard/<int:pk>/measures/<slug:name>/", views.MeasurePage.as_view(), name="measure"),
    path("dashboard/<int:pk>/indicators/<slug:name>/", views.IndicatorPage.as_view(), name="indicator"),
    path("dashboard/<int:pk>/targets/<int:target>/", views.TargetPage.as_view(), name="target"),
]
