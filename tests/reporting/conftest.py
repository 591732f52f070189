import pytest

from tests.builders import make_target_set, make_world


@pytest.fixture
def world(db):
    """坪山区: three urban communities and one village; a set of targets given for the district."""
    world = make_world()
    world.set = make_target_set(world.district)
    return world
