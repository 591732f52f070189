"""The whole portal as `make run` starts it, with its demo data, and a Chromium to use it with."""

import signal
import socket
import subprocess
import sys
import time

import pytest
from playwright.sync_api import sync_playwright

from registry.demo import AREAS
from reporting.demo import PASSWORD
from tests import chromium
from tests.setup.processes import ROOT, spawn

SIZES = {"wide": {"width": 1366, "height": 768}, "phone": {"width": 375, "height": 740}}
READY_SECONDS = 600


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    """The address of a running portal: web, worker, beat, embedded servers, demo data."""
    port = free_port()
    run = spawn(sys.executable, "-m", "config.run", PORT=str(port), VAR_DIR=str(tmp_path_factory.mktemp("portal")))
    told = []
    deadline = time.monotonic() + READY_SECONDS
    for line in run.stdout:
        told.append(line)
        if "Ready after" in line:
            break
        assert time.monotonic() < deadline, "".join(told)
    assert "Ready after" in "".join(told[-1:]), "".join(told)
    yield f"http://127.0.0.1:{port}"
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)


@pytest.fixture(scope="module")
def chrome():
    # Ended with the module: while it runs, its event loop keeps Django from using the database in this thread.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_as(portal, chrome):
    """open_as(user, size) → a signed-in page that collects what the console complains of in `page.complaints`."""
    contexts = []

    def sign_in(user, size="wide"):
        context = chrome.new_context(viewport=SIZES[size], locale="zh-CN", base_url=portal, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda entry: entry.type in {"error", "warning"} and page.complaints.append(entry.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto("/accounts/sign-in/")
        page.fill("[name=username]", user)
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    yield sign_in
    for context in contexts:
        context.close()


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
