"""What load balancers and container health checks ask."""

import os
from functools import cache

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from casework import anchor


class NotReadyError(Exception):
    """A check failed; the text is the check's name and nothing more, because everybody may read it."""


@transaction.non_atomic_requests
@never_cache
@login_not_required
@require_safe
def alive(request):
    return JsonResponse({"status": "ok"})


@transaction.non_atomic_requests
@never_cache
@login_not_required
@require_safe
def ready(request):
    try:
        check_database()
        check_migrations()
        check_media()
        check_restore()
    except NotReadyError as failure:
        return JsonResponse({"status": "unavailable", "check": str(failure)}, status=503)
    return JsonResponse({"status": "ok" if redis_answers() else "degraded"})


def check_database():
    """The database answers within a second."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '1s'")
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise NotReadyError("database") from error


def check_migrations():
    """Every migration of this code is applied."""
    try:
        applied = all_migrations_applied()
    except DatabaseError as error:
        raise NotReadyError("migrations") from error
    if not applied:
        # Only the good answer is worth keeping: it cannot become untrue while this code runs.
        all_migrations_applied.cache_clear()
        raise NotReadyError("migrations")


@cache
def all_migrations_applied():
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def check_media():
    """Uploads can be stored: the folder is there, or can be made, and is writable."""
    folder = settings.MEDIA_ROOT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotReadyError("media") from error
    if not os.access(folder, os.W_OK):
        raise NotReadyError("media")


def check_restore():
    """The database is not older than the audit trail's anchor: numbers on paper would be given again."""
    try:
        anchor.require_current()
    except (DatabaseError, anchor.BehindAnchorError) as error:
        raise NotReadyError("restore") from error


def redis_answers():
    """Losing Redis loses time and no work, so it only degrades the portal."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        return client.ping()
    except redis.RedisError:
        return False
    finally:
        client.close()
