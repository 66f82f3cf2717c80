"""How one SMSC simulator is to behave; read from the command line, the password from the environment alone."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from svc_channel.domain.smpp.receipts import MessageState

PASSWORD_VARIABLE: Final = "CARILLON_SMSC_PASSWORD"  # noqa: S105 -- the variable's name, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class SmscSettings:
    """One simulator with one account; times in seconds."""

    host: str
    port: int
    journal: Path
    control: Path | None
    system_id: str
    password: str = field(repr=False)
    receipt_delay_seconds: float = 0.05
    # Holds back submit answers, so that a break in between leaves submits in doubt.
    response_delay_seconds: float = 0.0
    # Receipts and MOs on the wire without an answer, a session.
    deliver_window: int = 500
    # After a refusal by the ESME (its queue is full) the same delivery is sent again.
    retry_seconds: float = 1.0
    # A delivery without any answer is sent again, as by SMSCs that tire of waiting.
    redeliver_seconds: float = 30.0
    # Submits a second, a session; more are answered THROTTLED. 0 means as many as come.
    throttle_per_second: int = 0
    # Accepted messages whose receipt is not acknowledged; more are answered MESSAGE_QUEUE_FULL. 0 means no limit.
    queue_limit: int = 0
    # The end of a message by the last digits of its number; the first that fits counts, DELIVERED otherwise.
    outcomes: tuple[tuple[str, MessageState], ...] = ()


def read_settings(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> SmscSettings:
    """Parses the command line; ends the program with a usage message when something is missing."""
    parser = _parser()
    told = parser.parse_args(arguments)
    password = environment.get(PASSWORD_VARIABLE, "")
    if not password:
        parser.error(f"set {PASSWORD_VARIABLE} to the account's password (1 to 8 characters)")
    return SmscSettings(
        host=told.host,
        port=told.port,
        journal=told.journal,
        control=told.control,
        system_id=told.system_id,
        password=password,
        receipt_delay_seconds=told.receipt_delay_seconds,
        response_delay_seconds=told.response_delay_seconds,
        deliver_window=told.deliver_window,
        retry_seconds=told.retry_seconds,
        redeliver_seconds=told.redeliver_seconds,
        throttle_per_second=told.throttle_per_second,
        queue_limit=told.queue_limit,
        outcomes=tuple(told.outcome),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m svc_channel.simulators.smsc",
        description="An SMSC that speaks SMPP 3.4 and forgets nothing it accepted.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2775, help="0 takes a free one, told by the ready line")
    parser.add_argument("--journal", type=Path, required=True, help="the append-only file of everything accepted")
    parser.add_argument("--control", type=Path, help="unix socket for JSON lines: MO injection and counts")
    parser.add_argument("--system-id", required=True)
    parser.add_argument("--receipt-delay-seconds", type=float, default=0.05)
    parser.add_argument("--response-delay-seconds", type=float, default=0.0)
    parser.add_argument("--deliver-window", type=int, default=500)
    parser.add_argument("--retry-seconds", type=float, default=1.0)
    parser.add_argument("--redeliver-seconds", type=float, default=30.0)
    parser.add_argument("--throttle-per-second", type=int, default=0)
    parser.add_argument("--queue-limit", type=int, default=0)
    parser.add_argument(
        "--outcome",
        type=_outcome,
        action="append",
        default=[],
        metavar="DIGITS=STATE",
        help="how messages to numbers with these last digits end, e.g. 07=UNDELIVERABLE",
    )
    return parser


def _outcome(text: str) -> tuple[str, MessageState]:
    digits, _, state = text.partition("=")
    if not digits.isdecimal() or state not in MessageState.__members__:
        raise argparse.ArgumentTypeError(f"DIGITS=STATE with STATE one of {', '.join(MessageState.__members__)}")
    return digits, MessageState[state]
