import pytest
from django.test import Client

from tests import worlds
from tests.builders import make_organization, make_user, make_world


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch):
    """The limit counts in the cache all test processes share; one test looks at it alone."""
    monkeypatch.setattr("casework.api.CallerThrottle.rate", None)


made_world, world = worlds.shared(make_world)


@pytest.fixture
def officer(world):
    return make_user("bureau_officer", world.district)


@pytest.fixture
def page(officer):
    """A browser in which the bureau officer is signed in."""
    return signed_in(officer)


@pytest.fixture
def organizations(world):
    kind = world.types["culture"]
    return [
        make_organization(world.community, kind, name="坪山舞蹈队"),
        make_organization(world.second_community, kind, name="坪环合唱队", tier="group"),
        make_organization(world.far_community, kind, name="葵涌书画社"),
    ]


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client
