"""The board of a survey round: who has handed in, and the reminder to those who have not."""

import pytest
from django.test import Client
from django.urls import reverse

from casework.models import Notice
from registry.services.survey_round import streets_of
from registry.work_forms import years
from tests.builders import make_division, make_division_year, make_import_batch, make_user, make_world

pytestmark = pytest.mark.django_db
YEAR = years()[1][0]


def page_of(user):
    client = Client()
    client.force_login(user)
    return client


def test_the_board_says_who_has_handed_in_and_reminds_the_others():
    world = make_world()
    third = make_division("street", "龙田街道", world.district, code="440310003")
    bureau, late = make_user("bureau_officer", world.district), make_user("street_officer", world.other_street)
    clerk = make_user("clerk", world.other_community)
    make_import_batch(world.street, year=YEAR, state="cancelled")
    batch = make_import_batch(world.street, year=YEAR, state="stored", counts={"total": 9, "reject": 2})
    community = make_division("community", "龙田社区居委会", third, kind="urban")
    for year in (YEAR - 1, YEAR):
        make_division_year(community, year, population=9)
    page, address = page_of(bureau), reverse("registry:survey_round")
    shown = page.get(address).context
    assert [(row["street"], row["batch"], row["wrong"]) for row in shown["rows"]] == [
        (world.street, batch, 2),
        (world.other_street, None, None),
        (third, None, None),
    ]
    row = shown["rows"][2]
    assert (shown["missing"], row["reported"], row["communities"]) == (1, 1, 1)
    for _click in range(2):
        page.post(address, {"year": YEAR})
    notice = Notice.objects.get()
    assert (notice.user, notice.code) == (late, "survey_due")
    assert page_of(late).get(reverse("casework:notices")).status_code == 200
    assert len(page_of(late).get(address).context["rows"]) == 1, "a street sees itself"
    assert page_of(clerk).get(address).status_code == 403
    assert page.get(address, {"year": "999999999999"}).status_code == 200
    assert not streets_of(world.city).exists(), "each district has its own round"
