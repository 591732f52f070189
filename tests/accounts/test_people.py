from datetime import date, timedelta

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from casework.models import AuditEvent
from casework.services.accounts import (
    create_user,
    disable_user,
    enable_user,
    end_assignment,
    grant_role,
    reset_password,
    unlock_user,
)
from casework.services.handling import stand_in
from tests.builders import PASSWORD, make_assignment, make_division_tree, make_role, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    tree = make_division_tree()
    tree.officer = make_user("bureau_officer", tree.district)
    tree.security = make_user("security", tree.district)
    return tree


def last_event():
    return AuditEvent.objects.latest("id")


def test_a_new_officer_gets_a_password_to_change_and_a_role(tree):
    role = make_role("street_officer")
    user, password = create_user(username="wang", name="王芳", role=role, division=tree.street, by=tree.officer)
    user = User.objects.get(pk=user.pk)
    assert user.check_password(password)
    assert user.must_change_password
    assert user.has_perm("registry.import_survey", tree.community)
    assert not user.has_perm("registry.import_survey", tree.village)
    assert last_event().after["role"] == "street_officer"
    assert AuditEvent.objects.filter(action="create_user", division_path=tree.street.path).exists()


def test_the_first_account_is_made_on_the_host(db, client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, username="root", name="管理员", verbosity=0)
    root = User.objects.get(username="root")
    assert (root.paths(), root.is_staff, root.must_change_password) == ([""], True, False)
    assert client.post("/accounts/sign-in/", {"username": "root", "password": PASSWORD}).status_code == 302


def test_a_taken_login_name_is_refused_and_nothing_is_left(tree):
    with pytest.raises(ValidationError):
        create_user(
            username=tree.officer.username,
            name="王芳",
            role=make_role("clerk"),
            division=tree.street,
            by=tree.officer,
        )
    assert not User.objects.filter(name="王芳").exists()


@pytest.mark.parametrize(
    ("giver", "role", "place", "allowed"),
    [
        ("officer", "street_officer", "street", True),
        ("officer", "bureau_officer", "district", True),
        ("officer", "street_officer", "far_street", False),
        ("officer", "street_officer", "city", False),
        ("officer", "bureau_head", "district", False),
        ("officer", "security", "district", False),
        ("security", "bureau_head", "district", True),
        ("security", "bureau_head", "other_district", False),
    ],
)
def test_nobody_grants_outside_their_place_or_above_their_rights(tree, giver, role, place, allowed):
    by, user, division = getattr(tree, giver), make_user(), getattr(tree, place)
    if allowed:
        assert grant_role(user=user, role=make_role(role), division=division, by=by).pk
    else:
        with pytest.raises(PermissionDenied):
            grant_role(user=user, role=make_role(role), division=division, by=by)
        assert not user.assignments.exists()


def test_nobody_grants_to_themselves(tree):
    with pytest.raises(PermissionDenied):
        grant_role(user=tree.security, role=make_role("bureau_leader"), division=tree.district, by=tree.security)


def test_a_role_held_already_is_not_granted_twice(tree):
    user, role = make_user("clerk", tree.community), make_role("clerk")
    with pytest.raises(ValidationError):
        grant_role(user=user, role=role, division=tree.community, by=tree.officer)
    assert grant_role(user=user, role=role, division=tree.second_community, by=tree.officer)


def test_an_assignment_ends_and_the_right_with_it(tree):
    user = make_user("clerk", tree.community)
    end_assignment(assignment=user.assignments.get(), by=tree.officer, reason="调离")
    assert User.objects.get(pk=user.pk).paths() == []
    assert user.assignments.get().ends == timezone.localdate()
    assert last_event().note == "调离"


def test_an_assignment_that_never_began_is_removed(tree):
    user = make_user("clerk", tree.community, starts=timezone.localdate() + timedelta(days=9))
    end_assignment(assignment=user.assignments.get(), by=tree.officer)
    assert not user.assignments.exists()


@pytest.mark.parametrize("place", ["far_street", "city"])
def test_assignments_elsewhere_are_out_of_reach(tree, place):
    user = make_user("clerk", getattr(tree, place))
    with pytest.raises(PermissionDenied):
        end_assignment(assignment=user.assignments.get(), by=tree.officer)


def test_the_last_street_officer_stays(tree):
    user = make_user("street_officer", tree.street)
    for refused in (
        lambda: end_assignment(assignment=user.assignments.get(), by=tree.officer),
        lambda: disable_user(user=user, by=tree.officer, reason="离职"),
    ):
        with pytest.raises(ValidationError):
            refused()
    make_user("street_officer", tree.street)
    disable_user(user=user, by=tree.officer, reason="离职")
    assert not User.objects.get(pk=user.pk).is_active


@pytest.mark.parametrize("first_ends", [9, None])
def test_two_officers_do_not_leave_a_unit_one_after_the_other(tree, first_ends):
    """Neither while the other has a last day already, nor both on a day to come."""
    later = timezone.localdate() + timedelta(days=9)
    first, second = (make_user("street_officer", tree.street).assignments.get() for _officer in "ab")
    end_assignment(assignment=first, by=tree.officer, on=later)
    with pytest.raises(ValidationError):
        end_assignment(assignment=second, by=tree.officer, on=first_ends and later + timedelta(days=first_ends))
    with pytest.raises(ValidationError):
        disable_user(user=second.user, by=tree.officer, reason="离职")
    end_assignment(assignment=first, by=tree.officer)


def test_a_role_with_an_end_ends_earlier_and_never_later(tree):
    today = timezone.localdate()
    row = make_user("clerk", tree.community, ends=today + timedelta(days=99)).assignments.get()
    with pytest.raises(ValidationError):
        end_assignment(assignment=row, by=tree.officer, on=today + timedelta(days=100))
    end_assignment(assignment=row, by=tree.officer)
    row.refresh_from_db()
    assert row.ends == today


