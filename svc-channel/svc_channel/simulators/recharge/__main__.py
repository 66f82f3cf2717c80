"""Runs one recharge simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from svc_channel.simulators.command_line import add_faults, simulator_parser
from svc_channel.simulators.recharge.desk import RechargeServer
from svc_channel.simulators.recharge.till import Till
from svc_channel.simulators.signals import serve_until_stopped
from svc_channel.simulators.signed_http import Fault

SECRET_VARIABLE = "CARILLON_RECHARGE_SECRET"  # noqa: S105 -- the variable's name, not a secret


def serve(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Takes up its journal, listens, prints ``ready recharge HOST:PORT``, ends on SIGTERM or SIGINT."""
    parser = _parser()
    told = parser.parse_args(arguments)
    secret = told.secret_file.read_text().strip() if told.secret_file else environment.get(SECRET_VARIABLE, "")
    if not secret:
        parser.error(f"set {SECRET_VARIABLE}, or name a file with --secret-file, to what both sides sign with")
    till = Till(told.journal, wall_clock=time.time)
    server = RechargeServer(
        (told.host, told.port),
        till,
        secret.encode(),
        faults=tuple(told.fault),
        slow_seconds=told.slow_seconds,
        wall_clock=time.time,
    )
    serve_until_stopped("recharge", server)
    till.close()


def _parser() -> argparse.ArgumentParser:
    parser = simulator_parser(
        "recharge", "A recharge system that pays each recharge once and forgets none.", port=8090, journal="decided"
    )
    parser.add_argument("--secret-file", type=Path, help=f"where the secret stands, instead of {SECRET_VARIABLE}")
    parser.add_argument("--slow-seconds", type=float, default=3.0)
    add_faults(parser, Fault, example=Fault.SILENT)
    return parser


if __name__ == "__main__":
    serve(sys.argv[1:])
