"""Addresses everybody may open. The short one is what QR codes hold: it never changes."""

from django.urls import path

from registry.views import guides, phone, progress, public, silence

app_name = "public"
urlpatterns = [
    path("public/", public.Front.as_view(), name="front"),
    path("public/organizations/", public.Directory.as_view(), name="organizations"),
    path("public/organizations/<uuid:uid>/", public.Profile.as_view(), name="organization"),
    path("public/divisions/children/", public.DivisionChildren.as_view(), name="division_children"),
    path("public/check/", public.Check.as_view(), name="check"),
    path("public/progress/", progress.Progress.as_view(), name="progress"),
    path("public/guides/", guides.Guides.as_view(), name="guides"),
    path("public/guides/forms/<slug:code>/", guides.Sample.as_view(), name="sample"),
    path("public/guides/<slug:kind>/", guides.Guide.as_view(), name="guide"),
    path("public/messages/", phone.Messages.as_view(), name="messages"),
    path("still-active/<str:token>/", silence.StillActive.as_view(), name="still_active"),
    path("c/<str:code>/", public.Scan.as_view(), name="scan"),
]
