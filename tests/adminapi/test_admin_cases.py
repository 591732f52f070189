import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from casework.services.late import overdue_by_street
from tests import builders, cases
from tests.adminapi.conftest import signed_in

LIST = "/admin/casework/case/"


@pytest.fixture
def world(db):
    return cases.make_people(builders.make_world())


def test_bureau_staff_find_a_case_and_go_to_its_page(world):
    case = cases.make_filing(world, "street_review").case
    draft = cases.make_filing(world, values={"name": "六联社区书法班"}).case
    page = signed_in(world.bureau)
    text = page.get(LIST, {"q": "晨光", "kind": "filing", "time": "open"}).content.decode()
    assert case.title in text
    assert draft.title not in page.get(LIST).content.decode()
    for nothing in ({"time": "overdue"}, {"time": "closed"}, {"kind": "cancel"}, {"q": "太极"}):
        assert case.title not in page.get(LIST, nothing).content.decode()
    assert f"/cases/{case.uid}/" in page.get(f"{LIST}{case.pk}/change/").content.decode()


def test_nothing_moves_from_here(world):
    case = cases.make_filing(world, "street_review").case
    page = signed_in(world.bureau)
    assert page.post(f"{LIST}{case.pk}/change/", {"state": "filed", "title": "x"}).status_code == 403
    assert page.get(f"{LIST}add/").status_code == 403
    assert page.post(f"{LIST}{case.pk}/delete/", {"post": "yes"}).status_code == 403
    elsewhere = signed_in(builders.make_user("bureau_officer", world.other_district))
    assert elsewhere.get(f"{LIST}{case.pk}/change/").status_code == 404


def test_the_start_page_tells_what_is_overdue_where(world):
    reviewed = cases.make_filing(world, "street_review")
    decided = cases.make_filing(world, "district_decision", values={"name": "六联社区书法班"})
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        assert overdue_by_street(world.bureau, world.district) == [(world.street, 2)]
        assert overdue_by_street(world.outsider, world.other_street) == []
        text = signed_in(world.head).get("/admin/").content.decode()
    assert re.search(rf"{world.street}\s?2", text)
    assert f'href="/cases/{decided.case.uid}/#decide"' in text
    assert f"/cases/{reviewed.case.uid}/" not in text
