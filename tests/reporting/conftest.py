from tests.builders import make_target_set, make_world
from tests.worlds import shared


def with_targets():
    """坪山区: three urban communities and one village; a set of targets given for the district."""
    world = make_world()
    world.set = make_target_set(world.district)
    return world


made_world, world = shared(with_targets)
