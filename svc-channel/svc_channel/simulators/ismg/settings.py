"""How one ISMG simulator is to behave; read from the command line, the secret from the environment alone."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from svc_channel.domain.cmpp import commands
from svc_channel.simulators.command_line import read_secret
from svc_channel.simulators.messages.settings import SimulatorSettings, message_parser, read_options

SECRET_VARIABLE: Final = "CARILLON_ISMG_SECRET"  # noqa: S105 -- the variable's name, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class IsmgSettings(SimulatorSettings):
    """One simulator with one service provider; times in seconds."""

    source: str
    secret: str = field(repr=False)
    versions: frozenset[int]
    gateway: int
    # Submits without an answer, a session; more are answered with flow control.
    window: int
    # Silence after which the client is asked whether it lives; 0 means never.
    active_test_seconds: float
    # Closes a connection that has brought so many submits, the last unanswered: a link that breaks. 0 means never.
    close_after: int
    # The result of a submit by the last digits of its number; the first that fits counts.
    results: tuple[tuple[str, int], ...]


def read_settings(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> IsmgSettings:
    """Parses the command line; ends the program with a usage message when something is missing."""
    parser = _parser()
    told = read_options(parser.parse_args(arguments))
    secret = read_secret(parser, environment, SECRET_VARIABLE, purpose="the shared secret")
    versions = frozenset(commands.VERSION_NAMES[version] for version in told.pop("version")) or commands.VERSIONS
    return IsmgSettings(**told, secret=secret, versions=versions)


def _parser() -> argparse.ArgumentParser:
    parser = message_parser(
        "ismg",
        "An ISMG that speaks CMPP 2.0 and 3.0 and forgets nothing it accepted.",
        port=7890,
        deliver_window=16,
        # T of the specification, which is 60, would make tests long.
        redeliver_seconds=10.0,
    )
    parser.add_argument("--source", required=True, help="the service provider's id, six characters")
    parser.add_argument(
        "--version", action="append", default=[], choices=commands.VERSION_NAMES, help="taken alone; all by default"
    )
    parser.add_argument("--gateway", type=int, default=1234, help="the code in its Msg_Ids")
    parser.add_argument("--window", type=int, default=16)
    parser.add_argument("--active-test-seconds", type=float, default=0.0)
    parser.add_argument("--close-after", type=int, default=0, help="submits after which a connection breaks")
    parser.add_argument(
        "--result",
        type=_result,
        action="append",
        default=[],
        dest="results",
        metavar="DIGITS=RESULT",
        help="how submits to numbers with these last digits are answered, e.g. 09=9",
    )
    return parser


def _result(text: str) -> tuple[str, int]:
    digits, _, result = text.partition("=")
    if not digits.isdecimal() or not result.isdecimal():
        raise argparse.ArgumentTypeError("DIGITS=RESULT, both numbers")
    return digits, int(result)
