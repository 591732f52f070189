"""Who reads the trail: events at one's places, and those of the whole portal for who holds the right over all of it."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Division
from casework import audit
from casework.admin.words import verb
from casework.models import AuditEvent
from tests import builders

pytestmark = pytest.mark.django_db
RIGHT = {"casework.view_auditevent"}


@pytest.fixture
def world():
    world = builders.make_world()
    world.event = audit.record("load_calendar", by="test")
    world.placed = audit.record("edit", world.community, by="test")
    return world


def seen(user):
    return set(AuditEvent.objects.visible_to(user).filter(actor="test"))


def one_district(world):
    Division.objects.filter(path__startswith=world.other_district.path).update(valid_to="2020-01-01")


def test_an_auditor_of_one_district_among_several_sees_its_own_events_only(world):
    assert seen(builders.make_user("auditor", world.district)) == {world.placed}
    assert seen(builders.make_user("auditor", world.other_district)) == set()


def test_an_auditor_of_the_province_or_of_every_district_sees_those_of_the_portal(world):
    assert seen(builders.make_user("auditor", world.province)) == {world.event, world.placed}
    everywhere = builders.make_user("auditor", world.district)
    builders.make_assignment(everywhere, "second", world.other_district, perms=RIGHT)
    assert seen(everywhere) == {world.event, world.placed}


def test_the_only_district_of_a_portal_is_all_of_it(world):
    one_district(world)
    assert seen(builders.make_user("auditor", world.district)) == {world.event, world.placed}
    assert seen(builders.make_user("auditor", world.street)) == {world.placed}


def test_without_the_right_nobody_sees_anything(world):
    one_district(world)
    assert seen(builders.make_user("bureau_officer", world.province)) == set()


def test_an_auditor_takes_the_events_seen_along_in_words_and_that_is_an_event(client, world):
    client.force_login(builders.make_user("auditor", world.district))
    answer = client.post(reverse("admin:casework_auditevent_export"), {})
    rows = [[cell.value for cell in row] for row in load_workbook(BytesIO(answer.content)).active.iter_rows(min_row=2)]
    assert [row[2] for row in rows if row[1] == "test"] == [str(verb("edit"))]
    assert AuditEvent.objects.filter(action="export", after__list="casework.auditevent").exists()
    client.force_login(builders.make_user("bureau_officer", world.district))
    assert client.post(reverse("admin:casework_auditevent_export")).status_code == 403


def test_the_page_of_such_an_event_opens_for_whom_the_list_shows_it(client, world):
    address = reverse("admin:casework_auditevent_change", args=[world.event.pk])
    client.force_login(builders.make_user("auditor", world.province))
    assert client.get(address).status_code == 200
    client.force_login(builders.make_user("auditor", world.district))
    assert client.get(address).status_code == 404
