from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from registry.models import Organization, OrganizationYear
from registry.services.filings import open_filing, read
from registry.services.people import person_for
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def group(world):
    group = builders.make_organization(
        world.community,
        world.types["culture"],
        name="六联社区晨光读书小组",
        tier="group",
        place="六联社区文化室",
        purpose="组织居民读书",
        targets=["老年人", "早已不用的说法"],
        leader=person_for(name="林秀英", phone="13812345678"),
        filing_no="440310001-G-2025-0001",
    )
    builders.make_organization_year(group, 2025, members=18, activities=12)
    group.accounts.create(user=world.applicant, starts=date(2025, 1, 6))
    return group


def test_a_group_filed_as_a_team_is_not_asked_what_is_known(world, group):
    filing = open_filing(kind="filing", by=world.applicant, division=group.division, organization=group)
    values, errors = read(filing)
    assert (values["name"], values["community"], values["type"]) == (group.name, world.community, "culture")
    assert (values["place"], values["members"], values["activities"]) == ("六联社区文化室", 18, 12)
    assert (values["purpose"], values["targets"]) == ("组织居民读书", ["老年人"])
    assert [row.name for row in filing.people.filter(role="leader")] == ["林秀英"]
    assert filing.people.get(role="leader").phone_sealed == ""
    assert set(errors) == {"body_type", "leader", "founders"}


def test_what_is_unknown_is_asked(world):
    unfiled = builders.make_organization(world.community, world.types["culture"], name="六联社区腰鼓小组", tier="group")
    filing = open_filing(
        kind="listing", by=world.clerk, division=world.community, organization=unfiled, applicant="王小明"
    )
    assert set(read(filing)[1]) == {"leader", "members"}
    assert "filing_no" not in filing.data


def test_what_is_filed_is_not_filed_again(world, group):
    team = cases.filed_organization(world)
    for kind, organization in (("filing", team), ("listing", group)):
        with pytest.raises(ValidationError):
            open_filing(kind=kind, by=world.applicant, division=world.community, organization=organization)


def test_the_record_leads_to_a_form_that_is_filled_in(client, world, group):
    client.force_login(world.clerk)
    shown = client.get(reverse("registry:organization", args=[group.uid]))
    [offer] = [one for one in shown.context["matters"] if one["kind"] == "filing"]
    assert client.get(offer["url"]).status_code == 200
    opened = client.post(offer["url"], {"applicant": "林秀英"})
    assert opened.status_code == 302
    filing = group.filings.get()
    assert filing.data["name"] == group.name
    assert group.name in client.get(opened.url).content.decode()


def offers(client, tier="group"):
    page = client.get(reverse("registry:organizations_ready"), {"tier": tier})
    return {row["organization"].name: [len(row["missing"]), bool(row["url"])] for row in page.context["rows"]}


def make_group(world, name, *, members=18, activities=12, **fields):
    given = {"tier": "group", "place": "文化室", "leader": person_for(name="王小明"), **fields}
    row = builders.make_organization(world.community, world.types["culture"], name=name, **given)
    OrganizationYear.objects.create(organization=row, year=2025, members=members, activities=activities)
    return row


def test_the_ready_and_those_nearly_so_are_listed(client, world):
    make_group(world, "样样齐全组")
    make_group(world, "人数不足组", members=9)
    make_group(world, "未报人数组", members=None)
    make_group(world, "差得远组", members=3, activities=1)
    make_group(world, "没有负责人组", leader=None)
    make_group(world, "已注销组", ended=date(2025, 5, 1))
    builders.make_organization(world.community, world.types["culture"], name="没有数据组", tier="group")
    make_group(world, "大团队", tier="team", members=60)
    client.force_login(world.clerk)
    assert offers(client) == {
        "样样齐全组": [0, True],
        "人数不足组": [1, True],
        "未报人数组": [1, True],
        "没有负责人组": [1, True],
    }
    assert offers(client, "team") == {"大团队": [1, True]}
    client.force_login(world.outsider)
    assert offers(client) == {}


def test_the_limits_are_the_districts_own(client, world):
    make_group(world, "人数不足组", members=9)
    cases.make_policy("filing.members_min", 8, world.district)
    client.force_login(world.officer)
    assert offers(client)["人数不足组"] == [0, True]


def test_the_ready_list_takes_the_same_queries_for_one_and_three(client, world, django_assert_max_num_queries):
    client.force_login(world.officer)
    make_group(world, "第一组")
    offers(client)
    with django_assert_max_num_queries(30) as one:
        offers(client)
    for name in ("第二组", "第三组"):
        make_group(world, name)
    with django_assert_max_num_queries(len(one)):
        assert len(offers(client)) == 3
    assert Organization.objects.count() == 3


def test_a_wide_place_of_work_is_asked_to_choose(client, world):
    client.force_login(builders.make_user("bureau_officer", world.city))
    page = client.get(reverse("registry:organizations_ready"))
    assert (page.status_code, page.context["known"]) == (200, False)
