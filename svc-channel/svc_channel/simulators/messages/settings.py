"""How a simulator of short messages is to behave, whatever it speaks, and its command line; must not hold a secret."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.simulators.command_line import simulator_parser


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """One simulator with one client; times in seconds. Its defaults are those of the command line."""

    host: str
    port: int
    journal: Path
    control: Path | None
    receipt_delay_seconds: float
    # Holds back submit answers, so that a break in between leaves submits in doubt.
    response_delay_seconds: float
    # Receipts and MOs on the wire without an answer, a session.
    deliver_window: int
    # After a refusal by the client (its queue is full) the same delivery is sent again.
    retry_seconds: float
    # A delivery without any answer is sent again, as by peers that tire of waiting.
    redeliver_seconds: float
    # Submits a second, a session; for more the client is asked for patience. 0 means as many as come.
    throttle_per_second: int
    # Accepted messages whose receipt is not acknowledged; with more nothing is taken. 0 means no limit.
    queue_limit: int
    # The end of a message by the last digits of its number; the first that fits counts, DELIVERED otherwise.
    outcomes: tuple[tuple[str, MessageState], ...]


def message_parser(
    name: str, description: str, *, port: int, deliver_window: int, redeliver_seconds: float
) -> argparse.ArgumentParser:
    """A parser of what SimulatorSettings say; read_options reads them out of what it was told."""
    parser = simulator_parser(name, description, port=port, journal="accepted")
    parser.add_argument("--control", type=Path, help="unix socket for JSON lines: MO injection and counts")
    parser.add_argument("--receipt-delay-seconds", type=float, default=0.05)
    parser.add_argument("--response-delay-seconds", type=float, default=0.0)
    parser.add_argument("--deliver-window", type=int, default=deliver_window)
    parser.add_argument("--retry-seconds", type=float, default=1.0)
    parser.add_argument("--redeliver-seconds", type=float, default=redeliver_seconds)
    parser.add_argument("--throttle-per-second", type=int, default=0)
    parser.add_argument("--queue-limit", type=int, default=0)
    parser.add_argument(
        "--outcome",
        type=_outcome,
        action="append",
        default=[],
        dest="outcomes",
        metavar="DIGITS=STATE",
        help="how messages to numbers with these last digits end, e.g. 07=UNDELIVERABLE",
    )
    return parser


def read_options(told: argparse.Namespace) -> dict[str, Any]:
    """The fields of settings by name; what may stand several times is a tuple."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in vars(told).items()}


def _outcome(text: str) -> tuple[str, MessageState]:
    digits, _, state = text.partition("=")
    if not digits.isdecimal() or state not in MessageState.__members__:
        raise argparse.ArgumentTypeError(f"DIGITS=STATE with STATE one of {', '.join(MessageState.__members__)}")
    return digits, MessageState[state]
