from datetime import date

import pytest

from casework.sealing import lookup_hash
from registry import duplicates
from registry.models import DistinctPair, Organization, Person
from registry.naming import name_key
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return builders.make_world()


@pytest.fixture
def stored(world):
    def store(name, division=None, **fields):
        division = division or world.community
        key = name_key(name, division=division)
        return builders.make_organization(division, world.types["culture"], name=name, name_key=key, **fields)

    return store


@pytest.fixture
def find(world):
    def ask(name, division=None, **fields):
        fields.setdefault("tier", "team")
        found = duplicates.find(
            name=name, division=division or world.community, district_id=world.district.pk, **fields
        )
        return [(match.id, match.how, match.sure) for match in found]

    return ask


def test_the_credit_code_decides_wherever_the_record_is(world, stored, find):
    old = stored("甲合唱团", world.far_community, uscc="51310104MJ4950010A", tier="registered")
    assert find("完全不同的名字", uscc="51310104MJ4950010A") == [(old.pk, "uscc", True)]


def test_the_filing_number_decides_inside_the_district_only(world, stored, find):
    old = stored("甲合唱团", world.other_community, filing_no="坪备2024-1")
    stored("乙合唱团", world.far_community, filing_no="坪备2024-1")
    assert find("完全不同的名字", filing_no="坪备2024-1") == [(old.pk, "filing_no", True)]


def test_a_former_number_leads_to_the_record_unless_another_has_it_now(world, stored, find):
    renumbered = stored("甲合唱团", world.other_community, filing_no="T-1")
    renumbered.aliases.create(kind="number", text="G-1", until=date(2024, 1, 1))
    assert find("完全不同的名字", filing_no="G-1") == [(renumbered.pk, "former", True)]
    assert find("完全不同的名字", division=world.far_community, filing_no="G-2") == []
    heir = stored("乙合唱团", filing_no="G-1")
    assert find("完全不同的名字", filing_no="G-1")[0] == (heir.pk, "filing_no", True)


def test_the_same_name_in_the_same_community_is_the_same(world, stored, find):
    old = stored("第一舞蹈队")
    stored("第一舞蹈队", world.second_community)
    assert find("六联社区一舞队") == [(old.pk, "name", True)]


def test_a_name_as_written_is_given_once_in_a_district(world, stored, find):
    filed = stored("夕阳红合唱团", world.other_community, filing_no="坪备2024-1")
    surveyed = stored("夕阳红合唱团", world.second_community)
    stored("夕阳红合唱团", world.far_community, filing_no="坪备2024-1")  # another district
    stored("夕阳红合唱队", world.second_community, filing_no="坪备2024-2")  # near, elsewhere: another one
    found = find("“夕阳红”合唱团")
    assert sorted(found) == sorted([(filed.pk, "place", True), (surveyed.pk, "place", False)])
    Organization.objects.filter(pk=filed.pk).update(state="cancelled")
    assert find("夕阳红合唱团") == [(surveyed.pk, "place", False)]


def test_names_that_differ_in_their_places_are_distinct_unless_one_leads_both(world, stored, find):
    leader = Person.objects.create(name="林秀英", phone_hash=lookup_hash("13812345678", "phone"))
    old = stored(f"{world.second_community.name}夕阳红合唱团", world.second_community, leader=leader)
    assert find(f"{world.community.name}夕阳红合唱团") == []
    assert find(f"{world.community.name}夕阳红合唱团", phone="13812345678") == [(old.pk, "near", False)]
    assert find("夕阳红合唱队", phone="13812345678") == [(old.pk, "near", False)]
    assert find("晨曦太极拳社", phone="13812345678") == []


def test_a_near_name_is_possible(stored, find):
    old = stored("夕阳红合唱团")
    assert find("夕阳红合唱队") == [(old.pk, "near", False)]


def test_different_numbers_mean_different_organizations(stored, find):
    stored("甲合唱团", uscc="51310104MJ4950010A", tier="registered")
    stored("太极拳社", filing_no="坪备2024-1")
    assert find("甲合唱团", uscc="52340104MJA100041K", tier="registered") == []
    assert find("太极拳社", filing_no="坪备2024-2") == []


def test_the_same_name_on_another_tier_or_ended_is_only_possible(stored, find):
    registered = stored("甲合唱团", tier="registered", uscc="51310104MJ4950010A")
    gone = stored("太极拳社", ended=date(2022, 1, 1))
    assert find("甲合唱团") == [(registered.pk, "tier", False)]
    assert find("太极拳社") == [(gone.pk, "ended", False)]


def test_the_leaders_phone_is_a_hint_and_sorts_first(world, stored):
    person = Person.objects.create(name="王芳", phone_hash=lookup_hash("13812345678", "phone"))
    stored("夕阳红合唱团")
    with_phone = stored("夕阳红合唱社", leader=person)
    found = duplicates.find(
        name="夕阳红合唱队", division=world.community, district_id=world.district.pk, phone="138 1234 5678"
    )
    assert (found[0].id, found[0].same_phone) == (with_phone.pk, True)
    assert len(found) == 2


def test_a_shared_phone_alone_is_no_match(world, stored, find):
    stored("夕阳红合唱团", leader=Person.objects.create(name="王芳", phone_hash=lookup_hash("13812345678", "phone")))
    assert find("太极拳协会", phone="13812345678") == []


def test_the_record_itself_and_settled_pairs_are_left_out(world, stored, find):
    one, other = stored("夕阳红合唱团"), stored("夕阳红合唱队")
    assert find(one.name, organization=one) == [(other.pk, "near", False)]
    DistinctPair.objects.create(first=one, second=other, reason="两支队伍", actor="officer")
    assert find(one.name, organization=one) == []
    assert find(other.name, organization=other) == []


def test_a_settled_pair_speaks_again_when_a_number_agrees(stored, find):
    one, other = stored("夕阳红合唱团"), stored("夕阳红合唱队", uscc="51310104MJ4950010A")
    DistinctPair.objects.create(first=one, second=other, reason="两支队伍", actor="officer")
    assert find(one.name, organization=one, uscc="51310104MJ4950010A") == [(other.pk, "uscc", True)]


def test_a_whole_district_is_matched_in_memory_after_two_queries(world, stored, django_assert_num_queries):
    old = stored("夕阳红合唱团")
    with django_assert_num_queries(2):
        known = duplicates.known(Organization.objects.filter(district=world.district))
    row = duplicates.candidate_of(
        name="六联社区夕阳红合唱团",
        division=world.community,
        district_id=world.district.pk,
        tier="team",
        prefixes=("6联社区",),
    )
    with django_assert_num_queries(0):
        assert [match.id for match in known.match(row)] == [old.pk]


def test_a_crowded_community_is_searched_for_near_names_by_phone_only(world, stored, find, monkeypatch):
    monkeypatch.setattr(duplicates, "NEAR_LIMIT", 1)
    same = stored("太极拳协会")
    stored("夕阳红合唱团", leader=Person.objects.create(name="王芳", phone_hash=lookup_hash("13812345678", "phone")))
    assert find("夕阳红合唱队") == []
    assert len(find("夕阳红合唱队", phone="13812345678")) == 1
    assert find("太极拳协会") == [(same.pk, "name", True)]


def test_finding_takes_the_same_queries_for_one_and_for_many(world, stored, find, django_assert_num_queries):
    stored("夕阳红合唱团")
    with django_assert_num_queries(5):
        find("夕阳红合唱队")
    stored("夕阳红合唱社")
    stored("夕阳红歌唱团")
    with django_assert_num_queries(5):
        assert len(find("夕阳红合唱队")) == 3
