from rest_framework.test import APIClient

from casework.models import AuditEvent
from casework.tokens import withdraw_token


def test_withdrawing_a_token_nobody_has_is_no_event(officer):
    assert not withdraw_token(user=officer, by="operator")
    assert not AuditEvent.objects.filter(action="withdraw_token").exists()


def test_without_the_cache_nobody_is_counted_and_everybody_served(officer, monkeypatch, settings):
    monkeypatch.setattr("casework.api.CallerThrottle.rate", "1/min")
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/valkey.sock"}}
    caller = APIClient()
    caller.force_login(officer)
    assert [caller.get("/api/v1/divisions/").status_code for _ in range(2)] == [200, 200]
