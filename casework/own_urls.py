"""Addresses of what an officer arranges for themselves: phrases, filters, a substitute, handing over."""

from django.urls import path

from casework.views import own

urlpatterns = [
    path("cases/phrases/", own.Phrases.as_view(), name="phrases"),
    path("cases/phrases/<int:pk>/remove/", own.PhraseRemove.as_view(), name="phrase_remove"),
    path("cases/filters/", own.FilterSave.as_view(), name="filter_save"),
    path("cases/filters/<int:pk>/remove/", own.FilterRemove.as_view(), name="filter_remove"),
    path("absence/", own.Absence.as_view(), name="absence"),
    path("absence/<int:pk>/end/", own.AbsenceEnd.as_view(), name="absence_end"),
    path("account/key/", own.ApiKey.as_view(), name="api_key"),
    path("handover/", own.HandOver.as_view(), name="handover"),
]
