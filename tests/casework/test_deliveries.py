import json
import signal
import smtplib
import subprocess
import sys
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from casework import channels, notices, sms, tasks
from casework.flows import FLOWS
from casework.models import AuditEvent, Delivery, Notice, OutboxMessage
from casework.services.reach import choose, phone_shown, remember_phone
from casework.wording import WORDS
from tests import builders, cases
from tests.setup.processes import ROOT

pytestmark = pytest.mark.django_db
PHONE = "13812345678"
State = Delivery.State


class NoGateway:
    """A gateway that is away."""

    def send(self, phone, text, *, key):
        raise sms.SmsError("busy")


class HangingGateway:
    """Takes a message, says so, and never comes back."""

    def send(self, phone, text, *, key):
        sys.stdout.write(f"taken {key}\n")
        sys.stdout.flush()
        signal.pause()


class NoMail(EmailBackend):
    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("gone")


@pytest.fixture
def user(db):
    person = builders.make_user("organization", name="林秀英", email="lin@example.org")
    remember_phone(user=person, phone=PHONE)
    return person


@pytest.fixture
def case(db):
    return cases.make_draft(cases.make_people(builders.make_world())).case


def states():
    return list(Delivery.objects.order_by("id").values_list("channel", "state"))


# --- rows first ------------------------------------------------------------------------------------------------------


def test_a_notice_leaves_a_message_for_every_way_to_reach_its_user(user, case):
    notices.tell(user.pk, "approved", case=case)
    assert states() == [("email", "waiting"), ("sms", "waiting")]


def test_small_things_are_no_short_message(user, case):
    notices.tell(user.pk, "urged", case=case)
    assert states() == [("email", "waiting")]


@pytest.mark.parametrize(
    ("at", "sent"), [("00:01", "08:30"), ("08:30", "08:30"), ("20:59", "20:59"), ("23:00", "08:30")]
)
def test_the_clock_wakes_nobody_up(user, case, at, sent):
    with time_machine.travel(f"2026-03-12 {at}+08:00", tick=False):
        for code in ("reminder_80", "approved"):
            notices.tell(user.pk, code, case=case)
    clock, step = Delivery.objects.filter(channel="sms").order_by("id")
    assert [f"{timezone.localtime(row.due_at):%H:%M}" for row in (clock, step)] == [sent, at]


def test_the_same_key_is_told_once(user, case):
    first, second = (notices.tell(user.pk, "approved", case=case, key="step:1") for _ in range(2))
    assert first == second
    assert Delivery.objects.count() == 2


def test_what_was_chosen_holds_save_for_statutory_notices(user, case):
    choose(user=user, email=False, sms=False, daily=False, by=user)
    notices.tell(user.pk, "reminder_80", case=case)
    assert states() == []
    notices.tell(user.pk, "refused", case=case)
    assert states() == [("email", "waiting"), ("sms", "waiting")]


def test_nobody_is_reached_where_nothing_is_set_up(user, case, settings):
    settings.EMAIL_ON, settings.SMS_BACKEND = False, ""
    notices.tell(user.pk, "approved", case=case)
    assert (Notice.objects.count(), states()) == (1, [])


def test_a_closed_account_is_told_nothing_outside(user, case):
    user.is_active = False
    user.save()
    notices.tell(user.pk, "approved", case=case)
    assert states() == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_of_a_step_that_was_undone(monkeypatch):
    world = cases.make_people(builders.make_world())
    filing = cases.make_filing(world, "street_decision")
    Delivery.objects.all().delete()
    monkeypatch.setattr("casework.workflow.notices.tell_step", told_and_broken)
    row = next(row for row in FLOWS["filing"].transitions if row.name == "refuse")
    with pytest.raises(ZeroDivisionError):
        cases.walk(filing, row, world)
    assert not Notice.objects.filter(code="refused").exists()
    assert states() == []


def told_and_broken(case, row, step, *, by):
    builders.make_user(username="told", email="told@example.org")
    notices.tell(case.parties.get().user_id, row.notice, case=case)
    raise ZeroDivisionError


# --- sent by workers -------------------------------------------------------------------------------------------------


def test_mail_and_short_message_say_what_happened(user, case, mailoutbox, settings):
    settings.PUBLIC_ADDRESS = "https://portal.example.org/"
    notice = notices.tell(user.pk, "approved", case=case, params={"note": "条件符合"})
    assert channels.tick() == 2
    assert states() == [("email", "sent"), ("sms", "sent")]
    mail = mailoutbox[0]
    assert mail.to == ["lin@example.org"]
    assert case.title in mail.subject
    assert "条件符合" in mail.body
    assert f"https://portal.example.org/notices/{notice.pk}/" in mail.body
    message = OutboxMessage.objects.get()
    assert (message.phone, message.text[0]) == (PHONE, "【")
    assert "https://" not in message.text
    assert channels.tick() == 0


