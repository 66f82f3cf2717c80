"""How one ISMG simulator is to behave; read from the command line, the secret from the environment alone."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from svc_channel.domain.cmpp import commands
from svc_channel.domain.smpp.receipts import MessageState

SECRET_VARIABLE: Final = "CARILLON_ISMG_SECRET"  # noqa: S105 -- the variable's name, not a secret
VERSIONS: Final = {"2.0": commands.VERSION_20, "2.1": commands.VERSION_21, "3.0": commands.VERSION_30}


@dataclass(frozen=True, slots=True, kw_only=True)
class IsmgSettings:
    """One simulator with one service provider; times in seconds."""

    host: str
    port: int
    journal: Path
    control: Path | None
    source: str
    secret: str = field(repr=False)
    versions: frozenset[int] = commands.VERSIONS
    gateway: int = 1234
    receipt_delay_seconds: float = 0.05
    # Holds back submit answers, so that a break in between leaves submits in doubt.
    response_delay_seconds: float = 0.0
    # Submits without an answer, a session; more are answered with flow control.
    window: int = 16
    # Reports and MOs on the wire without an answer, a session.
    deliver_window: int = 16
    # After a refusal by the client (its queue is full) the same delivery is sent again.
    retry_seconds: float = 1.0
    # A delivery without any answer is sent again: T of the specification, which is 60, would make tests long.
    redeliver_seconds: float = 10.0
    # Silence after which the client is asked whether it lives; 0 means never.
    active_test_seconds: float = 0.0
    # Submits a second, a session; more are answered with flow control. 0 means as many as come.
    throttle_per_second: int = 0
    # Accepted messages whose report is not acknowledged; more are answered with flow control. 0 means no limit.
    queue_limit: int = 0
    # Closes a connection that has brought so many submits, the last unanswered: a link that breaks. 0 means never.
    close_after: int = 0
    # The result of a submit by the last digits of its number; the first that fits counts.
    results: tuple[tuple[str, int], ...] = ()
    # The end of a message by the last digits of its number; the first that fits counts, DELIVERED otherwise.
    outcomes: tuple[tuple[str, MessageState], ...] = ()


def read_settings(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> IsmgSettings:
    """Parses the command line; ends the program with a usage message when something is missing."""
    parser = _parser()
    told = parser.parse_args(arguments)
    secret = environment.get(SECRET_VARIABLE, "")
    if not secret:
        parser.error(f"set {SECRET_VARIABLE} to the shared secret")
    versions = frozenset(VERSIONS[version] for version in told.version) or commands.VERSIONS
    named = {name: value for name, value in vars(told).items() if name not in {"version", "result", "outcome"}}
    return IsmgSettings(
        **named, secret=secret, versions=versions, results=tuple(told.result), outcomes=tuple(told.outcome)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m svc_channel.simulators.ismg",
        description="An ISMG that speaks CMPP 2.0 and 3.0 and forgets nothing it accepted.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7890, help="0 takes a free one, told by the ready line")
    parser.add_argument("--journal", type=Path, required=True, help="the append-only file of everything accepted")
    parser.add_argument("--control", type=Path, help="unix socket for JSON lines: MO injection and counts")
    parser.add_argument("--source", required=True, help="the service provider's id, six characters")
    parser.add_argument("--version", action="append", default=[], choices=VERSIONS, help="taken alone; all by default")
    parser.add_argument("--gateway", type=int, default=1234, help="the code in its Msg_Ids")
    parser.add_argument("--receipt-delay-seconds", type=float, default=0.05)
    parser.add_argument("--response-delay-seconds", type=float, default=0.0)
    parser.add_argument("--window", type=int, default=16)
    parser.add_argument("--deliver-window", type=int, default=16)
    parser.add_argument("--retry-seconds", type=float, default=1.0)
    parser.add_argument("--redeliver-seconds", type=float, default=10.0)
    parser.add_argument("--active-test-seconds", type=float, default=0.0)
    parser.add_argument("--throttle-per-second", type=int, default=0)
    parser.add_argument("--queue-limit", type=int, default=0)
    parser.add_argument("--close-after", type=int, default=0, help="submits after which a connection breaks")
    parser.add_argument(
        "--result",
        type=_result,
        action="append",
        default=[],
        metavar="DIGITS=RESULT",
        help="how submits to numbers with these last digits are answered, e.g. 09=9",
    )
    parser.add_argument(
        "--outcome",
        type=_outcome,
        action="append",
        default=[],
        metavar="DIGITS=STATE",
        help="how messages to numbers with these last digits end, e.g. 07=UNDELIVERABLE",
    )
    return parser


def _result(text: str) -> tuple[str, int]:
    digits, _, result = text.partition("=")
    if not digits.isdecimal() or not result.isdecimal():
        raise argparse.ArgumentTypeError("DIGITS=RESULT, both numbers")
    return digits, int(result)


def _outcome(text: str) -> tuple[str, MessageState]:
    digits, _, state = text.partition("=")
    if not digits.isdecimal() or state not in MessageState.__members__:
        raise argparse.ArgumentTypeError(f"DIGITS=STATE with STATE one of {', '.join(MessageState.__members__)}")
    return digits, MessageState[state]
