"""Addresses of organizations, imports and divisions."""

app_name = "registry"
urlpatterns = []
