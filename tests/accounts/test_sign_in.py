"""Signing in and out, lock-out, initial passwords and the limits of a session."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from accounts import views
from tests.builders import PASSWORD, make_division_tree, make_user

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/sign-in/"
ACCOUNT = "/accounts/account/"


def sign_in(client, user, password=PASSWORD, **extra):
    return client.post(SIGN_IN, {"username": user.username, "password": password, **extra})


def test_every_page_needs_a_sign_in_and_comes_back_after_it(client):
    user = make_user()
    asked = client.get(ACCOUNT)
    assert asked.status_code == 302
    assert asked.url == f"{SIGN_IN}?next={ACCOUNT}"
    assert sign_in(client, user, next=ACCOUNT).url == ACCOUNT
    assert client.get(ACCOUNT).status_code == 200


def test_after_sign_in_comes_the_home_page(client):
    assert sign_in(client, make_user()).url == reverse("reporting:home")


def test_a_foreign_next_address_is_not_followed(client):
    assert sign_in(client, make_user(), next="https://elsewhere.example/").url == reverse("reporting:home")


@pytest.mark.parametrize("path", ["/accounts/sign-in/", "/accounts/account/"])
def test_pages_of_a_signed_in_user_are_not_kept_by_a_proxy(client, path):
    client.force_login(make_user())
    assert "no-store" in client.get(path)["Cache-Control"]


def test_wrong_password_and_unknown_name_get_the_same_answer(client):
    user = make_user()
    wrong = sign_in(client, user, "not-the-password")
    unknown = client.post(SIGN_IN, {"username": "nobody-here", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 200
    said = wrong.context["form"].non_field_errors()
    assert said
    assert said == unknown.context["form"].non_field_errors()


def test_a_closed_account_cannot_sign_in(client):
    user = make_user(is_active=False)
    sign_in(client, user)
    assert client.get(ACCOUNT).status_code == 302


@pytest.mark.parametrize("name", ["x" * 151, "x" * 256, "x" * 100_000, "a\u202eb", "𬱖"])
def test_a_strange_login_name_is_refused_without_an_error_page(client, name):
    answer = client.post(SIGN_IN, {"username": name, "password": "whatever"})
    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_too_many_wrong_passwords_lock_the_name_on_this_address_only(client):
    user, colleague = make_user(), make_user()
    answers = [sign_in(client, user, "wrong") for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert answers[-1].status_code == 429
    locked = sign_in(client, user)
    assert locked.status_code == 429
    assert "accounts/locked.html" in [template.name for template in locked.templates]
    assert sign_in(client, colleague).status_code == 302
    client.logout()
    elsewhere = client.post(SIGN_IN, {"username": user.username, "password": PASSWORD}, REMOTE_ADDR="10.9.8.7")
    assert elsewhere.status_code == 302


@pytest.mark.parametrize(
    ("limit", "names", "addresses"),
    [("PASSWORDS_AT", [1, 2], ["10.1.1.1"]), ("PASSWORDS_OF", [1], ["10.1.1.1", "10.1.1.2"])],
)
def test_many_names_from_one_address_and_one_name_from_many_are_locked(client, monkeypatch, limit, names, addresses):
    ann = [None, make_user(), make_user()]
    monkeypatch.setattr(getattr(views, limit), "limit", 2)
    for number in names:
        for address in addresses:
            client.post(SIGN_IN, {"username": ann[number].username, "password": "wrong"}, REMOTE_ADDR=address)
    last = client.post(SIGN_IN, {"username": ann[1].username, "password": PASSWORD}, REMOTE_ADDR=addresses[0])
    assert last.status_code == 429
    assert client.post(SIGN_IN, {"username": make_user().username, "password": PASSWORD}, REMOTE_ADDR="10.1.1.9").url


def test_a_lock_opens_by_itself(client):
    user = make_user()
    with time_machine.travel("2026-03-02 09:00+08:00", tick=False) as clock:
        for _ in range(settings.AXES_FAILURE_LIMIT):
            sign_in(client, user, "wrong")
        clock.shift(settings.AXES_COOLOFF_TIME + timedelta(seconds=1))
        assert sign_in(client, user).status_code == 302


def test_an_initial_password_must_be_changed_before_anything_else(client):
    user = make_user(must_change_password=True)
    sign_in(client, user)
    change = reverse("accounts:password_change")
    for path in ("/", ACCOUNT, "/accounts/divisions/children/?parent=1"):
        assert client.get(path).url == change
    assert client.get(change).status_code == 200
    new = "a-much-better-secret-7"
    sent = client.post(change, {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert sent.url == reverse("reporting:home")
    user.refresh_from_db()
    assert not user.must_change_password
    assert client.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("new", [PASSWORD, "short-1", "123456789012", "password1234"])
def test_a_weak_or_unchanged_password_is_refused(client, new):
    user = make_user(must_change_password=True)
    client.force_login(user)
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    answer = client.post(reverse("accounts:password_change"), form)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    user.refresh_from_db()
    assert user.must_change_password


def test_changing_the_password_ends_the_sessions_on_other_devices(client, django_user_model):
    user = make_user()
    client.force_login(user)
    other = type(client)()
    other.force_login(user)
    new = "a-much-better-secret-7"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    client.post(reverse("accounts:password_change"), form)
    assert client.get(ACCOUNT).status_code == 200
    assert other.get(ACCOUNT).status_code == 302


def test_signing_out_takes_a_post_and_forgets_the_session(client):
    client.force_login(make_user())
    assert client.get("/accounts/sign-out/").status_code == 405
    assert client.post("/accounts/sign-out/").status_code == 302
    assert client.get(ACCOUNT).status_code == 302


def test_an_idle_session_ends_and_says_so(client):
    with time_machine.travel("2026-03-02 09:00+08:00", tick=False) as clock:
        sign_in(client, make_user())
        assert client.get(ACCOUNT).status_code == 200
        clock.shift(settings.SESSION_IDLE_SECONDS - 1)
        assert client.get(ACCOUNT).status_code == 200
        clock.shift(settings.SESSION_IDLE_SECONDS - 1)
        assert client.get(ACCOUNT).status_code == 200
        clock.shift(settings.SESSION_IDLE_SECONDS + 120)
        assert client.get(ACCOUNT).status_code == 302
        assert client.get(SIGN_IN).context["ended"] == "idle"
        assert client.get(SIGN_IN).context["ended"] is None


def test_polling_does_not_keep_an_empty_desk_signed_in(client):
    with time_machine.travel("2026-03-02 09:00+08:00", tick=False) as clock:
        sign_in(client, make_user())
        client.get(ACCOUNT)
        for _ in range(4):
            clock.shift(settings.SESSION_IDLE_SECONDS // 4 + 1)
            last = client.get(ACCOUNT, headers={"X-Poll": "1"})
        assert last.status_code == 302


def test_every_part_that_asks_by_itself_says_so():
    pages = [path.read_text(encoding="utf-8") for path in (settings.BASE_DIR / "templates").rglob("*.html")]
    asking = [line for page in pages for line in page.splitlines() if 'hx-trigger="every' in line]
    assert asking
    assert [line for line in asking if """hx-headers='{"X-Poll": "1"}'""" not in line] == []


def test_a_busy_session_ends_at_its_longest_time(client):
    with time_machine.travel("2026-03-02 08:00+08:00", tick=False) as clock:
        sign_in(client, make_user())
        end = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        while timezone.now() <= end:
            assert client.get(ACCOUNT).status_code == 200
            clock.shift(settings.SESSION_IDLE_SECONDS - 60)
        assert client.get(ACCOUNT).status_code == 302
        assert client.get(SIGN_IN).context["ended"] == "absolute"


def test_sign_in_gives_a_new_session_key(client):
    client.post("/accounts/elder/")
    user = make_user()
    sign_in(client, user)
    first = client.session.session_key
    client.logout()
    sign_in(client, user)
    assert client.session.session_key != first
    assert Session.objects.count() == 1


def test_a_fragment_request_without_a_session_moves_the_whole_page(client):
    answer = client.get(SIGN_IN, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == SIGN_IN
    assert answer.content == b""


def test_my_account_names_roles_and_places(client):
    tree = make_division_tree()
    user = make_user("r", tree.street, perms=["accounts.view_division"])
    client.force_login(user)
    assert tree.street.full_name in client.get(ACCOUNT).content.decode()
