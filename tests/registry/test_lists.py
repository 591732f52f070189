import pytest
from django.db import connection

from registry.lookups import search
from registry.models import Organization
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def names():
    world = builders.make_world()
    names = ["六联社区夕阳红舞蹈队", "坪环太极拳协会", "100%关爱社", "ABC英语角", "阳光_社"]
    return {name: builders.make_organization(world.community, world.types["culture"], name=name).pk for name in names}


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("舞蹈", ["六联社区夕阳红舞蹈队"]),
        ("夕阳红舞", ["六联社区夕阳红舞蹈队"]),
        ("拳", ["坪环太极拳协会"]),
        ("100%", ["100%关爱社"]),
        ("%", ["100%关爱社"]),
        ("_", ["阳光_社"]),
        ("abc", ["ABC英语角"]),
        ("ＡＢＣ", ["ABC英语角"]),
        ("红夕", []),
        ("舞队", []),
        ("\\", []),
    ],
)
def test_search_finds_what_the_name_contains_and_nothing_else(names, term, found):
    for rows in (Organization.objects.filter(name__has_text=term), search(Organization.objects.all(), term)):
        assert sorted(rows.values_list("name", flat=True)) == sorted(found)


@pytest.mark.parametrize(("many", "dense", "walks"), [(0, 1, True), (0, 2, False), (10**9, 1, False)])
def test_only_a_term_common_everywhere_and_here_walks_the_key(names, monkeypatch, many, dense, walks):
    monkeypatch.setattr("registry.lookups.MANY", many)
    monkeypatch.setattr("registry.lookups.DENSE", dense)
    rows = search(Organization.objects.all(), "舞蹈")
    assert ("bigrams" not in str(rows.query)) == walks
    assert rows.count() == 1


def test_two_characters_use_the_index(names):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Organization.objects.filter(name__has_text="舞蹈").order_by().explain()
    assert "organization_name_bigrams" in plan
