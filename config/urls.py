"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from config import health

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api_urls")),
    path("", include("casework.urls")),
    path("", include("registry.public_urls")),
    path("", include("registry.applicant_urls")),
    path("", include("registry.urls")),
    path("", include("reporting.urls")),
]
