import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as CacheAwayError

from accounts.limits import neighbourhood
from casework.models import PolicyValue
from casework.short_codes import spelled
from registry.models import OrganizationYear
from registry.services.certificates import replace_certificate, report_lost_certificate, return_certificate
from registry.services.standing import end_organization
from tests import builders
from tests.cases import make_policy

pytestmark = pytest.mark.django_db
PHONE, ID = "13812345678", "11010519491231002X"
TODAY = date(2026, 11, 22)


@pytest.fixture
def guest(client):
    client.cookies["django_language"] = "en"
    return client


def page(guest, name, *args, **query):
    return guest.get(reverse(f"public:{name}", args=args), query)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def names_in(response):
    return [card["organization"].name for card in response.context["cards"]]


def close_directory(division, value=False):
    PolicyValue.objects.create(key="public.directory", value=value, division=division, starts=date(2020, 1, 1))


# --- directory --------------------------------------------------------------------------------------------------------


def test_everybody_sees_who_is_on_the_register_and_nothing_of_people(guest, world, stored):
    stored("六联舞蹈队")
    stored("马峦合唱团", world.other_community)
    stored("太极拳社", ended=date(2024, 1, 1))
    response = page(guest, "organizations")
    assert names_in(response) == ["六联舞蹈队", "马峦合唱团"]
    for hidden in (PHONE, PHONE[-4:], ID, "王小明"):
        assert hidden not in text_of(response)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "舞蹈"}, ["六联舞蹈队"]),
        ({"q": "G-1"}, ["六联舞蹈队"]),
        ({"tier": "registered"}, ["马峦书画协会"]),
        ({"q": "没有这样的"}, []),
    ],
)
def test_filters(guest, world, stored, query, names):
    stored("六联舞蹈队").aliases.create(kind="number", text="G-1", until=date(2024, 1, 1))
    stored("马峦书画协会", world.other_community, tier="registered")
    response = page(guest, "organizations", **query)
    assert names_in(response) == names
    assert len(response.context["chips"]) == 1
    assert response.context["chips"][0]["url"] == "/public/organizations/?"


def test_place_and_type(guest, world, stored):
    stored("六联舞蹈队")
    stored("马峦合唱团", world.other_community)
    there = page(guest, "organizations", division=world.other_street.pk, type=world.types["culture"].pk)
    assert names_in(there) == ["马峦合唱团"]
    assert names_in(page(guest, "organizations", division=world.street.pk, type=world.types["charity"].pk)) == []
    assert "type" not in page(guest, "organizations").context["form"].fields


def test_browsing_counts_what_lies_in_each_place(guest, world, stored):
    for name, place in [("甲", world.community), ("乙", world.community), ("丙", world.street), ("丁", world.village)]:
        stored(name, place)
    stored("戊", ended=date(2024, 1, 1))
    places = page(guest, "organizations", division=world.district.pk).context["places"]
    assert [(str(row), count) for row, count in places] == [("坪山街道", 3), ("马峦街道", 1)]
    places = page(guest, "organizations", division=world.street.pk).context["places"]
    assert [(str(row), count) for row, count in places] == [("六联社区", 2)]
    assert page(guest, "organizations", division=world.community.pk).context["places"] == []
    assert page(guest, "organizations", division=world.city.pk).context["places"] == [
        (world.district, None),
        (world.other_district, None),
    ]


def test_a_portal_of_one_district_opens_at_its_streets(guest, world, stored):
    close_directory(world.other_district)
    stored("六联舞蹈队")
    assert page(guest, "organizations").context["here"] == world.district


def test_many_districts_are_entered_by_province(guest, world, monkeypatch):
    monkeypatch.setattr("registry.directory.FEW_DISTRICTS", 2)
    assert page(guest, "organizations").context["places"] == [(world.province, None)]


