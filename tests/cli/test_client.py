"""The CLI's own HTTP client, against servers that come and go."""

from __future__ import annotations

import http.server
import socket
import threading
import time

import pytest

from mastic.cli.client import Client
from mastic.cli.errors import CommandError


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"here": true}')

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_that_is_being_started_again_is_waited_for() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def die_and_come_back() -> None:
        for _ in range(2):  # it takes two requests with it
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.close()
        listener.close()
        time.sleep(0.5)
        with http.server.HTTPServer(("127.0.0.1", port), Answers) as server:
            server.handle_request()

    thread = threading.Thread(target=die_and_come_back)
    thread.start()
    assert Client(f"http://127.0.0.1:{port}", "us-east-1").own("GET", "/anything") == {"here": True}
    thread.join()


def test_where_none_was_nobody_waits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(CommandError, match=r"no Mastic answers at .* start one with `mastic up`"):
        Client(f"http://127.0.0.1:{port}", "us-east-1").own("GET", "/anything")
    assert time.monotonic() - began < 60
