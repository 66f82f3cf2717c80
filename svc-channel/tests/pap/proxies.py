"""A push proxy in this process and a place for its results, for tests; must not be the only proof."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.ppg.proxy import Fault, ProxyServer, ProxySettings

PASSWORD = "push-of-one-run"


class Inbox(ThreadingHTTPServer):
    """Keeps what is posted to it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), InboxHandler)
        self.documents: list[bytes] = []

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self.server_address[1]}/results"


class InboxHandler(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        self.server.documents.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's signature
        pass


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Serves in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


@contextmanager
def proxy(journal: Path, *, faults: tuple[tuple[str, Fault], ...] = ()) -> Iterator[ProxyServer]:
    """A proxy that listens on a free port."""
    settings = ProxySettings(user="carillon", password=PASSWORD, faults=faults, notice_delay_seconds=0.01)
    server = ProxyServer(("127.0.0.1", 0), settings, journal, now=utc_now)
    with serving(server):
        yield server
        server.stopping.set()
    server.close()
