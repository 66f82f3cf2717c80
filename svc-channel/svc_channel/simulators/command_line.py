"""The options that simulators have in common; must not know what a fault does or a secret is for."""

import argparse
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path


def simulator_parser(name: str, description: str, *, port: int, journal: str) -> argparse.ArgumentParser:
    """A parser with ``--host``, ``--port`` and ``--journal``; ``journal`` says what is kept there."""
    parser = argparse.ArgumentParser(
        prog=f"python -m svc_channel.simulators.{name}", allow_abbrev=False, description=description
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port, help="0 takes a free one, told by the ready line")
    parser.add_argument("--journal", type=Path, required=True, help=f"the append-only file of everything {journal}")
    return parser


def add_faults(parser: argparse.ArgumentParser, kind: type[StrEnum], *, example: StrEnum) -> None:
    """Adds ``--fault DIGITS=FAULT``, which may stand several times and gives pairs."""

    def read(text: str) -> tuple[str, StrEnum]:
        digits, _, fault = text.partition("=")
        if not digits.isdecimal() or fault not in set(kind):
            raise argparse.ArgumentTypeError(f"DIGITS=FAULT with FAULT one of {', '.join(kind)}")
        return digits, kind(fault)

    parser.add_argument(
        "--fault",
        type=read,
        action="append",
        default=[],
        metavar="DIGITS=FAULT",
        help=f"what goes wrong with numbers that end so, e.g. 07={example}; one of {', '.join(kind)}",
    )


def read_secret(parser: argparse.ArgumentParser, environment: Mapping[str, str], variable: str, *, purpose: str) -> str:
    """The secret that stands in the environment alone; ends the program with a usage message where there is none."""
    secret = environment.get(variable, "")
    if not secret:
        parser.error(f"set {variable} to {purpose}")
    return secret
