"""Ends an HTTP simulator on SIGTERM or SIGINT, and says when it is ready; must not know what it serves."""

import signal
import sys
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer


def serve_until_stopped(name: str, server: ThreadingHTTPServer, stopped: Callable[[], None]) -> None:
    """Prints ``ready NAME HOST:PORT`` and serves; calls ``stopped`` before it winds down."""

    def stop(*_: object) -> None:
        stopped()
        # From another thread: the one that serves would wait for itself.
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    host, port = server.server_address[:2]
    sys.stdout.write(f"ready {name} {host!s}:{port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
