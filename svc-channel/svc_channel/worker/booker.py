"""Writes what a link brings, in order and in batches, and acknowledges it only then; submits nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_channel.adapters.line import Line, LineAnswer, LineReceived
from svc_channel.app.record_flush import record_flush
from svc_channel.domain.flush import Flush
from svc_channel.domain.inbound import Inbound, InboundPart, InboundPiece
from svc_channel.domain.submission import Answer, PartAnswer, worth_another_try
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.worker.instruments import Instruments
from svc_channel.worker.pacing import PaceKeeper
from svc_channel.worker.wire import LOOSE, Token, Wire

# Long enough that a commit carries many messages, short against what a receipt takes on its way.
FLUSH_SECONDS = 0.02
# Between tries while the database is away; the link gathers meanwhile, and then tells the SMSC its queue is full.
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

# Takes the turns of sessions as they come, and returns at once: they are answered in tasks of their own.
Turns = Callable[[Line[Token], Sequence[InboundPart]], Awaitable[None]]

logger = logging.getLogger(__name__)


class Booker:
    """The receiving half of one line after another."""

    def __init__(
        self,
        *,
        line: str,
        database: Database,
        wire: Wire,
        pace: PaceKeeper,
        instruments: Instruments,
        clock: Clock,
        new_id: Callable[[], UUID],
        turns: Turns | None = None,
    ) -> None:
        self._line = line
        self._database = database
        self._wire = wire
        self._pace = pace
        self._instruments = instruments
        self._clock = clock
        self._new_id = new_id
        self._turns = turns

    async def run(self, link: Line[Token]) -> None:
        """Receives and books for ever; ends with the link's LinkLost, after everything that came before it."""
        receiving: asyncio.Task[LineReceived[Token]] | None = None
        try:
            while True:
                receiving = receiving or asyncio.create_task(link.receive())
                # The sender closes some messages without the link: those that no PDU can hold.
                closing = asyncio.create_task(self._wire.closed.wait())
                await asyncio.wait([receiving, closing], return_when=asyncio.FIRST_COMPLETED)
                closing.cancel()
                received: LineReceived[Token] = LineReceived()
                if receiving.done():
                    received, receiving = await receiving, None
                await self._take(link, received)
                if not received.is_pressing:
                    await asyncio.sleep(FLUSH_SECONDS)
        finally:
            if receiving is not None:
                receiving.cancel()

    async def book_open(self, in_doubt: Sequence[Token]) -> None:
        """Books the end of a link: what was on the wire is in doubt, what was not goes back to the queue."""
        self._wire.break_off(in_doubt)
        await self._book(self._wire.take())

    async def _take(self, link: Line[Token], received: LineReceived[Token]) -> None:
        self._instruments.count_answers(self._line, (answer.answer for answer in received.answers))
        for answer in received.answers:
            self._answer(answer)
        receipts = [delivery.receipt for delivery in received.deliveries if delivery.receipt is not None]
        parts = [delivery.inbound for delivery in received.deliveries if delivery.inbound is not None]
        turns = [part for part in parts if part.is_turn] if self._turns is not None else []
        messages = [part for part in parts if self._turns is None or not part.is_turn]
        inbound, pieces = self._inbound(messages), self._pieces(messages)
        self._instruments.count_deliveries(self._line, receipts=len(receipts), inbound=len(messages), turns=len(turns))
        if self._turns is not None and turns:
            # First: somebody looks at a blank screen, and a commit of bulk's receipts takes its time.
            await self._turns(link, turns)
        await self._book(self._wire.take(receipts=receipts, inbound=inbound, pieces=pieces))
        link.respond(received.deliveries)

    def _answer(self, answer: LineAnswer[Token]) -> None:
        if answer.answer is Answer.THROTTLED:
            self._pace.slow_down()
        if answer.token is LOOSE:
            return
        message, part = answer.token
        kind = worth_another_try(answer.answer, attempts=message.attempts)
        self._wire.answer(message, PartAnswer(part=part, answer=kind, smsc_id=answer.peer_id, reason=answer.reason))

    def _inbound(self, parts: Sequence[InboundPart]) -> list[Inbound]:
        """Messages that came whole."""
        now = self._clock.now()
        return [
            Inbound(id=self._new_id(), sender=part.sender, recipient=part.recipient, text=part.text, received_at=now)
            for part in parts
            if not part.is_piece
        ]

    def _pieces(self, parts: Sequence[InboundPart]) -> list[InboundPiece]:
        """Parts of longer messages; they wait in the database for the others."""
        now = self._clock.now()
        return [
            InboundPiece(
                id=self._new_id(),
                sender=part.sender,
                recipient=part.recipient,
                text=part.text,
                part=part.part,
                received_at=now,
            )
            for part in parts
            if part.part is not None and part.is_piece
        ]

    async def _book(self, flush: Flush) -> None:
        """Returns when the flush is durable, however long the database is away."""
        pause = FIRST_PAUSE_SECONDS
        while flush:
            try:
                async with self._database.unit_of_work() as unit:
                    ended = await record_flush(unit, flush, now=self._clock.now())
            except (Unavailable, *CONFLICTS) as error:
                logger.warning("a flush waits for the database: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                self._instruments.count_ended(ended)
                return
