"""Runs one MMSC simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from svc_channel.simulators.command_line import add_faults, read_secret, simulator_parser
from svc_channel.simulators.http_server import utc_now
from svc_channel.simulators.mmsc.center import CenterServer, CenterSettings, Fault
from svc_channel.simulators.signals import serve_until_stopped

PASSWORD_VARIABLE = "CARILLON_MMSC_PASSWORD"  # noqa: S105 -- the variable's name, not a password


def serve(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Takes up its journal, listens, prints ``ready mmsc HOST:PORT``, ends on SIGTERM or SIGINT."""
    parser = _parser()
    told = parser.parse_args(arguments)
    password = read_secret(parser, environment, PASSWORD_VARIABLE, purpose="the password that both sides come with")
    settings = CenterSettings(
        user=told.user,
        password=password,
        report_to=told.report_to,
        faults=tuple(told.fault),
        report_delay_seconds=told.report_delay_seconds,
    )
    server = CenterServer((told.host, told.port), settings, told.journal, now=utc_now)
    serve_until_stopped("mmsc", server)
    server.close()


def _parser() -> argparse.ArgumentParser:
    parser = simulator_parser(
        "mmsc", "An MMSC that takes multimedia messages and reports on them.", port=8092, journal="taken and told"
    )
    parser.add_argument("--user", default="carillon")
    parser.add_argument(
        "--report-to", default="", help="the gateway's /api/v1/channel/mm7?line=NAME; nowhere if absent"
    )
    parser.add_argument("--report-delay-seconds", type=float, default=0.05)
    add_faults(parser, Fault, example=Fault.SILENT)
    return parser


if __name__ == "__main__":
    serve(sys.argv[1:])
