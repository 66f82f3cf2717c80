"""Stands in for any process of the suite in the runner's tests: it is healthy, it migrates, it stops; nothing more."""

import os
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import FrameType


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        del format, args


def variable(ending: str) -> str:
    return next(value for name, value in os.environ.items() if name.startswith("CARILLON_") and name.endswith(ending))


def serve_health(address: str) -> None:
    import grpc
    from grpc_health.v1 import health, health_pb2, health_pb2_grpc

    server = grpc.server(ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(address)
    server.start()
    while True:
        time.sleep(0.1)


def leave(number: int, frame: FrameType | None) -> None:
    del frame
    sys.stdout.write(f"asked to stop by {number}\n")
    sys.exit(0)


def main(arguments: list[str]) -> None:
    signal.signal(signal.SIGTERM, leave)
    if arguments[0] in {"migrate", "seed"}:
        sys.stdout.write(" ".join(arguments) + "\n")
    elif "CARILLON_GATEWAY_PORT" in os.environ:
        HTTPServer(("127.0.0.1", int(os.environ["CARILLON_GATEWAY_PORT"])), Ready).serve_forever()
    elif "--port" in arguments:
        with socket.create_server(("127.0.0.1", int(arguments[arguments.index("--port") + 1]))) as listening:
            while True:
                listening.accept()[0].close()
    else:
        serve_health(variable("_LISTEN"))


if __name__ == "__main__":
    main(sys.argv[1:])