def test_a_bureau_that_does_not_publish_is_not_there_at_all(guest, world, stored):
    hidden = stored("六联舞蹈队")
    stored("葵涌合唱团", world.far_community)
    close_directory(world.district)
    assert names_in(page(guest, "organizations")) == ["葵涌合唱团"]
    assert names_in(page(guest, "organizations", division=world.street.pk)) == ["葵涌合唱团"]
    assert page(guest, "organization", hidden.uid).status_code == 404
    assert page(guest, "division_children", parent=world.street.pk).status_code == 404


def test_the_nearest_value_says_whether_a_place_publishes(guest, world, stored):
    stored("六联舞蹈队")
    stored("葵涌合唱团", world.far_community)
    close_directory(None)
    assert names_in(page(guest, "organizations")) == []
    close_directory(world.district, value=True)
    assert names_in(page(guest, "organizations")) == ["六联舞蹈队"]


@pytest.mark.parametrize(
    "query",
    [
        {"tier": "nonsense"},
        {"type": "9" * 40},
        {"division": "9" * 18},
        {"division": "9" * 30},
        {"division": "１２"},
        {"division": "abc", "type": "1"},
        {"q": "😀%_\\"},
        {"q": "长" * 60},
        {"after": "garbage"},
        {"before": "W10"},
        {"leader__phone_sealed__startswith": "aes"},
    ],
)
def test_nothing_in_the_address_breaks_the_directory(guest, stored, query):
    stored()
    assert page(guest, "organizations", **query).status_code == 200


def test_pages_follow_one_another(guest, world, monkeypatch):
    monkeypatch.setattr("registry.views.public.PAGE", 2)
    for number in range(5):
        builders.make_organization(world.community, world.types["culture"], name=f"第{number}队")
    seen, cursor = [], ""
    for _page in range(3):
        response = page(guest, "organizations", after=cursor)
        seen += names_in(response)
        cursor = response.context["page"].next
    assert seen == [f"第{number}队" for number in range(5)]


def test_an_empty_directory_says_why(guest, world):
    assert "No organization is published here yet" in text_of(page(guest, "organizations"))


def test_the_cascade_gets_the_places_below(guest, world):
    answer = page(guest, "division_children", parent=world.street.pk).json()
    assert [row["name"] for row in answer["divisions"]] == ["六联社区", "坪环社区"]
    assert page(guest, "division_children", parent="x").status_code == 404


def queries_of(guest, assert_max, *args, **query):
    with assert_max(25) as asked:
        assert page(guest, *args, **query).status_code == 200
    return len(asked)


def test_the_directory_takes_the_same_queries_for_one_row_and_for_three(
    guest, world, stored, django_assert_max_num_queries
):
    stored("甲长队")
    page(guest, "organizations")
    one = queries_of(guest, django_assert_max_num_queries, "organizations", division=world.district.pk)
    stored("乙长队", world.other_community)
    stored("丙长社", world.village)
    assert queries_of(guest, django_assert_max_num_queries, "organizations", division=world.district.pk) == one


# --- profile ----------------------------------------------------------------------------------------------------------


def test_a_profile_shows_the_organization_and_hides_the_person(guest, world, stored):
    team = stored(
        "六联舞蹈队", filing_no="坪备1", flags=["hub"], targets=["老年人"], fields=["文体活动"], remark="内部"
    )
    OrganizationYear.objects.create(organization=team, year=2025, activities=12, served=340, members=31)
    builders.make_certificate(team)
    text = text_of(page(guest, "organization", team.uid))
    for words in (
        "六联舞蹈队",
        "坪备1",
        "枢纽型组织",
        "老年人",
        "文体活动",
        "王*",
        "坪山街道 六联社区",
        "340",
        "Valid",
    ):
        assert words in text
    for hidden in (PHONE, "138****", ID, "王小明", "内部"):
        assert hidden not in text


def test_the_leaders_name_is_shown_where_law_or_policy_say_so(guest, world, stored):
    team, body = stored("六联舞蹈队"), stored("六联协会", tier="registered", uscc="51310104MJ4950010A")
    assert "王小明" in text_of(page(guest, "organization", body.uid))
    assert "王小明" not in text_of(page(guest, "organization", team.uid))
    make_policy("public.leader_name", True, world.district)
    assert "王小明" in text_of(page(guest, "organization", team.uid))


