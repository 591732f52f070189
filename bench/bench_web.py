"""Requests per second of the pages people open most, beside a page that only says the process is alive.

Run: python bench/bench_web.py [--seconds 5]. Starts the portal with demo data in a folder of its own, on this machine
only, and asks it with as many connections as it has workers. Fails when the dashboard answers fewer than LIMIT.
"""

import argparse
import http.client
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
USER, PASSWORD = "bureau_officer", "Demo-2026-portal"
PAGES = {
    "alive": "/healthz",
    "dashboard": "/",
    "organizations": "/organizations/",
    "API page": "/api/v1/organizations/",
}
CONNECTIONS, LIMIT = 2, 5


class Client:
    """One keep-alive connection that holds cookies."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = {}

    def ask(self, method, path, form=None):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = urlencode(form) if form else None
        if form:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": "http://127.0.0.1/"}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer, answer.read()

    def sign_in(self):
        _, page = self.ask("GET", "/accounts/sign-in/")
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)[1].decode()
        answer, _ = self.ask(
            "POST", "/accounts/sign-in/", {"username": USER, "password": PASSWORD, "csrfmiddlewaretoken": token}
        )
        if answer.status != http.client.FOUND:
            sys.exit(f"Signing in answered {answer.status}.")
        return self

    def follow(self, path):
        """The address behind redirects, so that only whole pages are measured."""
        answer, _ = self.ask("GET", path)
        while answer.status == http.client.FOUND:
            path = answer.headers["Location"]
            answer, _ = self.ask("GET", path)
        if answer.status != http.client.OK:
            sys.exit(f"{path} answered {answer.status}.")
        return path


def measure(port, path, seconds):
    """(requests per second, median milliseconds) over all connections."""
    times = []

    def work():
        client = Client(port).sign_in()
        ends = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < ends:
            client.ask("GET", path)
            times.append(time.perf_counter() - begun)

    workers = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(times) / seconds, statistics.median(times) * 1000


def start(folder, port):
    environment = os.environ | {"PORT": str(port), "VAR_DIR": folder}
    run = subprocess.Popen(
        [sys.executable, "-m", "config.run"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    for line in run.stdout:
        if "Ready after" in line:
            return run
    sys.exit("The portal did not start.")


def report(port, seconds):
    figures = {}
    for name, path in PAGES.items():
        figures[name] = measure(port, Client(port).sign_in().follow(path), seconds)
    for name, (rate, median) in figures.items():
        share = rate / figures["alive"][0]
        print(f"{name:<14}{rate:>8.1f} requests/s  median {median:>7.1f} ms  × {share:.3f} of the peer")
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        run = start(folder, port)
        try:
            figures = report(port, options.seconds)
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(60)
    rate = figures["dashboard"][0]
    print(f"limit for the dashboard {LIMIT} requests/s: × {rate / LIMIT:.2f}")
    sys.exit(rate < LIMIT)


if __name__ == "__main__":
    main()
