"""Runs one out-call simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from svc_channel.simulators.outcall.switch import Fault, SwitchServer
from svc_channel.simulators.signals import serve_until_stopped


def serve(arguments: Sequence[str]) -> None:
    """Takes up its journal, listens, prints ``ready outcall HOST:PORT``, ends on SIGTERM or SIGINT."""
    told = _parser().parse_args(arguments)
    server = SwitchServer((told.host, told.port), told.journal, faults=tuple(told.fault))
    serve_until_stopped("outcall", server, server.stopping.set)
    server.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m svc_channel.simulators.outcall",
        allow_abbrev=False,
        description="An out-call system that takes each call once and rings nobody.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8093, help="0 takes a free one, told by the ready line")
    parser.add_argument("--journal", type=Path, required=True, help="the append-only file of every call taken")
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="DIGITS=FAULT",
        help=f"what goes wrong with numbers that end so, e.g. 07=refuse; one of {', '.join(Fault)}",
    )
    return parser


def _fault(text: str) -> tuple[str, Fault]:
    digits, _, fault = text.partition("=")
    if not digits.isdecimal() or fault not in set(Fault):
        raise argparse.ArgumentTypeError(f"DIGITS=FAULT with FAULT one of {', '.join(Fault)}")
    return digits, Fault(fault)


if __name__ == "__main__":
    serve(sys.argv[1:])