def test_former_names_are_those_of_changes_not_of_corrections(guest, stored):
    team = stored("夕阳红舞蹈队", leader=None)
    team.aliases.create(kind="name", text="夕阳江舞蹈队", until=date(2024, 1, 1), cause="correction")
    team.aliases.create(kind="name", text="六联舞蹈队", until=date(2024, 1, 1), cause="change")
    team.aliases.create(kind="number", text="440310001-G-2020-0001", until=date(2024, 1, 1), cause="filed")
    text = text_of(page(guest, "organization", team.uid))
    assert "六联舞蹈队" in text
    assert "夕阳江舞蹈队" not in text


def test_an_ended_organization_says_so_and_no_more(guest, stored):
    gone = stored("太极拳社", ended=date(2024, 1, 1), targets=["老年人"])
    text = text_of(page(guest, "organization", gone.uid))
    assert "This organization ended on 2024-01-01" in text
    assert "老年人" not in text
    assert "王*" not in text


def test_a_profile_takes_the_same_queries_with_one_certificate_and_with_three(
    guest, stored, django_assert_max_num_queries
):
    team = stored()
    builders.make_certificate(team)
    page(guest, "organization", team.uid)
    one = queries_of(guest, django_assert_max_num_queries, "organization", team.uid)
    builders.make_certificate(team, kind="plaque")
    builders.make_certificate(team, kind="listing")
    assert queries_of(guest, django_assert_max_num_queries, "organization", team.uid) == one


# --- check ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(stored):
    return builders.make_certificate(stored("六联舞蹈队"))


def words_of(guest, certificate):
    response = page(guest, "scan", certificate.code)
    assert response["Cache-Control"] == "no-store"
    return str(response.context["standing"].word), response.context["standing"].since


def test_a_code_answers_scanned_or_typed(guest, certificate):
    for response in (
        page(guest, "scan", certificate.code),
        page(guest, "scan", spelled(certificate.code).lower()),
        page(guest, "check", code=f" {spelled(certificate.code)} "),
    ):
        text = text_of(response)
        for words in ("六联舞蹈队", certificate.number, "备案", "坪山街道 六联社区", "Valid", "Asked at"):
            assert words in text
        for hidden in (PHONE, "138****", ID, "王小明", "王*"):
            assert hidden not in text
        assert response["Cache-Control"] == "no-store"


def test_the_answer_follows_the_register_at_once(guest, certificate):
    today = certificate.issued_on
    assert words_of(guest, certificate) == ("Valid", None)
    team = certificate.organization
    ended = {"state": "cancelled", "on": today, "reason": "自愿注销"}
    end_organization(organization=team, version=1, **ended, by="clerk", case="J20260001")
    assert words_of(guest, certificate) == ("The organization was cancelled", today)


@pytest.mark.parametrize(
    ("state", "words"), [("revoked", "The filing was revoked"), ("merged", "The organization was merged into another")]
)
def test_every_end_has_its_words(guest, certificate, state, words):
    end_organization(
        organization=certificate.organization,
        version=1,
        state=state,
        on=certificate.issued_on,
        reason="原因",
        by="clerk",
        case="J20260001",
    )
    assert words_of(guest, certificate)[0] == words


def test_a_replaced_lost_or_returned_paper_says_so(guest, certificate):
    today = certificate.issued_on
    new = replace_certificate(certificate=certificate, reason="遗失", lost=True, by="x")
    assert words_of(guest, certificate) == ("Lost and issued again; this certificate no longer counts", today)
    assert words_of(guest, new) == ("Valid", None)
    newer = replace_certificate(certificate=new, reason="更名", by="x")
    assert words_of(guest, new)[0] == "Replaced by a new certificate; this one no longer counts"
    report_lost_certificate(certificate=newer, reason="遗失", by="x")
    assert words_of(guest, newer)[0] == "Reported lost; this certificate no longer counts"
    return_certificate(certificate=newer, reason="找到后交回", by="x")
    assert words_of(guest, newer)[0] == "Handed back; this certificate no longer counts"


