"""Serves a test's HTTP server in a thread; must not know what it serves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import TypeVar

from svc_channel.simulators.http_server import SimulatorServer

ServerT = TypeVar("ServerT", bound=ThreadingHTTPServer)


@contextmanager
def serving_thread(server: ServerT) -> Iterator[ServerT]:
    """Serves until the end, with which a simulator's silent answers end too."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        if isinstance(server, SimulatorServer):
            server.stopping.set()
        server.shutdown()
        server.server_close()
