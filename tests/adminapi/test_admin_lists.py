from urllib.parse import parse_qs, urlparse

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casework.models import ListColumns
from casework.paging import CappedPaginator, CursorError, KeysetPage
from registry.admin.imports import COUNTS
from registry.admin.organizations import TypeFilter
from registry.models import ImportBatch, Organization, OrganizationType, Scheme, Term
from tests.adminapi.conftest import signed_in
from tests.builders import make_organization, make_user

LIST = "/admin/registry/organization/"


def names(answer):
    return [row.name for row in answer.context["cl"].result_list]


def test_list_shows_the_own_district_only(page, organizations):
    answer = page.get(LIST)
    assert names(answer) == ["坪山舞蹈队", "坪环合唱队"]
    assert "葵涌书画社" not in answer.content.decode()


def test_outside_is_the_same_404_as_missing(page, organizations):
    outside = page.get(f"{LIST}{organizations[2].pk}/change/")
    missing = page.get(f"{LIST}999999999/change/")
    assert outside.status_code == missing.status_code == 404
    assert outside.content.replace(b"/%d/" % organizations[2].pk, b"") == missing.content.replace(b"/999999999/", b"")


@pytest.mark.parametrize("path", ["change", "history", "delete"])
def test_outside_is_404_on_every_page_of_a_record(page, organizations, path):
    assert page.get(f"{LIST}{organizations[2].pk}/{path}/").status_code in {403, 404}


def test_filters(page, organizations, world):
    assert names(page.get(LIST, {"tier__exact": "group"})) == ["坪环合唱队"]
    assert names(page.get(LIST, {"division": world.community.pk})) == ["坪山舞蹈队"]
    assert names(page.get(LIST, {"division": world.far_community.pk})) == []
    assert names(page.get(LIST, {"type": world.types["charity"].pk})) == []
    make_organization(world.community, world.types["culture"], name="枢纽中心", flags=["hub"])
    assert names(page.get(LIST, {"flag": "hub"})) == ["枢纽中心"]


def test_types_are_offered_in_words_and_only_those_of_the_own_schemes(page, organizations, world):
    far = OrganizationType.objects.create(
        scheme=Scheme.objects.create(code="F", name="外区分类"), code="x", name="外区类别"
    )
    offered = dict(types_offered(page))
    assert offered[str(world.types["culture"].pk)].endswith(world.types["culture"].name)
    assert not any(world.types["culture"].scheme.code in label for label in offered.values())
    assert str(far.pk) not in offered
    assert names(page.get(LIST, {"type": far.pk})) == []


def types_offered(page):
    return next(f.lookup_choices for f in page.get(LIST).context["cl"].filter_specs if isinstance(f, TypeFilter))


def test_functions_and_causes_are_told_in_words(page, world):
    row = make_organization(world.community, world.types["culture"], flags=["hub"])
    Term.objects.update_or_create(list="flag", code="hub", defaults={"name": "枢纽组织"})
    page.post(f"{LIST}columns/", {"column": ["functions"]})
    assert "枢纽组织" in page.get(LIST).content.decode()
    record = page.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "枢纽组织" in record
    assert ">first<" not in record.replace(" ", "").replace("\n", "")


def test_import_batches_are_found_by_part_of_the_name_with_their_lines_in_words(page, officer, world):
    about = {"owner": officer, "division": world.district, "year": 2024, "sha256": "0", "size": 1, "content": b""}
    batch = ImportBatch.objects.create(**about, filename="坪山街道摸底表.xlsx", counts={"accept": 12, "reject": 3})
    found = page.get("/admin/registry/importbatch/", {"q": "摸底"}).context["cl"]
    assert list(found.result_list) == [batch]
    assert found.model_admin.told_counts(batch) == f"{COUNTS['accept']} 12 · {COUNTS['reject']} 3"


def test_division_filter_offers_own_divisions_only(page, organizations, world):
    text = page.get(LIST, {"division": world.district.pk}).content.decode()
    assert "坪山街道" in text
    assert "葵涌街道" not in text


def test_search_by_part_of_the_name(page, organizations):
    assert names(page.get(LIST, {"q": "合唱"})) == ["坪环合唱队"]
    assert names(page.get(LIST, {"q": "唱"})) == ["坪环合唱队"]
    assert names(page.get(LIST, {"q": "书画"})) == []


def test_search_by_a_former_number(page, organizations):
    organizations[0].aliases.create(kind="number", text="坪备〔2019〕7号", until=organizations[0].created_at.date())
    assert names(page.get(LIST, {"q": "坪备〔2019〕7号"})) == [organizations[0].name]


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_does_not_grow(page, world, count):
    for number in range(count):
        make_organization(world.community, world.types["culture"], name=f"第{number}队", flags=["hub"])
    ListColumns.objects.create(
        user_id=page.session["_auth_user_id"],
        name="registry.organization",
        columns=["functions", "leader_name", "district"],
    )
    page.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        page.get(LIST)
    assert len(queries) == 14


