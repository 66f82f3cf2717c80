"""Ends an HTTP simulator on SIGTERM or SIGINT, and says when it is ready; must not know what it serves."""

import signal
import sys
import threading
from typing import Any

from svc_channel.simulators.http_server import SimulatorServer


def serve_until_stopped(name: str, server: SimulatorServer[Any]) -> None:
    """Prints ``ready NAME HOST:PORT`` and serves; lets go whoever is kept waiting before it winds down."""

    def stop(*_: object) -> None:
        server.stopping.set()
        # From another thread: the one that serves would wait for itself.
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    host, port = server.server_address[:2]
    sys.stdout.write(f"ready {name} {host!s}:{port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
