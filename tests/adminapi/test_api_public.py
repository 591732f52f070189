"""The directory through the API without a token: what its public pages show, and nothing of people."""

from datetime import date

import pytest
from rest_framework.test import APIClient

from registry.services.people import person_for
from tests import builders, cases

pytestmark = pytest.mark.django_db
PHONE = "13812345678"


@pytest.fixture
def team(world):
    leader = person_for(name="王小明", phone=PHONE, id_number="11010519491231002X")
    team = builders.make_organization(
        world.community, world.types["culture"], name="坪山舞蹈队", leader=leader, flags=["hub"], targets=["老年人"]
    )
    builders.make_organization_year(team, activities=12)
    builders.make_certificate(team)
    return team


def ask(path="", **query):
    return APIClient().get(f"/api/v1/public/organizations/{path}", query)


def names(**query):
    return [row["name"] for row in ask(**query).json()["results"]]


def test_everybody_reads_the_directory_and_nothing_of_people(world, team):
    told = ask(f"{team.uid}/")
    profile = told.json()
    assert (profile["name"], profile["leader"], profile["flags"]) == ("坪山舞蹈队", "王*", ["hub"])
    assert profile["activities"] == {"year": 2024, "activities": 12, "served": None}
    assert profile["certificates"][0]["holds"] is True
    for answer in (told, ask()):
        assert not [hidden for hidden in (PHONE, PHONE[-4:], "王小明", "1949") if hidden in answer.content.decode()]
    assert not {"leader_phone", "members", "remark"} & set(profile)


def test_the_directory_is_narrowed_and_walked(world, team):
    builders.make_organization(world.far_community, world.types["charity"], name="葵涌书画社", tier="group")
    assert names() == ["坪山舞蹈队", "葵涌书画社"]
    for query, found in (
        ({"q": "书画"}, ["葵涌书画社"]),
        ({"division": world.street.code}, ["坪山舞蹈队"]),
        ({"scheme": "PS", "type": "culture"}, ["坪山舞蹈队"]),
        ({"tier": "group"}, ["葵涌书画社"]),
    ):
        assert names(**query) == found, query
    page = ask(limit="1").json()
    assert [row["name"] for row in APIClient().get(page["next"]).json()["results"]] == ["葵涌书画社"]
    assert ask(division="999999999999").status_code == 404
    assert ask(phone=PHONE).status_code == 400


def test_what_ended_is_found_and_what_is_not_published_is_not(world, team):
    ended = builders.make_organization(
        world.community, world.types["culture"], name="太极拳社", ended=date(2024, 1, 1), leader=team.leader
    )
    assert names() == ["坪山舞蹈队"]
    told = ask(f"{ended.uid}/").json()
    assert (told["state"], told["leader"], told["targets"], told["activities"]) == ("cancelled", "", [], None)
    cases.make_policy("public.directory", value=False, division=world.district)
    assert names() == []
    missing = ask("00000000-0000-4000-8000-000000000000/")
    assert (ask(f"{team.uid}/").status_code, missing.status_code) == (404, 404)
    assert ask(f"{team.uid}/").content == missing.content
    assert ask(division=world.street.code).status_code == 404


def test_the_directory_asks_as_often_for_three_as_for_one(world, team, django_assert_max_num_queries):
    for name in ("坪环合唱队", "坪环书画社"):
        builders.make_organization(world.second_community, world.types["culture"], name=name)
    with django_assert_max_num_queries(8):
        assert len(names()) == 3
