"""The whole portal as `make run` starts it, with its demo data, and a Chromium to use it with."""

import signal
import socket
import subprocess
import sys
import time

import pytest
from playwright.sync_api import sync_playwright

from config import embedded
from registry.demo import AREAS
from reporting.demo import PASSWORD
from tests import chromium
from tests.browser.pages import PHONE
from tests.setup.processes import ROOT, keep, release, spawn

SIZES = {"wide": {"width": 1366, "height": 768}, "phone": PHONE}
READY_SECONDS = 600
FILE_TEAMS = "import django; django.setup(); from tests.browser import teams; teams.file_all()"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    """The address of a running portal: web, worker, beat, embedded servers that flush nothing to disk, demo data."""
    folder, port = tmp_path_factory.mktemp("portal"), free_port()
    keeper, told = keep(folder)
    assert told.startswith("up"), told
    own = {
        "VAR_DIR": str(folder),
        "DATABASE_URL": embedded.database_url(folder),
        "REDIS_URL": embedded.redis_url(folder),
        "PUBLIC_ADDRESS": f"http://127.0.0.1:{port}",  # what the QR codes of certificates lead to
        "SESSION_IDLE_SECONDS": "36000",  # a session made once serves every test, on a slow machine too
    }
    run = spawn(sys.executable, "-m", "config.run", "--until-parent-ends", PORT=str(port), **own)
    until_ready(run)
    filed, _nothing = (teams := spawn(sys.executable, "-c", FILE_TEAMS, **own)).communicate(timeout=READY_SECONDS)
    assert teams.returncode == 0, filed
    yield f"http://127.0.0.1:{port}"
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    release(keeper)


def until_ready(run):
    told = []
    deadline = time.monotonic() + READY_SECONDS
    for line in run.stdout:
        told.append(line)
        if "Ready after" in line:
            break
        assert time.monotonic() < deadline, "".join(told)
    assert "Ready after" in "".join(told[-1:]), "".join(told)


@pytest.fixture(scope="package")
def chrome():
    # Ended with the package: while it runs, its event loop keeps Django from using the database in this thread.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def idle():
    """{size: pages no test uses}: a new one loads everything anew and costs several times as much."""
    return {size: [] for size in SIZES}


@pytest.fixture
def window(portal, chrome, idle):
    """window(size, elder) → an empty page that collects what the console complains of in `page.complaints`."""
    used = []

    def enter(size="phone", elder=False):
        page = idle[size].pop() if idle[size] else new_page(chrome, portal, size)
        used.append((size, page))
        page.complaints = []
        page.context.clear_cookies()
        if elder:
            page.context.add_cookies([{"name": "elder", "value": "1", "url": portal}])
        return page

    yield enter
    for size, page in used:
        for other in page.context.pages[1:]:
            other.close()
        page.goto("about:blank")
        idle[size].append(page)


def new_page(chrome, portal, size):
    page = chrome.new_context(viewport=SIZES[size], locale="zh-CN", base_url=portal, reduced_motion="reduce").new_page()
    page.on("console", lambda entry: entry.type in {"error", "warning"} and page.complaints.append(entry.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


@pytest.fixture(scope="session")
def keys():
    """{user: the cookies of a session}: everybody signs in once."""
    return {}


@pytest.fixture
def open_as(window, keys):
    """open_as(user, size) → an empty page of somebody who has signed in."""

    def enter(user, size="wide"):
        page = window(size)
        if user not in keys:
            keys[user] = session_of(page.context, user)
        page.context.add_cookies(keys[user])
        return page

    return enter


def session_of(context, user):
    """The cookies of somebody who signs in without looking at the page."""
    context.request.get("/accounts/sign-in/")
    [token] = [cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrf"]
    form = {"username": user, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert context.request.post("/accounts/sign-in/", form=form, max_redirects=0).status == 302
    return context.cookies()


def sign_in(page, user):
    """On the page of it."""
    page.fill("[name=username]", user)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.fixture
def survey(tmp_path):
    """survey(district, seed) → a workbook as officers type it, whose community column has a header nobody knows."""

    def make(district, seed, rows=80):
        path, headers = tmp_path / f"{district}-{seed}.xlsx", tmp_path / "headers.json"
        headers.write_text('{"region": "在哪儿"}', encoding="utf-8")
        command = [
            *(sys.executable, ROOT / "bench/make_survey.py", "--district", district, "--rows", rows, "--seed", seed),
            *("--noise", 0.3, "--title", "--region-style", "street", "--drop", "region_code", "--headers", headers),
            *("--regions", ROOT / "registry/data/divisions", "--out", path),
        ]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        return path

    assert {area.code for area in AREAS} >= {"340104", "440310"}
    return make
