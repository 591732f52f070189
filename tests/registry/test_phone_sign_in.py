import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from casework.models import Case, Delivery, OutboxMessage
from casework.notices import sealed_message
from casework.services import links
from registry.models import Applicant, SignInCode
from registry.services import phone_sign_in
from tests import builders

pytestmark = pytest.mark.django_db
PHONE = "13812345678"


def code_sent():
    to, text = sealed_message(Delivery.objects.latest("pk"))
    assert to == PHONE
    return re.search(r"[0-9]{6}", text)[0]


def ask(client, phone=PHONE, query=""):
    return client.post(reverse("apply:sign_in") + query, {"phone": phone})


def enter(client, code, query=""):
    return client.post(reverse("apply:sign_in_code") + query, {"code": code})


def test_a_leader_signs_in_with_a_code_and_keeps_one_account(client):
    assert ask(client, query="?next=/apply/").url.endswith("/code/?next=%2Fapply%2F")
    assert "138****5678" in client.get(reverse("apply:sign_in_code")).content.decode()
    assert enter(client, code_sent(), "?next=/apply/").url == "/apply/"
    user = Applicant.objects.get().user
    assert not user.has_usable_password()
    assert user.paths() == []
    assert PHONE not in str(Applicant.objects.values().get())
    assert client.get(reverse("apply:my")).status_code == 200
    assert client.get("/").url == reverse("apply:my")
    assert client.get(reverse("apply:sign_in")).url == reverse("apply:my")
    client.logout()
    SignInCode.objects.update(sent_at=timezone.now() - timedelta(minutes=5))
    ask(client, "138 1234 5678")
    enter(client, code_sent())
    assert Applicant.objects.get().user == user


def test_a_code_counts_once_and_for_ten_minutes(client):
    ask(client)
    code = code_sent()
    assert phone_sign_in.sign_in_user(phone=PHONE, code=code)
    assert phone_sign_in.sign_in_user(phone=PHONE, code=code) is None
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        ask(client)
        code = code_sent()
    with time_machine.travel(timezone.now() + timedelta(minutes=13)):
        assert phone_sign_in.sign_in_user(phone=PHONE, code=code) is None


def test_five_wrong_tries_end_a_code(client):
    ask(client)
    code = code_sent()
    wrong = "000000" if code != "000000" else "111111"
    for _time in range(5):
        assert enter(client, wrong).status_code == 422
    assert enter(client, code).status_code == 422
    assert User.objects.count() == 0


def test_the_answer_is_the_same_when_no_code_goes_out(client):
    first, second = ask(client), ask(client)
    assert (first.status_code, first.url) == (second.status_code, second.url)
    assert Delivery.objects.count() == 1
    for minutes in range(2, 20, 2):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            ask(client)
    assert Delivery.objects.count() == phone_sign_in.HOURLY


@pytest.mark.parametrize("phone", ["", "0755-12345678", "12", "不知道", "138123456789"])
def test_only_mobile_numbers_get_a_code(client, phone):
    assert ask(client, phone).status_code == 422
    assert not Delivery.objects.exists()


def test_the_page_of_the_code_needs_a_number_first(client):
    assert client.get(reverse("apply:sign_in_code")).url == reverse("apply:sign_in")
    assert enter(client, "123456").url == reverse("apply:sign_in")


def test_a_code_typed_in_full_width_is_read(client):
    ask(client)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code_sent())
    assert enter(client, f" {wide} ").url == reverse("apply:my")


def test_without_a_gateway_no_code_is_promised(client, settings):
    settings.SMS_BACKEND = ""
    response = client.get(reverse("apply:sign_in"))
    assert not response.context["sms"]
    assert 'name="phone"' not in response.content.decode()
    assert ask(client).status_code == 422
    assert not Delivery.objects.exists()


def test_the_way_to_the_officers_sign_in_and_back_keeps_where_to(client):
    text = client.get(reverse("accounts:sign_in"), {"next": "/notices/7/"}).content.decode()
    assert f"{reverse('apply:sign_in')}?next=/notices/7/" in text


def test_an_ended_session_is_told_here_as_well(client):
    session = client.session
    session["ended"] = "idle"
    session.save()
    assert client.get(reverse("apply:sign_in")).context["ended"] == "idle"
    assert client.get(reverse("apply:sign_in")).context["ended"] is None


def test_a_code_of_another_form_costs_no_try(client):
    ask(client)
    assert enter(client, "12345").status_code == 422
    assert SignInCode.objects.get().tries == 0


def test_a_closed_account_stays_closed(client):
    ask(client)
    enter(client, code_sent())
    client.logout()
    User.objects.update(is_active=False)
    SignInCode.objects.update(sent_at=timezone.now() - timedelta(minutes=5))
    ask(client)
    assert enter(client, code_sent()).status_code == 422


def test_nobody_is_led_away_from_the_portal(client):
    ask(client, query="?next=https://evil.example/")
    assert enter(client, code_sent(), "?next=https://evil.example/").url == reverse("apply:my")


def test_strangers_are_led_to_the_sign_in_by_phone(client):
    assert client.get(reverse("apply:my")).url == f"{reverse('apply:sign_in')}?next=/my/"


def test_the_name_is_asked_with_the_first_filing_and_only_then(client):
    world = builders.make_world()
    ask(client)
    enter(client, code_sent())
    address = f"{reverse('apply:new')}?kind=filing"
    assert 'name="own_name"' in client.get(address).content.decode()
    assert client.post(address, {"division": world.community.pk}).status_code == 422
    client.post(address, {"division": world.community.pk, "own_name": "林秀英"})
    assert Case.objects.get().parties.get().name == "林秀英"
    assert 'name="own_name"' not in client.get(address).content.decode()


def test_the_messages_of_the_demo_are_read_in_the_demo_only(client, settings):
    OutboxMessage.objects.create(phone=PHONE, text=f"请核对并确认：{links.address('apply:confirm', 'abc:D_1')}")
    address = reverse("public:messages")
    assert PHONE not in client.get(address).content.decode()
    ask(client)
    assert address not in client.get(reverse("apply:sign_in_code")).content.decode()
    settings.DEBUG = True
    text = client.get(address).content.decode()
    assert PHONE in text
    assert 'href="/confirm/abc:D_1/"' in text
    assert address in client.get(reverse("apply:sign_in_code")).content.decode()