def test_a_short_message_that_asks_for_something_leads_there(user, case, settings):
    settings.PUBLIC_ADDRESS = "https://portal.example.org"
    notice = notices.tell(user.pk, "returned", case=case)
    tasks.deliver_notices()
    assert OutboxMessage.objects.get().text.endswith(f" https://portal.example.org/notices/{notice.pk}/")


def test_a_title_with_a_line_break_makes_no_second_header(user, case, mailoutbox):
    case.title = "晨光合唱队\nBcc: a@example.org"
    case.save()
    notices.tell(user.pk, "urged", case=case, params={"note": "%(case)s %s"})
    assert channels.tick() == 1
    assert "\n" not in mailoutbox[0].subject


def test_a_failing_channel_is_tried_again_ever_later_and_given_up(user, case, settings):
    settings.EMAIL_ON, settings.SMS_BACKEND = False, f"{__name__}.NoGateway"
    notices.tell(user.pk, "approved", case=case)
    moment, waits = timezone.now(), []
    for _attempt in range(6):
        with time_machine.travel(moment, tick=False):
            assert channels.tick() == 0
        row = Delivery.objects.get()
        waits.append(row.due_at - moment)
        moment = max(moment, row.due_at)
    assert waits[:5] == channels.PAUSES
    assert (row.state, row.attempts, row.last_error) == (State.DEAD, 6, "SmsError: busy")


def test_a_mail_server_that_is_away_is_tried_again(user, case, settings):
    settings.EMAIL_BACKEND = f"{__name__}.NoMail"
    notices.tell(user.pk, "urged", case=case)
    assert channels.tick() == 0
    row = Delivery.objects.get()
    assert row.state == State.WAITING
    assert "gone" in row.last_error
    assert row.due_at > timezone.now()


def test_a_missing_gateway_is_a_failure_like_any_other(user, case, settings):
    notices.tell(user.pk, "code", params={"code": "123456"})
    settings.SMS_BACKEND = ""
    channels.tick()
    assert "SMS_BACKEND" in Delivery.objects.get(channel="sms").last_error


@pytest.mark.parametrize("gone", ["account", "email", "phone", "key"])
def test_who_cannot_be_reached_any_more_is_given_up(user, case, gone, settings):
    notices.tell(user.pk, "approved", case=case)
    if gone == "account":
        user.is_active = False
    elif gone == "email":
        user.email = ""
    elif gone == "phone":
        choose(user=user, email=True, sms=True, daily=False, phone="", by=user)
    else:
        settings.FIELD_KEYS = ["new:bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE="]
    user.save()
    channels.tick()
    dead = {row.channel for row in Delivery.objects.filter(state=State.DEAD)}
    assert dead == {"account": {"email", "sms"}, "email": {"email"}, "phone": {"sms"}, "key": {"sms"}}[gone]


def test_messages_of_a_day_come_in_one_mail_in_the_morning(user, case, mailoutbox):
    choose(user=user, email=True, sms=False, daily=True, by=user)
    noon = timezone.localtime().replace(hour=12, minute=0)
    with time_machine.travel(noon, tick=False):
        notices.tell(user.pk, "urged", case=case)
        notices.tell(user.pk, "overdue", case=case, params={"due": "2026-11-20"})
        assert channels.tick() == 0
        notices.tell(user.pk, "returned", case=case)
        assert channels.tick() == 2  # mail and short message
    with time_machine.travel(noon + timedelta(hours=20, minutes=29), tick=False):
        assert channels.tick() == 0
    with time_machine.travel(noon + timedelta(hours=20, minutes=31), tick=False):
        assert channels.tick() == 1
    assert len(mailoutbox) == 2
    assert "2026-11-20" in mailoutbox[1].body
    assert not Delivery.objects.filter(state=State.WAITING, channel="email").exists()


def test_the_morning_is_the_next_one():
    now = timezone.localtime().replace(hour=7, minute=0)
    assert notices.next_morning(now).date() == now.date()
    assert notices.next_morning(now.replace(hour=9)).date() == now.date() + timedelta(days=1)


def test_a_message_to_somebody_without_an_account_is_sealed_and_then_gone(db):
    row = notices.text_to(PHONE, "code", params={"code": "482913"})
    assert "482913" not in row.sealed
    assert channels.tick() == 1
    assert "482913" in OutboxMessage.objects.get().text
    row.refresh_from_db()
    assert (row.sealed, row.state) == ("", State.SENT)


def test_a_tick_sends_so_many_and_no_more(user, case):
    for _number in range(3):
        notices.tell(user.pk, "urged", case=case)
    assert channels.tick(most=2) == 2
    assert channels.tick() == 1


