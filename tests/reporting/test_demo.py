"""The demo goes into an empty portal, once."""

import pytest
from django.core.management import CommandError, call_command

from casework.models import Case
from tests import builders

pytestmark = pytest.mark.django_db


def test_a_portal_with_organizations_gets_no_demo(settings):
    settings.DEBUG = True
    world = builders.make_world()
    builders.make_organization(world.community, world.types["culture"])
    call_command("load_demo", if_empty=True)
    assert not Case.objects.exists()
    with pytest.raises(CommandError, match="empty portal"):
        call_command("load_demo")


def test_production_refuses_the_demo(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=0"):
        call_command("load_demo")
