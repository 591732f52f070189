"""Asking the local web server how it is, at whichever address it listens."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from config import probe

pytestmark = pytest.mark.enable_socket


class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_words):
        """Says nothing."""


def test_a_server_at_another_address_of_this_machine_is_found():
    server = HTTPServer(("127.0.0.2", 0), Ready)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert probe.answers(server.server_port, at="127.0.0.2")
        assert not probe.answers(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