def test_pages_by_key_both_ways(page, world):
    kind = world.types["culture"]
    for number in range(60):
        make_organization(world.community, kind, name=f"{number:02}队")
    first = page.get(LIST)
    second = page.get(LIST + first.context["cl"].next_url)
    third = page.get(LIST + second.context["cl"].next_url)
    assert names(first) + names(second) + names(third) == [f"{number:02}队" for number in range(60)]
    assert third.context["cl"].next_url == first.context["cl"].previous_url == ""
    assert names(page.get(LIST + third.context["cl"].previous_url)) == names(second)
    assert names(page.get(LIST + second.context["cl"].previous_url)) == names(first)


def test_a_page_keeps_the_filter(page, world):
    for number in range(60):
        make_organization(world.community, world.types["culture"], name=f"{number:02}队", tier="group")
    address = page.get(LIST, {"tier__exact": "group"}).context["cl"].next_url
    assert parse_qs(urlparse(address).query)["tier__exact"] == ["group"]


def test_columns_are_remembered_per_user(page, officer, world, organizations):
    assert "uscc" not in page.get(LIST).context["cl"].list_display
    page.post(f"{LIST}columns/", {"column": ["uscc", "state", "no such column"]})
    assert page.get(LIST).context["cl"].list_display == ["action_checkbox", "name", "state", "uscc"][1:]
    other = signed_in(make_user("bureau_officer", world.district))
    assert "uscc" not in other.get(LIST).context["cl"].list_display


def test_ordering_in_the_address_changes_nothing(page, organizations):
    assert names(page.get(LIST, {"o": "-1"})) == names(page.get(LIST))


@pytest.mark.parametrize(
    "query",
    [
        {"idno__startswith": "4"},
        {"leader__phone_hash__startswith": "a"},
        {"leader__id_hash": "a"},
        {"leader__name__regex": "("},
        {"name__regex": "("},
        {"founded__year": "99999"},
        {"division__path__startswith": "1"},
        {"source__exact": "web"},
    ],
)
def test_undeclared_lookups_are_refused_and_tell_nothing(page, organizations, query):
    assert page.get(LIST, query).status_code == 400


HOSTILE = [
    "name=%00",
    "q=%00",
    "q=%ff",
    "p=99999999999999999999999",
    "p=abc",
    "tier__exact=nonsense",
    "tier__exact=team&tier__exact=group",
    "division=99999999999999999999999",
    "division=%EF%BC%91",
    "division=abc",
    "type=99999999999999999999999",
    "flag=%27",
    "after=abc",
    "after=WyJ4XHUwMDAwIiwxXQ",
    "after=W10",
    "after=WzEsMV0",
    "after=WyIxIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTld",
    "after=" + "W" * 1900,
    "before=%E4%B8%AD",
    "all=1",
    "o=9.9.9",
    "o=abc",
    "_facets=True",
    "_popup=1",
    "_to_field=leader__phone_hash",
    "e=1",
    "q=" + "%E6%B1%89" * 500,
    "q=%25_%5C",
]


def test_hostile_addresses_are_answered(page, organizations):
    for query in HOSTILE:
        assert page.get(f"{LIST}?{query}").status_code in {200, 302, 400}, query


@pytest.mark.parametrize("pk", ["abc", "_00", "99999999999999999999999", "-1", "%EF%BC%91"])
def test_hostile_keys_are_404(page, pk):
    assert page.get(f"{LIST}{pk}/change/").status_code == 404


def test_autocomplete_offers_own_divisions_only(page, world):
    query = {"app_label": "registry", "model_name": "need", "field_name": "division", "term": "街道"}
    found = page.get("/admin/autocomplete/", query).json()["results"]
    assert {row["text"] for row in found} == {"坪山街道", "马峦街道"}
    assert page.get("/admin/autocomplete/", {**query, "page": "99999999999"}).status_code == 404


def test_count_gives_up_at_the_cap(organizations, monkeypatch):
    monkeypatch.setattr("casework.paging.CAP", 2)
    paginator = CappedPaginator(Organization.objects.order_by("id"), 25)
    assert paginator.estimated
    assert paginator.count >= 2


def test_what_the_planner_expects_to_be_long_is_not_counted(organizations, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("casework.paging.CAP", 0)
    with django_assert_num_queries(1):
        assert CappedPaginator(Organization.objects.order_by("id"), 25).count >= 1


@pytest.mark.django_db
def test_nobody_asks_the_planner_about_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert CappedPaginator(Organization.objects.none(), 25).count == 0


def test_a_foreign_cursor_is_refused(organizations):
    with pytest.raises(CursorError):
        KeysetPage(Organization.objects.all(), ("division_path", "id"), 5, after="bm9uc2Vuc2U")


def test_import_and_export_lead_to_the_survey_pages(page, organizations):
    answer = page.get(LIST, {"tier__exact": "group", "q": "合唱"})
    assert answer.context["import_url"] == "/imports/"
    query = parse_qs(urlparse(answer.context["export_link"]).query)
    assert query == {"tier": ["group"], "q": ["合唱"]}
