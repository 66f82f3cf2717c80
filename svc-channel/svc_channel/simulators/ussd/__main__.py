"""Runs one USSD gateway simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from svc_channel.simulators.command_line import add_faults, read_secret, simulator_parser
from svc_channel.simulators.signals import serve_until_stopped
from svc_channel.simulators.ussd.gateway import Fault, GatewayServer

PASSWORD_VARIABLE = "CARILLON_USSD_PASSWORD"  # noqa: S105 -- the variable's name, not a password


def serve(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Takes up its journal, listens, prints ``ready ussd HOST:PORT``, ends on SIGTERM or SIGINT."""
    parser = _parser()
    told = parser.parse_args(arguments)
    password = read_secret(parser, environment, PASSWORD_VARIABLE, purpose="the password that pushes come with")
    server = GatewayServer(
        (told.host, told.port), told.journal, user=told.user, password=password, faults=tuple(told.fault)
    )
    serve_until_stopped("ussd", server)
    server.close()


def _parser() -> argparse.ArgumentParser:
    parser = simulator_parser(
        "ussd", "An HTTP gateway of a USSD network that shows each push once.", port=8096, journal="pushed"
    )
    parser.add_argument("--user", default="carillon")
    add_faults(parser, Fault, example=Fault.ABSENT)
    return parser


if __name__ == "__main__":
    serve(sys.argv[1:])