def test_one_that_has_run_out_says_so(guest, stored):
    team = stored()
    old = builders.make_certificate(team, on=date(2020, 1, 1), valid_to=date(2021, 1, 1))
    assert words_of(guest, old) == ("Run out", date(2021, 1, 1))


def test_a_forged_a_malformed_and_an_unknown_code_get_the_same_neutral_answer(guest, certificate):
    unknown = "".join(reversed(certificate.code))
    answers = {
        re.sub(r'value="[^"]*"', "", text_of(page(guest, "check", code=code)))
        for code in (unknown, "ABC", "' OR 1=1 --", "😀", "A" * 100)
    }
    assert len({re.sub(r'"X-CSRFToken": "\w+"|code=[^"&]*', "", answer) for answer in answers}) == 1
    assert "Nothing was found" in answers.pop()
    assert page(guest, "scan", unknown).status_code == 200
    assert "Nothing was found" not in text_of(page(guest, "check"))


def test_guessing_is_slowed_down_and_honest_people_are_not(guest, certificate, monkeypatch):
    monkeypatch.setattr("registry.views.public.MISSES.limit", 3)
    for _time in range(5):
        assert page(guest, "scan", certificate.code).status_code == 200
    for _time in range(3):
        assert page(guest, "scan", "NOSUCHCODE").status_code == 200
    assert page(guest, "scan", certificate.code).status_code == 429
    assert "Too many wrong codes" in text_of(page(guest, "check", code="ABC"))
    elsewhere = Client(REMOTE_ADDR="10.9.8.7")
    assert elsewhere.get(reverse("public:scan", args=[certificate.code])).status_code == 200


def test_the_check_goes_on_without_the_cache(guest, certificate, monkeypatch):
    def away(*_args, **_kwargs):
        raise CacheAwayError

    for name in ("get", "add", "incr"):
        monkeypatch.setattr(cache, name, away)
    assert words_of(guest, certificate)[0] == "Valid"
    assert page(guest, "scan", "NOSUCHCODE").status_code == 200


@pytest.mark.parametrize(
    ("address", "counted"),
    [("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"), (None, "unknown"), ("x", "unknown")],
)
def test_whose_guesses_are_counted_together(address, counted):
    assert neighbourhood(address) == counted


def test_a_check_takes_a_fixed_number_of_queries(guest, certificate, stored, django_assert_max_num_queries):
    page(guest, "scan", certificate.code)
    one = queries_of(guest, django_assert_max_num_queries, "scan", certificate.code)
    team = certificate.organization
    builders.make_certificate(team, kind="plaque")
    stored("另一队")
    assert queries_of(guest, django_assert_max_num_queries, "scan", certificate.code) == one <= 8


# --- the way in -------------------------------------------------------------------------------------------------------


def test_the_front_page_leads_everywhere_and_the_sign_in_page_leads_there(guest, world):
    text = text_of(page(guest, "front"))
    for name in ("organizations", "check"):
        assert reverse(f"public:{name}") in text
    assert reverse("accounts:sign_in") in text
    assert reverse("public:front") in text_of(guest.get(reverse("accounts:sign_in")))


def test_elder_mode_is_kept_for_guests(guest, world):
    guest.post(reverse("accounts:elder"), {"next": reverse("public:front")})
    assert 'class="elder' in text_of(page(guest, "front"))
    assert 'class="elder' in text_of(page(guest, "organizations"))


def test_a_paper_of_last_year_is_still_checked_by_its_last_day(guest, stored):
    paper = builders.make_certificate(stored(), on=date(2020, 1, 1), valid_to=date(2020, 1, 1) + timedelta(days=36500))
    assert words_of(guest, paper) == ("Valid", None)