@pytest.mark.parametrize("way", ["end", "shut"])
def test_what_somebody_lent_ends_with_what_it_was_lent_from(tree, way):
    today = timezone.localdate()
    leader, officer = make_user("street_leader", tree.street), make_user("street_officer", tree.street)
    dates = {"starts": today - timedelta(days=3), "ends": today + timedelta(days=30)}
    stand_in(absent=leader, substitute=officer, by=leader, **dates)
    if way == "end":
        end_assignment(assignment=leader.assignments.get(), by=tree.officer)
    else:
        disable_user(user=leader, by=tree.officer, reason="离职")
    assert leader.substitutes.get().ends == today
    assert not User.objects.get(pk=officer.pk).has_perm("registry.decide_filing", tree.street)


def test_a_role_is_lent_no_longer_than_it_lasts(tree):
    today = timezone.localdate()
    leader = make_user("street_leader", tree.street, ends=today + timedelta(days=5))
    officer = make_user("street_officer", tree.street)
    stand_in(absent=leader, substitute=officer, by=leader, starts=today, ends=today + timedelta(days=30))
    assert leader.substitutes.get().ends == today + timedelta(days=5)


def test_nobody_lends_what_they_could_not_grant(tree):
    today = timezone.localdate()
    head, colleague = make_user("bureau_head", tree.district), make_user("bureau_officer", tree.district)
    shut = make_user("street_officer", tree.street, is_active=False)
    leader = make_user("street_leader", tree.street)
    dates = {"starts": today, "ends": today + timedelta(days=5)}
    for absent, substitute, refusal in (
        (head, colleague, PermissionDenied),
        (tree.security, colleague, PermissionDenied),
        (leader, tree.officer, PermissionDenied),
        (leader, shut, ValidationError),
    ):
        with pytest.raises(refusal):
            stand_in(absent=absent, substitute=substitute, by=tree.officer, **dates)
    assert stand_in(absent=leader, substitute=colleague, by=tree.officer, **dates)


def test_the_platform_operator_makes_accounts_and_grants_nothing_more(tree):
    operator, role = make_user("operator", tree.district), make_role("clerk")
    given = {"username": "chen", "name": "陈静", "division": tree.community}
    user, _password = create_user(**given, role=role, by=operator)
    assert user.assignments.get().role == role
    with pytest.raises(PermissionDenied):
        grant_role(user=user, role=role, division=tree.second_community, by=operator)
    with pytest.raises(PermissionDenied):
        create_user(**{**given, "username": "wu"}, role=make_role("bureau_head"), by=operator)


def test_a_shut_account_opens_again(tree):
    user = make_user("clerk", tree.community)
    disable_user(user=user, by=tree.officer, reason="休假")
    assert User.objects.get(pk=user.pk).paths() == []
    enable_user(user=user, by=tree.officer)
    assert User.objects.get(pk=user.pk).paths() == [tree.community.path]


def test_a_new_password_must_be_changed(tree):
    user = make_user("clerk", tree.community)
    password = reset_password(user=user, by=tree.officer)
    user.refresh_from_db()
    assert user.must_change_password
    assert user.check_password(password)
    assert password not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("act", [reset_password, unlock_user])
def test_an_account_with_more_rights_cannot_be_taken_over(tree, act):
    for user in (
        tree.security,
        make_user("bureau_head", tree.district),
        make_user("clerk", tree.far_community),
        make_user(is_superuser=True),
        make_user(),
        tree.officer,
    ):
        with pytest.raises(PermissionDenied):
            act(user=user, by=tree.officer)


def test_a_role_to_come_counts_too(tree):
    user = make_user("clerk", tree.community)
    make_assignment(user, "bureau_head", tree.district, starts=date(2999, 1, 1))
    with pytest.raises(PermissionDenied):
        reset_password(user=user, by=tree.officer)


def test_the_security_officer_unlocks(tree, client):
    user = make_user("clerk", tree.community)
    for _attempt in range(6):
        client.post("/accounts/sign-in/", {"username": user.username, "password": "wrong"})
    assert unlock_user(user=user, by=tree.security) == 1
    answer = client.post("/accounts/sign-in/", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("proxies", "sent", "address"),
    [
        (0, "203.0.113.9", "172.18.0.5"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9", "172.18.0.5"),
        (1, "nonsense", "172.18.0.5"),
    ],
)
def test_the_trail_and_the_lock_know_the_client_behind_the_proxy(client, settings, proxies, sent, address):
    settings.PROXY_COUNT = proxies
    form = {"username": "somebody", "password": "wrong-secret"}
    client.post("/accounts/sign-in/", form, headers={"X-Forwarded-For": sent}, REMOTE_ADDR="172.18.0.5")
    assert AuditEvent.objects.get(action="sign_in_failed").note == address
    assert AccessAttempt.objects.get().ip_address == address


def test_sign_ins_failures_and_locks_are_in_the_trail(tree, client):
    user = make_user("clerk", tree.community)
    form = {"username": user.username, "password": PASSWORD}
    client.post("/accounts/sign-in/", form)
    client.post("/accounts/sign-out/")
    for _attempt in range(6):
        client.post("/accounts/sign-in/", {**form, "password": "wrong-secret"})
    events = AuditEvent.objects.filter(actor=user.username)
    assert {"sign_in", "sign_out", "sign_in_failed", "locked_out"} <= set(events.values_list("action", flat=True))
    assert set(events.values_list("division_path", flat=True)) == {tree.community.path}
    assert "wrong-secret" not in str(list(events.values()))
