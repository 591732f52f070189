"""Fixtures every test may use."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _empty_cache(request):
    """A test that may touch the database starts with an empty cache as well."""
    if request.node.get_closest_marker("django_db"):
        cache.clear()
