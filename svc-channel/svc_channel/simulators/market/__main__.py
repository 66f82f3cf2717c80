"""Runs one app store simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from svc_channel.simulators.command_line import add_faults, read_secret, simulator_parser
from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.market.store import Fault, StoreServer, StoreSettings
from svc_channel.simulators.signals import serve_until_stopped

SECRET_VARIABLE = "CARILLON_MARKET_SECRET"  # noqa: S105 -- the variable's name, not a secret


def serve(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Takes up its journal, listens, prints ``ready market HOST:PORT``, ends on SIGTERM or SIGINT."""
    parser = _parser()
    told = parser.parse_args(arguments)
    secret = read_secret(parser, environment, SECRET_VARIABLE, purpose="what both sides sign with")
    settings = StoreSettings(line=told.line, secret=secret.encode(), event_to=told.event_to, faults=tuple(told.fault))
    server = StoreServer((told.host, told.port), settings, told.journal, now=utc_now)
    serve_until_stopped("market", server)
    server.close()


def _parser() -> argparse.ArgumentParser:
    parser = simulator_parser(
        "market",
        "An app store that takes each job once and tells what became of it.",
        port=8094,
        journal="taken and told",
    )
    parser.add_argument("--line", default="market", help="the line's name, which both sides sign")
    parser.add_argument(
        "--event-to", default="", help="the gateway's /api/v1/channel/mobile-market?line=NAME; nowhere if absent"
    )
    add_faults(parser, Fault, example=Fault.SILENT)
    return parser


if __name__ == "__main__":
    serve(sys.argv[1:])
