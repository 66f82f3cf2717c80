"""Runs one push proxy simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from svc_channel.simulators.command_line import add_faults, read_secret, simulator_parser
from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.ppg.proxy import Fault, ProxyServer, ProxySettings
from svc_channel.simulators.signals import serve_until_stopped

PASSWORD_VARIABLE = "CARILLON_PPG_PASSWORD"  # noqa: S105 -- the variable's name, not a password


def serve(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Takes up its journal, listens, prints ``ready ppg HOST:PORT``, ends on SIGTERM or SIGINT."""
    parser = _parser()
    told = parser.parse_args(arguments)
    password = read_secret(parser, environment, PASSWORD_VARIABLE, purpose="the password that pushes come with")
    settings = ProxySettings(
        user=told.user, password=password, faults=tuple(told.fault), notice_delay_seconds=told.notice_delay_seconds
    )
    server = ProxyServer((told.host, told.port), settings, told.journal, now=utc_now)
    serve_until_stopped("ppg", server)
    server.close()


def _parser() -> argparse.ArgumentParser:
    parser = simulator_parser(
        "ppg", "A push proxy that takes each push once and tells what became of it.", port=8091, journal="taken"
    )
    parser.add_argument("--user", default="carillon")
    parser.add_argument("--notice-delay-seconds", type=float, default=0.05)
    add_faults(parser, Fault, example=Fault.SILENT)
    return parser


if __name__ == "__main__":
    serve(sys.argv[1:])
