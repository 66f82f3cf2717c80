"""Runs one service platform simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence

from svc_channel.simulators.command_line import add_faults, read_secret, simulator_parser
from svc_channel.simulators.platform.book import Book
from svc_channel.simulators.platform.desk import PlatformServer
from svc_channel.simulators.signals import serve_until_stopped
from svc_channel.simulators.signed_http import Fault

SECRET_VARIABLE = "CARILLON_PLATFORM_SECRET"  # noqa: S105 -- the variable's name, not a secret


def serve(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Takes up its journal, listens, prints ``ready platform HOST:PORT``, ends on SIGTERM or SIGINT."""
    parser = _parser()
    told = parser.parse_args(arguments)
    secret = read_secret(parser, environment, SECRET_VARIABLE, purpose="what both sides sign with")
    book = Book(told.journal, wall_clock=time.time)
    server = PlatformServer(
        (told.host, told.port),
        book,
        secret.encode(),
        faults=tuple(told.fault),
        slow_seconds=told.slow_seconds,
        wall_clock=time.time,
    )
    serve_until_stopped("platform", server)
    book.close()


def _parser() -> argparse.ArgumentParser:
    parser = simulator_parser(
        "platform",
        "A service platform that opens and closes services for numbers, each opening once.",
        port=8095,
        journal="opened, closed and refused",
    )
    parser.add_argument("--slow-seconds", type=float, default=3.0)
    add_faults(parser, Fault, example=Fault.SILENT)
    return parser


if __name__ == "__main__":
    serve(sys.argv[1:])
