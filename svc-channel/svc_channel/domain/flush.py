"""What one flush writes: everything that came from the link since the last; a value without behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from svc_channel.domain.inbound import Inbound, InboundPiece
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.submission import AnsweredMessage, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """Messages of one claim over ``line`` that were not answered for good, all for the same reason."""

    verdict: Verdict
    claimed_at: datetime
    message_ids: Sequence[int]
    line: str = "smsc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush:
    """Answers before receipts: a receipt then finds the part it belongs to."""

    answered: Sequence[AnsweredMessage] = ()
    setbacks: Sequence[Setback] = ()
    ended_claims: Sequence[UUID] = ()
    receipts: Sequence[PartReceipt] = ()
    inbound: Sequence[Inbound] = ()
    pieces: Sequence[InboundPiece] = ()

    def __bool__(self) -> bool:
        return bool(self.answered or self.setbacks or self.ended_claims or self.receipts or self.inbound or self.pieces)
