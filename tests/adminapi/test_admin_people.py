from datetime import date, timedelta
from io import BytesIO

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Assignment, User
from casework.models import AuditEvent
from tests.builders import PASSWORD, make_role, make_user

USERS = "/admin/accounts/user/"
ASSIGNMENTS = "/admin/accounts/assignment/"


@pytest.fixture
def clerk(world):
    return make_user("clerk", world.community, name="李社工")


@pytest.fixture
def far_clerk(world):
    return make_user("clerk", world.far_community, name="远方人")


@pytest.fixture
def viewer(world):
    return make_user("viewer", world.community, name="李社工")


def inline(**data):
    return {"assignments-TOTAL_FORMS": 0, "assignments-INITIAL_FORMS": 0, **data}


def told(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request)).replace("：", " ")


def test_users_of_the_own_divisions_only(page, clerk, far_clerk):
    text = page.get(USERS).content.decode()
    assert "李社工" in text
    assert "远方人" not in text
    assert page.get(f"{USERS}{far_clerk.pk}/change/").status_code == 404
    sheet = load_workbook(BytesIO(page.post(f"{USERS}export/").content)).active
    left = {cell.value for row in sheet for cell in row}
    assert "李社工" in left
    assert "远方人" not in left


def test_users_are_filtered_by_role_and_place_and_show_the_columns_chosen(page, clerk, officer, world):
    place = clerk.assignments.get().division
    assert users(page, role="clerk", division=place.pk) == users(page, division=place.pk) == [clerk.username]
    assert users(page, role="expert") == users(page, division=world.other_district.pk) == []
    page.post(f"{USERS}columns/", {"column": ["email"]})
    assert page.get(USERS).context["cl"].list_display == ["username", "email"]
    page.post(f"{ASSIGNMENTS}columns/", {"column": ["name"]})
    held = page.get(ASSIGNMENTS, {"role": "clerk"})
    assert len(held.context["cl"].result_list) == 1
    assert clerk.name in held.content.decode()


def users(page, **query):
    return [row.username for row in page.get(USERS, query).context["cl"].result_list]


def test_a_new_user_gets_a_role_and_an_initial_password(page, officer, world):
    data = {
        "username": "new.clerk",
        "name": "张新",
        "email": "",
        "role": make_role("clerk").pk,
        "division": world.community.pk,
    }
    answer = page.post(f"{USERS}add/", inline(**data))
    assert answer.status_code == 302
    user = User.objects.get(username="new.clerk")
    assert user.must_change_password
    assert user.assignments.get().division == world.community
    password = told(answer).rsplit(maxsplit=1)[-1]
    assert user.check_password(password)


def test_no_role_outside_the_own_divisions(page, world):
    data = {"username": "x", "name": "x", "role": make_role("clerk").pk, "division": world.far_community.pk}
    answer = page.post(f"{USERS}add/", inline(**data))
    assert "division" in answer.context["adminform"].form.errors
    assert not User.objects.filter(username="x").exists()


def test_no_role_with_more_rights_than_the_own(page, world, clerk):
    data = {"user": clerk.pk, "role": make_role("security").pk, "division": world.community.pk, "starts": "2024-01-01"}
    assert page.post(f"{ASSIGNMENTS}add/", data).status_code == 403
    assert clerk.assignments.count() == 1


def test_granting_and_ending(page, world, clerk):
    data = {"user": clerk.pk, "role": make_role("viewer").pk, "division": world.street.pk, "starts": "2024-01-01"}
    assert page.post(f"{ASSIGNMENTS}add/", data).status_code == 302
    row = Assignment.objects.get(user=clerk, role__name="viewer")
    assert page.post(f"{ASSIGNMENTS}{row.pk}/change/", {"ends": "2024-06-01", "reason": "调岗"}).status_code == 302
    row.refresh_from_db()
    assert row.ends == date(2024, 6, 1)


def test_name_and_activity_through_the_services(page, officer, clerk):
    data = {"name": "李改名", "email": "", "reason": "离职"}
    assert page.post(f"{USERS}{clerk.pk}/change/", inline(**data)).status_code == 302
    clerk.refresh_from_db()
    assert (clerk.name, clerk.is_active) == ("李改名", False)
    assert AuditEvent.objects.about(clerk).filter(actor=officer.username, action="change_user").count() == 2


def test_nobody_edits_themselves(page, officer):
    assert page.post(f"{USERS}{officer.pk}/change/", inline(name="x")).status_code == 403
    assert page.post(f"{USERS}{officer.pk}/act/withdraw-token/").status_code == 403


def test_a_new_initial_password(page, clerk):
    answer = page.post(f"{USERS}{clerk.pk}/act/password/")
    clerk.refresh_from_db()
    assert not clerk.check_password(PASSWORD)
    assert clerk.must_change_password
    assert clerk.check_password(told(answer).rsplit(maxsplit=1)[-1])


def test_interface_keys_are_made_by_their_user_and_withdrawn(page, clerk, client):
    assert page.post(f"{USERS}{clerk.pk}/act/token/").status_code == 404
    client.force_login(clerk)
    assert client.post("/account/key/", {"password": "guessed"}).status_code == 422
    assert client.get("/account/key/").status_code == 200
    answer = client.post("/account/key/", {"password": PASSWORD})
    token = answer.context["token"]
    assert token in answer.content.decode()
    header = {"Authorization": f"Token {token}"}
    assert Client().get("/api/v1/divisions/", headers=header).status_code == 200
    page.post(f"{USERS}{clerk.pk}/act/withdraw-token/")
    assert Client().get("/api/v1/divisions/", headers=header).status_code == 401


def test_verbs_stay_in_scope(page, far_clerk, clerk):
    assert page.post(f"{USERS}{far_clerk.pk}/act/password/").status_code == 404
    assert page.post(f"{USERS}{clerk.pk}/act/nonsense/").status_code == 404
    assert page.get(f"{USERS}{clerk.pk}/act/password/").status_code == 405


def test_a_role_with_an_end_to_come_can_be_ended_earlier(page, viewer):
    row, today = viewer.assignments.get(), timezone.localdate()
    viewer.assignments.update(ends=today + timedelta(days=9))
    assert page.post(f"{ASSIGNMENTS}{row.pk}/change/", {"ends": today.isoformat(), "reason": "辞退"}).status_code == 302
    row.refresh_from_db()
    assert row.ends == today
    assert page.post(f"{ASSIGNMENTS}{row.pk}/change/", {"ends": "2024-06-01"}).status_code == 403


def test_a_role_ends_on_a_day(page, viewer):
    row = viewer.assignments.get()
    answer = page.post(f"{ASSIGNMENTS}{row.pk}/change/", {"ends": "", "reason": "调岗"})
    assert "ends" in answer.context["adminform"].form.errors
    row.refresh_from_db()
    assert row.ends is None


@pytest.mark.parametrize(
    ("data", "name", "active"),
    [({"name": "李改名", "is_active": "on"}, "李改名", True), ({"name": "李社工"}, "李社工", False)],
)
def test_name_and_activity_change_apart(page, viewer, data, name, active):
    assert page.post(f"{USERS}{viewer.pk}/change/", inline(email="", reason="更正", **data)).status_code == 302
    viewer.refresh_from_db()
    assert (viewer.name, viewer.is_active) == (name, active)
    assert AuditEvent.objects.about(viewer).filter(action="change_user").count() == 1


def test_a_locked_user_is_let_in_again(page, officer, viewer):
    assert "李社工" in told(page.post(f"{USERS}{viewer.pk}/act/unlock/"))
    assert AuditEvent.objects.about(viewer).get(action="unlock_user").actor == officer.username