# --- workers that die ------------------------------------------------------------------------------------------------


def worker(backend):
    """A process of its own that sends what is due in this test's database."""
    url = f"{settings.DATABASE_URL.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    code = "import django; django.setup(); from casework import channels; print('sent', channels.tick(), flush=True)"
    env = {"DATABASE_URL": url, "SMS_BACKEND": backend, "DJANGO_SETTINGS_MODULE": "config.settings", "PATH": ""}
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_sending_loses_nothing():
    row = notices.text_to(PHONE, "code", params={"code": "482913"})
    first = worker(f"{__name__}.HangingGateway")
    assert first.stdout.readline() == f"taken {row.uid}\n"
    first.kill()
    first.communicate()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.WAITING, 1)
    assert channels.tick() == 0
    with time_machine.travel(timezone.now() + channels.LEASE + timedelta(seconds=1)):
        assert channels.tick() == 1
    assert OutboxMessage.objects.get().key == str(row.uid)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_message_once():
    for number in range(12):
        notices.text_to(PHONE, "code", params={"code": f"{number:06}"})
    both = [worker("casework.sms.OutboxBackend") for _ in range(2)]
    assert sum(int(one.communicate()[0].split()[1]) for one in both) == 12
    assert OutboxMessage.objects.values("key").distinct().count() == OutboxMessage.objects.count() == 12


def test_a_message_that_kills_every_worker_is_given_up(user, case):
    notices.tell(user.pk, "urged", case=case)
    Delivery.objects.update(attempts=6, lease_until=timezone.now() - timedelta(seconds=1))
    assert channels.tick() == 0
    assert Delivery.objects.get().state == State.DEAD


# --- the gateway -----------------------------------------------------------------------------------------------------


@pytest.fixture
def gateway(settings):
    """A gateway on this machine; `gateway.answer` is its status, `gateway.got` what it was handed."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.got.append((self.headers["Authorization"], body))
            self.send_response(server.answer)
            self.end_headers()

        def log_message(self, *args):
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.answer, server.got = 200, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.SMS_BACKEND = "casework.sms.HttpBackend"
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_TOKEN = f"http://127.0.0.1:{server.server_port}/send", "secret"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.enable_socket
def test_a_gateway_gets_number_words_and_key(gateway):
    sms.send(PHONE, "您好", key="k1")
    assert gateway.got == [("Bearer secret", {"phone": PHONE, "text": "您好", "key": "k1"})]


@pytest.mark.enable_socket
@pytest.mark.parametrize("answer", [400, 503])
def test_a_gateway_that_refuses_is_an_error(gateway, answer):
    gateway.answer = answer
    with pytest.raises(sms.SmsError, match=str(answer)):
        sms.send(PHONE, "您好", key="k1")


@pytest.mark.enable_socket
def test_a_gateway_that_is_away_is_an_error(gateway, settings):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/send"
    with pytest.raises(sms.SmsError):
        sms.send(PHONE, "您好")


# --- what people choose ----------------------------------------------------------------------------------------------


def test_a_choice_is_kept_and_audited_without_the_number(user):
    choose(user=user, email=True, sms=True, daily=True, phone="+86 139 1234 5678", by=user)
    assert phone_shown(again(user)) == "139****5678"
    event = AuditEvent.objects.get(action="choose_notices")
    assert "1391234" not in json.dumps(event.after)
    choose(user=user, email=True, sms=True, daily=False, by=user)
    assert phone_shown(again(user)) == "139****5678"


def again(user):
    """The user as the next request reads them."""
    return type(user).objects.get(pk=user.pk)


def test_a_wrong_number_and_somebody_elses_choice_are_refused(user):
    with pytest.raises(ValidationError):
        choose(user=user, email=True, sms=True, daily=False, phone="12345", by=user)
    with pytest.raises(ValidationError):
        choose(user=user, email=True, sms=True, daily=False, by=builders.make_user())
    assert phone_shown(builders.make_user()) == ""


# --- words -----------------------------------------------------------------------------------------------------------


def test_every_notice_of_every_flow_has_its_words():
    named = {row.notice for flow in FLOWS.values() for row in flow.transitions} - {""}
    assert named - set(WORDS) == set()


@pytest.mark.parametrize("code", sorted(WORDS))
def test_words_need_nothing_they_may_not_name(code, case):
    known = {
        "note",
        "due",
        "left",
        "count",
        "link",
        "code",
        "answer",
        "state",
        "case",
        "number",
        "matter",
        "name",
        "period",
    }
    seen = set()

    class Asked(dict):
        def __missing__(self, key):
            seen.add(key)
            return ""

    for line in (WORDS[code].title, WORDS[code].text):
        assert str(line) % Asked() is not None
    assert seen <= known
