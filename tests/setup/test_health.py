from http import HTTPStatus

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from config import health


@pytest.fixture(autouse=True)
def _ask_again():
    health.all_migrations_applied.cache_clear()
    yield
    health.all_migrations_applied.cache_clear()


def test_alive_touches_no_database(client):
    answer = client.get("/healthz")
    assert answer.status_code == HTTPStatus.OK
    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_with_everything_there(client):
    assert client.get("/readyz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_the_good_answer_costs_one_small_query(client, django_assert_max_num_queries):
    client.get("/readyz")
    with django_assert_max_num_queries(4):
        client.get("/readyz")


@pytest.mark.django_db
def test_redis_down_only_degrades(client, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    answer = client.get("/readyz")
    assert answer.status_code == HTTPStatus.OK
    assert answer.json() == {"status": "degraded"}


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready_and_not_remembered(client):
    row = MigrationRecorder(connection).migration_qs.filter(app="accounts").latest("id")
    row.delete()
    answer = client.get("/readyz")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json() == {"status": "unavailable", "check": "migrations"}
    row.save(force_insert=True)
    assert client.get("/readyz").status_code == HTTPStatus.OK


@pytest.mark.django_db
def test_no_place_for_uploads_is_not_ready(client, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    answer = client.get("/readyz")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json()["check"] == "media"


def test_only_reading_is_allowed(client):
    assert client.post("/healthz").status_code == HTTPStatus.METHOD_NOT_ALLOWED
