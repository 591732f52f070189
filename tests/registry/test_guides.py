import pytest
from django.urls import reverse

from registry.matters import MATTERS
from registry.samples import SAMPLES
from registry.services import guides
from registry.services.applicants import open_to_applicants
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(builders.make_world)


@pytest.mark.parametrize("kind", sorted(matter.kind for matter in open_to_applicants()))
def test_every_matter_of_applicants_has_a_guide(client, world, kind):
    response = client.get(reverse("public:guide", args=[kind]), {"division": world.district.pk})
    assert response.status_code == 200
    assert str(MATTERS[kind].label) in response.content.decode()


def test_matters_of_the_authority_have_none(client, world):
    assert client.get(reverse("public:guide", args=["revoke"])).status_code == 404
    assert client.get(reverse("public:guide", args=["none"])).status_code == 404
    text = client.get(reverse("public:guides")).content.decode()
    assert reverse("public:guide", args=["filing"]) in text
    assert reverse("public:guide", args=["revoke"]) not in text


def test_numbers_and_days_are_those_of_the_district(world):
    cases.make_policy("filing.members_min", 25, world.district)
    cases.make_policy("filing.street_days", 4, world.district)
    cases.make_policy("filing.authority", "district", world.district)
    matter = MATTERS["filing"]
    labels = [row["label"] for row in guides.conditions(matter, world.district)]
    assert "25" in " ".join(labels)
    assert "25" not in " ".join(row["label"] for row in guides.conditions(matter))
    here, elsewhere = guides.steps(matter, world.district), guides.steps(matter)
    assert 4 in [step.days for step in here]
    assert guides.office_days(elsewhere) == 18
    assert [step.label for step in here] != [step.label for step in elsewhere]


def test_a_condition_says_whom_it_is_for():
    only = {row["only"] for row in guides.conditions(MATTERS["filing"])}
    assert len(only) == 3


def test_a_guide_says_where_the_office_of_the_place_is(client, world):
    cases.make_policy("papers.address", "龙华路1号", world.district)
    cases.make_policy("papers.supervision", "0755-12345", world.district)
    assert [text for _label, text in guides.contacts(world.district)] == ["龙华路1号", "0755-12345"]
    assert guides.contacts() == []
    response = client.get(reverse("public:guide", args=["filing"]), {"division": world.district.pk})
    assert "0755-12345" in response.content.decode()


def test_every_model_named_by_a_paper_is_a_pdf(client, world):
    named = {paper.sample for matter in MATTERS.values() for paper in matter.papers if paper.sample}
    assert named == set(SAMPLES)
    for code in named:
        response = client.get(reverse("public:sample", args=[code]))
        assert response.content.startswith(b"%PDF-")
    assert client.get(reverse("public:sample", args=["none"])).status_code == 404
