"""Runs one app store simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from svc_channel.simulators.market.store import Fault, StoreServer, StoreSettings, utc_now
from svc_channel.simulators.signals import serve_until_stopped

SECRET_VARIABLE = "CARILLON_MARKET_SECRET"  # noqa: S105 -- the variable's name, not a secret


def serve(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Takes up its journal, listens, prints ``ready market HOST:PORT``, ends on SIGTERM or SIGINT."""
    parser = _parser()
    told = parser.parse_args(arguments)
    secret = environment.get(SECRET_VARIABLE, "")
    if not secret:
        parser.error(f"set {SECRET_VARIABLE} to what both sides sign with")
    settings = StoreSettings(line=told.line, secret=secret.encode(), event_to=told.event_to, faults=tuple(told.fault))
    server = StoreServer((told.host, told.port), settings, told.journal, now=utc_now)
    serve_until_stopped("market", server, server.stopping.set)
    server.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m svc_channel.simulators.market",
        allow_abbrev=False,
        description="An app store that takes each job once and tells what became of it.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8093, help="0 takes a free one, told by the ready line")
    parser.add_argument("--journal", type=Path, required=True, help="the append-only file of everything taken and told")
    parser.add_argument("--line", default="market", help="the line's name, which both sides sign")
    parser.add_argument(
        "--event-to", default="", help="the gateway's /api/v1/channel/mobile-market?line=NAME; nowhere if absent"
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="DIGITS=FAULT",
        help=f"what goes wrong with numbers that end so, e.g. 07=silent; one of {', '.join(Fault)}",
    )
    return parser


def _fault(text: str) -> tuple[str, Fault]:
    digits, _, fault = text.partition("=")
    if not digits.isdecimal() or fault not in set(Fault):
        raise argparse.ArgumentTypeError(f"DIGITS=FAULT with FAULT one of {', '.join(Fault)}")
    return digits, Fault(fault)


if __name__ == "__main__":
    serve(sys.argv[1:])
