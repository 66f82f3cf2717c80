"""What is asked of a recharge system and what it answers, and the signatures of both; it must not send anything.

A signature is HMAC-SHA-256 in hex over the lines method, path, time stamp and the body's SHA-256 in hex; an answer signs
``ANSWER``, the path asked, the request's own time stamp and its body, so that it answers that request and no other.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

ANSWER = "ANSWER"
# After a time-out it is asked again this much later, twice as much each time, up to the longest.
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=10)
# Two to the ninth of the first is beyond the longest.
MAX_DOUBLINGS = 9


class Verdict(StrEnum):
    """What is known of a recharge after asking."""

    PAID = "paid"
    REFUSED = "refused"
    # It answers that it has never seen this recharge.
    UNKNOWN = "unknown"
    # It did not answer, or not so that one could believe it.
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class RechargeAnswer:
    """``reference`` is what a payment is called there, ``reason`` why it was refused or why there is doubt."""

    verdict: Verdict
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RechargeTask:
    """One recharge to be brought to its end; ``tries`` counts how often it was taken up, this time included."""

    item_id: UUID
    attempt: int
    subscriber_id: int
    amount_fen: int
    tries: int

    @property
    def key(self) -> str:
        """What it is known by over there: a refused item that is reported again is another recharge."""
        return f"{self.item_id}-{self.attempt}"

    @property
    def retry_after(self) -> timedelta:
        """When to take it up again if this time ends in doubt."""
        doublings = max(0, min(self.tries - 1, MAX_DOUBLINGS))
        return min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)


def sign(secret: bytes, *, method: str, path: str, timestamp: str, body: bytes) -> str:
    """The signature in hex."""
    text = "\n".join((method, path, timestamp, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def is_signed(signature: str, secret: bytes, *, method: str, path: str, timestamp: str, body: bytes) -> bool:
    """Whether the signature is the right one; the comparison tells nothing by its time."""
    wanted = sign(secret, method=method, path=path, timestamp=timestamp, body=body)
    return hmac.compare_digest(wanted.encode(), signature.encode())
