"""What is asked of a service platform and what it answers, and the signatures of both; it must not send anything.

A signature is HMAC-SHA-256 in hex over the lines method, path, time stamp and the body's SHA-256 in hex; an answer signs
``ANSWER``, the path asked, the request's own time stamp and its body, so that it answers that request and no other. No
platform's interface is public, so this contract is our own.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

ANSWER: Final = "ANSWER"
# The pauses before it is asked again, the last one for ever: what was sold must be opened some day.
RETRY_PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 600))
REASON_LENGTH: Final = 80


class OpeningState(StrEnum):
    """How far an activated order is at the platform."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    REFUSED = "refused"
    """It does not open the service, and would not the next time."""


class Verdict(StrEnum):
    """What is known of an opening after asking."""

    OPEN = "open"
    CLOSED = "closed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """It answers that it has never seen this opening."""
    DOUBT = "doubt"
    """It did not answer, or not so that one could believe it."""


# Where each verdict leads from the two states in which the platform is asked; anywhere else it is asked again later.
SETTLED: Final = {
    (OpeningState.OPENING, Verdict.OPEN): OpeningState.OPEN,
    (OpeningState.OPENING, Verdict.REFUSED): OpeningState.REFUSED,
    # Closed over there before we had heard that it was open.
    (OpeningState.OPENING, Verdict.CLOSED): OpeningState.CLOSED,
    (OpeningState.CLOSING, Verdict.CLOSED): OpeningState.CLOSED,
    (OpeningState.CLOSING, Verdict.REFUSED): OpeningState.CLOSED,
    # It has forgotten what it had opened: there is nothing left to close.
    (OpeningState.CLOSING, Verdict.UNKNOWN): OpeningState.CLOSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAnswer:
    """``reference`` is what an opening is called there, ``reason`` why it was refused or why there is doubt."""

    verdict: Verdict
    reference: str = ""
    reason: str = ""


def retry_after(tries: int) -> timedelta:
    """When to ask again after so many tries that ended in doubt."""
    return RETRY_PAUSES[min(tries, len(RETRY_PAUSES)) - 1]


def sign(secret: bytes, *, method: str, path: str, timestamp: str, body: bytes) -> str:
    """The signature in hex."""
    text = "\n".join((method, path, timestamp, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def is_signed(signature: str, secret: bytes, *, method: str, path: str, timestamp: str, body: bytes) -> bool:
    """Whether the signature is the right one; the comparison tells nothing by its time."""
    wanted = sign(secret, method=method, path=path, timestamp=timestamp, body=body)
    return hmac.compare_digest(wanted.encode(), signature.encode())
