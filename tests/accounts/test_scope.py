from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.utils import timezone

from accounts.models import Assignment, Division, User
from accounts.roles import HANDED_OUT, ROLES, role_label
from accounts.services.roles import load_roles
from registry.models import Organization
from tests.builders import make_assignment, make_organization, make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = make_world()
    world.near = make_organization(world.community, world.types["culture"])
    world.far = make_organization(world.other_community, world.types["culture"])
    return world


def seen(user):
    return set(Organization.objects.visible_to(User.objects.get(pk=user.pk)))


def test_a_street_officer_sees_the_own_street_only(world):
    user = make_user("street_officer", world.street)
    assert seen(user) == {world.near}
    assert set(Division.objects.visible_to(user)) == {world.street, world.community, world.second_community}


def test_several_assignments_add_up(world):
    user = make_user("street_officer", world.street)
    make_assignment(user, "clerk", world.other_community)
    assert seen(user) == {world.near, world.far}


def test_a_right_counts_only_where_it_is_held(world):
    user = make_user("street_officer", world.street)
    make_assignment(user, "viewer", world.other_street)
    assert seen(user) == {world.near}
    assert user.has_perm("registry.change_organization", world.near)
    assert not user.has_perm("registry.change_organization", world.far)
    assert user.has_perm("reporting.view_rollup", world.other_street)


@pytest.mark.parametrize(
    ("starts", "ends", "sees"),
    [
        (-10, None, True),
        (0, None, True),
        (1, None, False),
        (-10, 1, True),
        (-10, 0, False),
    ],
)
def test_an_assignment_holds_from_its_first_day_to_the_day_before_its_end(world, starts, ends, sees):
    today = timezone.localdate()
    ends = ends if ends is None else today + timedelta(days=ends)
    user = make_user("street_officer", world.street, starts=today + timedelta(days=starts), ends=ends)
    assert seen(user) == ({world.near} if sees else set())


@pytest.mark.parametrize("role", ["organization", "expert", "viewer", "auditor", "operator", "security"])
def test_a_role_without_the_right_sees_no_organization(world, role):
    assert seen(make_user(role, world.district)) == set()


def test_nobody_and_everybody(world):
    assert seen(make_user()) == set()
    assert seen(make_user(is_superuser=True)) == {world.near, world.far}
    assert seen(make_user("bureau_officer", world.district, is_active=False)) == set()
    assert not AnonymousUser().has_perm("registry.view_organization")


def test_a_path_is_not_a_number_prefix(world):
    """1.2. must not reach into 1.20.: paths end with a point."""
    for division in Division.objects.exclude(path=None):
        assert division.path.endswith(f"{division.pk}.")


def test_another_street_and_nothing_at_all_answer_alike(world, client):
    client.force_login(make_user("street_officer", world.street))
    own = client.get(f"/organizations/{world.near.uid}/")
    other = client.get(f"/organizations/{world.far.uid}/")
    missing = client.get("/organizations/00000000-0000-4000-8000-000000000000/")
    assert (own.status_code, other.status_code, missing.status_code) == (200, 404, 404)
    assert body(other, str(world.far.uid)) == body(missing, "00000000-0000-4000-8000-000000000000")


def body(response, uid):
    """The page without what differs on every request."""
    nonce = response.context.get("csrf_token") if response.context else None
    text = response.content.decode().replace(uid, "")
    return text.replace(str(nonce), "") if nonce else text


def test_staff_is_who_may_open_the_admin(world):
    assert make_user("bureau_officer", world.district).is_staff
    assert not make_user("street_officer", world.street).is_staff


def test_assignments_are_listed_inside_the_own_subtree(world):
    officer = make_user("bureau_officer", world.district)
    make_user("street_officer", world.far_street)
    clerk = make_user("clerk", world.community)
    found = Assignment.objects.visible_to(officer, "accounts.view_assignment")
    assert {row.user for row in found} == {officer, clerk}


def test_loading_roles_twice_changes_nothing():
    load_roles()
    again = load_roles()
    assert (again.roles, again.changed) == (len(ROLES), 0)


def test_loading_roles_takes_back_what_was_added_by_hand():
    load_roles()
    group = Group.objects.get(name="clerk")
    group.permissions.add(Permission.objects.get(codename="freeze_baseline"))
    assert load_roles().changed == 1
    assert not group.permissions.filter(codename="freeze_baseline").exists()


def test_a_right_taken_from_a_role_is_gone_when_it_is_read_again(world, monkeypatch):
    monkeypatch.setattr("accounts.models.user.HELD_SECONDS", 1e-6)
    officer = make_user(division=world.district, perms={"registry.view_organization"})
    assert officer.has_perm("registry.view_organization")
    officer.assignments.get().role.permissions.clear()
    assert not User.objects.get(pk=officer.pk).has_perm("registry.view_organization")


def test_every_right_of_a_role_exists():
    assert load_roles().unknown == []


def test_a_bureau_officer_holds_or_hands_out_every_right_of_streets_and_committees():
    for code in ("street_officer", "street_leader", "clerk", "party_officer", "viewer"):
        assert ROLES[code].permissions <= ROLES["bureau_officer"].permissions | HANDED_OUT, code


def test_a_bureau_officer_decides_no_case_of_a_street():
    offices = {"registry.check_filing", "registry.review_filing", "registry.decide_filing"}
    assert not offices & ROLES["bureau_officer"].permissions


def test_technical_roles_see_no_data():
    for code in ("operator", "security", "auditor"):
        assert not [perm for perm in ROLES[code].permissions if perm.startswith(("registry.", "reporting."))], code


def test_a_role_goes_by_its_name_in_the_field():
    assert str(role_label("street_officer")) == str(ROLES["street_officer"].label)
    assert role_label("made by hand") == "made by hand"
