"""Runs one recharge simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from svc_channel.simulators.recharge.desk import Fault, RechargeServer
from svc_channel.simulators.recharge.till import Till

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

    def stop(*_: object) -> None:
        server.stopping.set()
        # From another thread: the one that serves would wait for itself.
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    host, port = server.server_address[:2]
    sys.stdout.write(f"ready recharge {host!s}:{port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    till.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m svc_channel.simulators.recharge",
        allow_abbrev=False,
        description="A recharge system that pays each recharge once and forgets none.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one, told by the ready line")
    parser.add_argument("--journal", type=Path, required=True, help="the append-only file of everything decided")
    parser.add_argument("--secret-file", type=Path, help=f"where the secret stands, instead of {SECRET_VARIABLE}")
    parser.add_argument("--slow-seconds", type=float, default=3.0)
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
