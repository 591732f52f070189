import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from http import HTTPStatus

import pytest

from tests.setup.processes import ROOT, becomes, kill, left_over, release, running, spawn

READY = "Ready after"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for the module: the first test pays for the empty database, the others start as on any later day."""
    return tmp_path_factory.mktemp("run") / "var"


@pytest.fixture
def port():
    return free_port()


def start(folder, port, *command, ready=READY):
    command = command or (sys.executable, "-m", "config.run")
    process = spawn(*command, VAR_DIR=str(folder), PORT=str(port), LOAD_DEMO="0")
    lines = []
    for line in process.stdout:
        lines.append(line)
        if ready in line:
            break
    return process, "".join(lines)


def status(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def refuses_a_second_run(folder, first):
    second, text = start(folder, free_port())
    assert f"in use by process {first.pid}" in text
    assert release(second) == 1


def test_it_serves_works_and_ends_on_ctrl_c(folder, port):
    process, text = start(folder, port)
    assert f"http://localhost:{port}/" in text, text
    assert status(port, "/readyz") == HTTPStatus.OK
    assert becomes(lambda: "ready." in (folder / "log" / "worker.log").read_text(), 30)
    refuses_a_second_run(folder, process)
    process.send_signal(signal.SIGINT)
    assert release(process) == 0
    assert left_over(folder) == []
    assert left_over(f":{port}") == []


def test_kill_9_of_the_run_leaves_no_process(folder, port):
    process, text = start(folder, port)
    assert READY in text, text
    kill(process)
    assert becomes(lambda: not left_over(folder) and not left_over(f":{port}"))


def test_kill_9_of_make_ends_the_run_as_well(folder, port):
    process, text = start(folder, port, "make", "--no-print-directory", "-C", ROOT, "--assume-old=setup", "run")
    assert READY in text, text
    kill(process)
    assert becomes(lambda: not left_over(folder) and not left_over(f":{port}"), 30)


def test_a_dead_part_is_named_and_ends_the_run(folder, port):
    process, text = start(folder, port)
    assert READY in text, text
    os.kill(min(running(f":{port}")), signal.SIGKILL)
    text = process.stdout.read()
    assert "The web process ended by itself" in text
    assert str(folder / "log" / "web.log") in text
    assert release(process) == 1
    assert left_over(folder) == []


def test_a_port_in_use_is_refused_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process, text = start(tmp_path / "var", taken.getsockname()[1])
    assert "is not free" in text
    assert release(process) == 1
    assert not (tmp_path / "var").exists()
