"""The bureau's page of ratings: counts by place, what is open, and nothing that leads to a case or a person."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from casework.models import AuditEvent, Rating
from casework.services import ratings
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
ADDRESS = reverse("registry:ratings")


def rated_world():
    """A bad rating of a filing and a good one of a cancellation, both at the first street."""
    world = worlds.with_people()
    bad = cases.make_filing(world, "filed").case
    good = cases.make_filing(world, "cancelled", kind="cancel").case
    world.rated = [
        ratings.rate(case=bad, grade=1, tags=["slow"], words="等了三周", by=world.applicant),
        ratings.rate(case=good, grade=5, tags=[], words="很快", by=world.applicant),
    ]
    return world


made_world, world = worlds.shared(rated_world)


def page(client, **query):
    return client.get(ADDRESS, query)


def shown(response):
    return [row["rating"].words for row in response.context["rows"]]


def test_counts_by_place_and_the_open_bad_one_first(client, world):
    client.force_login(world.bureau)
    response = page(client)
    [(place, counts)] = response.context["places"]
    assert (place, counts["grades"], counts["share"]) == (world.street, [1, 0, 0, 0, 1], 0.5)
    assert shown(response) == ["等了三周", "很快"]
    assert (response.context["open"], response.context["late"]) == (1, 0)
    text = response.content.decode()
    case = world.rated[0].case
    for secret in (case.number, str(case.uid), case.title, "六联社区"):
        assert secret not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"matter": "cancel"}, ["很快"]),
        ({"score": "bad"}, ["等了三周"]),
        ({"score": "5"}, ["很快"]),
        ({"score": "good", "state": "open"}, []),
        ({"state": "open"}, ["等了三周"]),
        ({"since": "2000-01-01", "until": "2000-12-31"}, []),
        ({"until": "2999-01-01", "matter": "nonsense"}, ["等了三周", "很快"]),
    ],
)
def test_filters(client, world, query, found):
    client.force_login(world.bureau)
    assert shown(page(client, **query)) == found


def test_filter_by_office(client, world):
    client.force_login(world.bureau)
    assert len(shown(page(client, office=world.street.pk))) == 2
    assert shown(page(client, office=world.other_street.pk)) == []


def test_overdue_and_answered_on_the_page(client, world):
    bad = world.rated[0]
    Rating.objects.filter(pk=bad.pk).update(due=timezone.localdate() - timedelta(days=1))
    client.force_login(world.bureau)
    assert page(client).context["late"] == 1
    answer = reverse("registry:rating_answer", args=[bad.pk, "answer"])
    assert client.post(answer, {"words": "抱歉，已核实。"}).status_code == 302
    assert client.post(answer, {"words": "第二次"}).status_code == 302
    bad.refresh_from_db()
    assert (bad.answer, bad.answered_by) == ("抱歉，已核实。", str(world.bureau))
    assert client.post(reverse("registry:rating_answer", args=[bad.pk, "nonsense"])).status_code == 404
    client.force_login(world.leader)
    assert client.post(answer, {"words": "抱歉"}).status_code == 404
    assert page(client).status_code == 403


def test_other_districts_see_nothing_of_it(client, world):
    other = builders.make_user("bureau_officer", world.other_district)
    client.force_login(other)
    assert shown(page(client)) == []
    answer = reverse("registry:rating_answer", args=[world.rated[0].pk, "answer"])
    assert client.post(answer, {"words": "抱歉"}).status_code == 404


def test_the_workbook_holds_what_the_page_shows_and_is_on_record(client, world):
    client.force_login(world.bureau)
    book = load_workbook(BytesIO(page(client, export="1", score="bad").content))
    places, rows = book.worksheets
    assert [cell.value for cell in places[2]][:3] == ["坪山街道", 1, 0]
    assert [cell.value for cell in rows[2]][5] == "等了三周"
    assert rows.max_row == 2
    assert world.rated[0].case.number not in str(list(rows.values))
    assert AuditEvent.objects.filter(action="export_ratings", after={"rows": 1}).exists()


def test_the_page_takes_the_same_queries_for_one_and_three(client, world, django_assert_max_num_queries):
    client.force_login(world.bureau)
    with django_assert_max_num_queries(30):
        page(client)


def test_whoever_may_read_them_finds_them_in_the_menu(client, world):
    client.force_login(world.bureau)
    assert [row["count"] for row in page(client).context["menu"] if row["url"] == ADDRESS] == [1]
    client.force_login(world.leader)
    assert ADDRESS not in [row["url"] for row in client.get(reverse("casework:cases")).context["menu"]]
