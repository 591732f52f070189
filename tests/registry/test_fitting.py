import pytest
from django.core.exceptions import ValidationError

from casework.models import Case
from registry.matters import MATTERS
from registry.models.scheme import Tier
from registry.services.filings import open_filing
from tests import builders, cases

pytestmark = pytest.mark.django_db
ABOUT = [(kind, tier) for kind, matter in MATTERS.items() if matter.tiers for tier in Tier]


@pytest.mark.parametrize(("kind", "tier"), ABOUT)
def test_a_matter_is_opened_for_its_tiers_only(kind, tier):
    world = cases.make_people(builders.make_world())
    organization = cases.filed_organization(world, tier=tier)
    fields = {"kind": kind, "by": "system", "division": world.community, "organization": organization}
    if tier in MATTERS[kind].tiers:
        assert open_filing(**fields).organization == organization
        return
    with pytest.raises(ValidationError) as refused:
        open_filing(**fields)
    assert refused.value.code == "tier"
    assert organization.name in refused.value.message
    assert not Case.objects.exists()


@pytest.mark.parametrize("kind", sorted({kind for kind, _tier in ABOUT}))
def test_what_is_about_an_organization_names_one(kind):
    world = cases.make_people(builders.make_world())
    with pytest.raises(ValidationError) as refused:
        open_filing(kind=kind, by="system", division=world.community)
    assert refused.value.code == "organization"
