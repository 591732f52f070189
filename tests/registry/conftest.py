"""What the tests of the register start from."""

from datetime import date

import pytest
from django.utils import translation

from registry.naming import name_key
from registry.services.organizations import create_organization
from registry.services.people import person_for
from tests import builders, worlds

PHONE, ID = "13812345678", "11010519491231002X"


@pytest.fixture
def in_english():
    with translation.override("en"):
        yield


made_world, world = worlds.shared(builders.make_world)


@pytest.fixture
def officer(world):
    return builders.make_user(
        division=world.district,
        perms={"registry.view_organization", "registry.add_organization", "registry.change_organization"},
    )


@pytest.fixture
def clerk(world):
    return builders.make_user(
        division=world.street, perms={"registry.add_organization", "registry.change_organization"}
    )


@pytest.fixture
def create(world, officer):
    def make(name="夕阳红舞蹈队", **fields):
        given = {"tier": "team", "division": world.community, "type": world.types["culture"], "by": officer, **fields}
        return create_organization(name=name, **{"founded": date(2020, 5, 1), **given})

    return make


@pytest.fixture
def stored(world):
    def store(name="夕阳红舞蹈队", division=None, **fields):
        division = division or world.community
        fields.setdefault("leader", person_for(name="王小明", phone=PHONE, id_number=ID))
        key = name_key(name, division=division)
        return builders.make_organization(division, world.types["culture"], name=name, name_key=key, **fields)

    return store


@pytest.fixture
def sign_in(client):
    def enter(division, perms):
        user = builders.make_user(division=division, perms=perms)
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return user

    return enter
