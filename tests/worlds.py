"""A world made once for all tests of a module: the database goes back to it after each test, the objects are copies."""

from copy import deepcopy

import pytest
from django.db import transaction

from tests import builders, cases


def shared(make):
    """Two fixtures to be named `made_world` and `world`: what `make()` built for the module, and each test's copy.

    Not for modules with tests that commit: the module's transaction stays open until its last test.
    """

    @pytest.fixture(scope="module")
    def made_world(django_db_setup, django_db_blocker):
        with django_db_blocker.unblock(), transaction.atomic():
            yield make()
            transaction.set_rollback(True)

    @pytest.fixture
    def world(made_world, db):
        return deepcopy(made_world)

    return made_world, world


def with_people():
    return cases.make_people(builders.make_world())
