import re
from datetime import date

import pytest
from django.urls import reverse

from registry.models import OrganizationYear
from tests import builders

pytestmark = pytest.mark.django_db
PHONE, ID, USCC = "13812345678", "11010519491231002X", "51310104MJ4950010A"
RIGHTS = {
    "registry.view_organization",
    "registry.add_organization",
    "registry.change_organization",
    "registry.reveal_person",
    "registry.export_organization",
}


@pytest.fixture
def officer(world, sign_in):
    return sign_in(world.district, RIGHTS)


def page(client, name, *args, **query):
    return client.get(reverse(f"registry:{name}", args=args), query)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def names_in(response):
    return [row["organization"].name for row in response.context["rows"]]


def test_the_list_shows_own_places_only_and_masks_people(client, world, stored, sign_in):
    stored("六联舞蹈队")
    stored("马峦合唱团", world.other_community)
    sign_in(world.street, {"registry.view_organization"})
    response = page(client, "organizations")
    assert names_in(response) == ["六联舞蹈队"]
    assert PHONE not in text_of(response)
    assert "登记" not in text_of(response).split("<tbody>")[1]
    assert "备案" in text_of(response)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "舞蹈"}, ["六联舞蹈队"]),
        ({"tier": "registered"}, ["六联书画协会"]),
        ({"state": "counted"}, ["六联舞蹈队", "六联书画协会"]),
        ({"state": "cancelled"}, ["六联合唱团"]),
        ({"flag": "hub"}, ["六联书画协会"]),
        ({"uscc": "51310104mj4950010a"}, ["六联书画协会"]),
        ({"uscc": "坪备1"}, ["六联舞蹈队"]),
        ({"q": "没有这样的"}, []),
    ],
)
def test_filters_of_the_list(client, stored, officer, query, names):
    stored("六联舞蹈队", filing_no="坪备1")
    stored("六联书画协会", tier="registered", uscc=USCC, flags=["hub"])
    stored("六联合唱团", ended=date(2023, 1, 1))
    response = page(client, "organizations", **query)
    assert names_in(response) == names
    assert len(response.context["chips"]) == 1


def test_the_place_and_type_filter_the_list(client, world, stored, officer):
    stored("六联舞蹈队")
    stored("马峦合唱团", world.other_community)
    by_place = page(client, "organizations", division=world.other_street.pk, type=world.types["culture"].pk)
    assert names_in(by_place) == ["马峦合唱团"]
    assert [chip["value"] for chip in by_place.context["chips"]] == ["马峦街道", "文化体育类"]
    assert names_in(page(client, "organizations", type=world.types["charity"].pk)) == []


@pytest.mark.parametrize(
    "query",
    [
        {"tier": "nonsense"},
        {"type": "9" * 40},
        {"type": "１２"},
        {"division": "99999999999999999999"},
        {"division": "abc"},
        {"q": "😀%_\\"},
        {"q": "长" * 60},
        {"after": "garbage"},
        {"before": "W10"},
        {"flag": "hub' OR 1=1"},
        {"phone_hash": "abc", "leader__phone_sealed__startswith": "aes"},
    ],
)
def test_nothing_in_the_address_breaks_the_list(client, stored, officer, query):
    stored("六联舞蹈队")
    assert page(client, "organizations", **query).status_code == 200


def test_no_hidden_number_can_be_searched_for(client, stored, officer):
    stored("六联舞蹈队")
    for value in (PHONE, PHONE[:5], ID, "王小明"):
        for field in ("q", "uscc", "leader", "phone"):
            found = names_in(page(client, "organizations", **{field: value}))
            assert found == ([] if field in ("q", "uscc") else ["六联舞蹈队"])


def test_pages_follow_one_another_without_gaps(client, world, stored, officer, monkeypatch):
    monkeypatch.setattr("registry.views.lists.PAGE", 2)
    for number in range(5):
        builders.make_organization(world.community, world.types["culture"], name=f"第{number}队")
    seen, cursor = [], ""
    for _page in range(3):
        response = page(client, "organizations", after=cursor)
        seen += names_in(response)
        cursor = response.context["page"].next
    assert seen == [f"第{number}队" for number in range(5)]
    assert cursor == ""
    assert names_in(page(client, "organizations", before=response.context["page"].previous)) == ["第2队", "第3队"]


def test_the_count_beyond_the_cap_is_an_estimate(client, world, stored, officer, monkeypatch):
    stored("六联舞蹈队")
    stored("太极拳社")
    monkeypatch.setattr("casework.paging.CAP", 1)
    assert "about" in page(client, "organizations").context["total"]


def test_chosen_columns_are_remembered(client, stored, officer):
    organization = stored("六联舞蹈队", flags=["hub"])
    OrganizationYear.objects.create(organization=organization, year=2024, members=1234)
    address = reverse("registry:organizations")
    columns = ["phone", "leader", "members", "flags", "nonsense", "ended", "venue", "changed", "uscc", "filing_no"]
    columns += ["volunteers", "party_members"]
    response = client.post(reverse("registry:organization_columns"), {"column": columns, "next": address + "?q=六联"})
    assert response.url == address + "?q=%E5%85%AD%E8%81%94"
    shown = text_of(page(client, "organizations"))
    for words in ("138****5678", "1,234", "枢纽型组织", "王小明"):
        assert words in shown
    assert PHONE not in shown
    away = client.post(reverse("registry:organization_columns"), {"column": [], "next": "https://evil.example/"})
    assert away.url == address


def test_the_list_takes_the_same_queries_for_one_row_and_for_three(
    client, world, stored, officer, django_assert_max_num_queries
):
    stored("甲")
    page(client, "organizations")
    with django_assert_max_num_queries(25) as asked:
        page(client, "organizations", q="")
    one = len(asked)
    stored("乙长队", world.other_community)
    stored("丙长社", world.village)
    with django_assert_max_num_queries(25) as asked:
        assert len(names_in(page(client, "organizations", q=""))) == 3
    assert len(asked) == one


def test_an_empty_list_says_why(client, world, stored, officer):
    assert "No organizations here yet" in text_of(page(client, "organizations"))
    stored()
    assert "Nothing matches" in text_of(page(client, "organizations", q="没有的"))


def test_an_account_holder_sees_their_own_organization(client, world, stored, sign_in):
    organization = stored()
    stored("太极拳社")
    user = sign_in(None, RIGHTS)
    assert page(client, "organizations").status_code == 403
    organization.accounts.create(user=user, starts=date(2024, 1, 1))
    assert names_in(page(client, "organizations")) == [organization.name]
    assert page(client, "organization", organization.uid).status_code == 200
    assert page(client, "organization_edit", organization.uid).status_code == 403
