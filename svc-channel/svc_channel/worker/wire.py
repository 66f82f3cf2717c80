"""What one sender has claimed and not yet booked, message by message; does no I/O and asks no clock.

The sender opens messages, the booker closes them with answers and takes everything closed into the next flush.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from svc_channel.domain.flush import Flush, Setback
from svc_channel.domain.inbound import Inbound, InboundPiece
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.submission import Answer, AnsweredMessage, PartAnswer, Verdict, verdict_of


@dataclass(slots=True, eq=False)
class OpenClaim:
    """A claim with messages still open; ``answered`` is set when the last one closes."""

    id: UUID
    claimed_at: datetime
    open_messages: int
    answered: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, eq=False)
class OpenMessage:
    """A claimed message: the parts that have to be answered and the answers so far."""

    id: int
    msisdn: str
    attempts: int
    claim: OpenClaim
    parts: tuple[int, ...]
    step: int = 0
    answers: list[PartAnswer] = field(default_factory=list)


Token = tuple[OpenMessage, int] | None
LOOSE: Final = None
"""The token of a part that belongs to no message: nobody waits for its answer, and it is worthless once late."""


class Wire:
    """Open messages, and the closed ones that the next flush books."""

    def __init__(self, line: str = "smsc") -> None:
        self._line = line
        self.closed = asyncio.Event()
        """Set while something closed waits for a flush."""
        self._open: dict[int, OpenMessage] = {}
        self._answered: list[AnsweredMessage] = []
        self._setbacks: dict[tuple[OpenClaim, Verdict], list[int]] = defaultdict(list)
        self._ended_claims: list[UUID] = []

    def __len__(self) -> int:
        return len(self._open)

    def open(self, message: OpenMessage) -> None:
        """Books a claimed message as open; one whose parts are all answered already closes at once."""
        self._open[message.id] = message
        if not message.parts:
            self._close(message)

    def answer(self, message: OpenMessage, answer: PartAnswer) -> None:
        """Books the answer to one part; the last one closes the message."""
        message.answers.append(answer)
        if len(message.answers) == len(message.parts) and message.id in self._open:
            self._close(message)

    def break_off(self, in_doubt: Iterable[Token]) -> None:
        """Closes every open message after the link's end: parts on the wire are lost, the others were never sent."""
        lost = {(token[0].id, token[1]) for token in in_doubt if token is not None}
        for message in list(self._open.values()):
            answered = {answer.part for answer in message.answers}
            for part in message.parts:
                if part not in answered:
                    kind = Answer.LOST if (message.id, part) in lost else Answer.UNSENT
                    self.answer(message, PartAnswer(part=part, answer=kind))

    def take(
        self,
        *,
        receipts: Sequence[PartReceipt] = (),
        inbound: Sequence[Inbound] = (),
        pieces: Sequence[InboundPiece] = (),
    ) -> Flush:
        """Everything closed since the last take, with what came beside it."""
        flush = Flush(
            answered=self._answered,
            setbacks=[
                Setback(verdict=verdict, claimed_at=claim.claimed_at, message_ids=message_ids, line=self._line)
                for (claim, verdict), message_ids in self._setbacks.items()
            ],
            ended_claims=self._ended_claims,
            receipts=receipts,
            inbound=inbound,
            pieces=pieces,
        )
        self.closed.clear()
        self._answered, self._ended_claims = [], []
        self._setbacks = defaultdict(list)
        return flush

    def _close(self, message: OpenMessage) -> None:
        del self._open[message.id]
        self.closed.set()
        verdict = verdict_of(answer.answer for answer in message.answers)
        final = tuple(answer for answer in message.answers if answer.answer <= Answer.REFUSED)
        if final or verdict is Verdict.ANSWERED:
            answered = AnsweredMessage(
                message_id=message.id,
                msisdn=message.msisdn,
                parts=final,
                step=message.step,
                line=self._line,
            )
            self._answered.append(answered)
        if verdict is not Verdict.ANSWERED:
            self._setbacks[message.claim, verdict].append(message.id)
        message.claim.open_messages -= 1
        if message.claim.open_messages == 0:
            self._ended_claims.append(message.claim.id)
            message.claim.answered.set()
