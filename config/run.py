"""`make run`: the whole portal on one machine, embedded servers included, until Ctrl-C.

It restarts nothing: when a part dies it says which one and where its log is, and ends the others.
"""

import argparse
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from config import embedded, probe
from config.children import Children

BASE_DIR = Path(__file__).resolve().parent.parent
READY_SECONDS = 60
HERE = {"127.0.0.1", "0.0.0.0"}  # noqa: S104 - every address is ours as well
GUNICORN = [
    *("-m", "gunicorn", "config.wsgi", "--worker-class", "sync", "--workers", "2", "--preload", "--timeout", "60"),
    *("--max-requests", "2000", "--max-requests-jitter", "200", "--access-logfile", "-", "--no-control-socket"),
]
CELERY = [
    *("-m", "celery", "--app", "config", "worker", "--beat", "--pool", "prefork", "--concurrency", "2"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"),
]


class StoppedError(Exception):
    """The run cannot go on; the text says why."""


class Run:
    """One run of the portal: its address, its children, and whether somebody asked it to stop."""

    def __init__(self, home, host, port, *, until_parent_ends):
        self.home, self.host, self.port = home, host, port
        self.parent = os.getppid() if until_parent_ends else None
        self.asked_to_stop = threading.Event()
        self.children = None

    def stopping(self, seconds=0.0):
        """True when asked to stop, by a signal or by the end of the process that started us."""
        if self.parent is not None and os.getppid() != self.parent:
            self.asked_to_stop.set()
        return self.asked_to_stop.wait(seconds)

    def serve(self):
        started = time.monotonic()
        with embedded.running(self.home, join=False):
            self.children = Children(self.home / "log")
            try:
                if self._prepare() and self._start():
                    self._announce(time.monotonic() - started)
                    self._watch()
            finally:
                say("Stopping …")
                self.children.stop()

    def _prepare(self):
        say("Preparing the database; the first run also loads the demo data …")
        accounts = self.home / "accounts.txt"
        child = self.children.start("prepare", self._python(["-m", "config.prepare", "--accounts-to", accounts]))
        while child.process.poll() is None:
            if self.stopping(0.05):
                return False
        if child.process.returncode:
            raise StoppedError(f"The database could not be prepared; see {child.log}\n{tail(child.log)}")
        self.children.forget(child)
        return True

    def _start(self):
        self.children.start("web", self._python([*GUNICORN, "--bind", f"{self.host}:{self.port}"]))
        self.children.start("worker", self._python(CELERY))
        deadline = time.monotonic() + READY_SECONDS
        at = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 - every address is ours as well
        while not probe.answers(self.port, at=at):
            self._check_children()
            if time.monotonic() > deadline:
                raise StoppedError(f"The web server does not answer; see {self.home / 'log' / 'web.log'}")
            if self.stopping(0.1):
                return False
        return True

    def _announce(self, seconds):
        accounts = self.home / "accounts.txt"
        if accounts.exists():
            say(accounts.read_text(encoding="utf-8").rstrip())
        at = "localhost" if self.host in HERE else self.host
        say(f"Ready after {seconds:.0f} s: http://{at}:{self.port}/   (Ctrl-C stops everything)")

    def _watch(self):
        while not self.stopping(0.2):
            self._check_children()

    def _check_children(self):
        ended = self.children.first_ended()
        if ended:
            raise StoppedError(f"The {ended.name} process ended by itself; see {ended.log}\n{tail(ended.log)}")

    def _python(self, arguments):
        return [sys.executable, *arguments]


def say(text):
    print(text, flush=True)


def tail(path, lines=12):
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def require_free_port(host, port):
    """Refuses a port in use before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"Port {port} is not free ({error.strerror}). Choose another: make run PORT={port + 1}"
            raise StoppedError(message) from error


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--until-parent-ends", action="store_true", help="stop when the process that started this ends")
    arguments = parser.parse_args()
    os.chdir(BASE_DIR)
    host, port = os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or 8000)
    run = Run(embedded.var_dir(BASE_DIR), host, port, until_parent_ends=arguments.until_parent_ends)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: run.asked_to_stop.set())
    try:
        require_free_port(host, port)
        run.serve()
    except (StoppedError, embedded.EmbeddedServerError) as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
