"""Runs one out-call simulator until SIGTERM; must not do more than read its settings and put its parts together."""

import argparse
import sys
from collections.abc import Sequence

from svc_channel.simulators.command_line import add_faults, simulator_parser
from svc_channel.simulators.outcall.switch import Fault, SwitchServer
from svc_channel.simulators.signals import serve_until_stopped


def serve(arguments: Sequence[str]) -> None:
    """Takes up its journal, listens, prints ``ready outcall HOST:PORT``, ends on SIGTERM or SIGINT."""
    told = _parser().parse_args(arguments)
    server = SwitchServer((told.host, told.port), told.journal, faults=tuple(told.fault))
    serve_until_stopped("outcall", server)
    server.close()


def _parser() -> argparse.ArgumentParser:
    parser = simulator_parser(
        "outcall", "An out-call system that takes each call once and rings nobody.", port=8093, journal="taken"
    )
    add_faults(parser, Fault, example=Fault.REFUSE)
    return parser


if __name__ == "__main__":
    serve(sys.argv[1:])
