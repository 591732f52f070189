"""A pytest plugin: gives the test run embedded servers of its own, before Django reads its settings.

Each run takes the first free folder `<VAR_DIR>/tests/<number>`, so two runs at once do not meet; the folder is kept, so
that `--reuse-db` can use it. Nothing is flushed to disk. With xdist the workers inherit the folder from the controller.
"""

import fcntl
import os
import sys
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from config import embedded

MARK = "PORTAL_TEST_SERVERS"
servers = ExitStack()


def free_folder(parent):
    return next(folder for folder in (parent / str(number) for number in count()) if claim(folder))


def claim(folder):
    """True if no other run uses the folder; ours from then on."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = servers.enter_context((folder / "run.lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests():
    keep_compiled_modules()
    if MARK in os.environ:
        return
    parent = embedded.var_dir(Path(__file__).resolve().parent.parent) / "tests"
    folder = free_folder(parent)
    os.environ.update({"VAR_DIR": str(folder), MARK: "1"})
    servers.enter_context(embedded.running(folder, fsync=False))


def keep_compiled_modules():
    """Also where the shell says otherwise: the tests start dozens of processes, each would compile the portal anew."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        servers.close()
