"""Runs one MMSC simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from svc_channel.simulators.mmsc.center import CenterServer, CenterSettings, Fault, utc_now
from svc_channel.simulators.signals import serve_until_stopped

PASSWORD_VARIABLE = "CARILLON_MMSC_PASSWORD"  # noqa: S105 -- the variable's name, not a password


def serve(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Takes up its journal, listens, prints ``ready mmsc HOST:PORT``, ends on SIGTERM or SIGINT."""
    parser = _parser()
    told = parser.parse_args(arguments)
    password = environment.get(PASSWORD_VARIABLE, "")
    if not password:
        parser.error(f"set {PASSWORD_VARIABLE} to the password that both sides come with")
    settings = CenterSettings(
        user=told.user,
        password=password,
        report_to=told.report_to,
        faults=tuple(told.fault),
        report_delay_seconds=told.report_delay_seconds,
    )
    server = CenterServer((told.host, told.port), settings, told.journal, now=utc_now)
    serve_until_stopped("mmsc", server, server.stopping.set)
    server.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m svc_channel.simulators.mmsc",
        allow_abbrev=False,
        description="An MMSC that takes multimedia messages and reports on them.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8092, help="0 takes a free one, told by the ready line")
    parser.add_argument("--journal", type=Path, required=True, help="the append-only file of everything taken and told")
    parser.add_argument("--user", default="carillon")
    parser.add_argument(
        "--report-to", default="", help="the gateway's /api/v1/channel/mm7?line=NAME; nowhere if absent"
    )
    parser.add_argument("--report-delay-seconds", type=float, default=0.05)
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
