"""Writes what a link brings, in order and in batches, and acknowledges it only then; submits nothing."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_channel.adapters.smpp_link import Received, SmppLink, SubmitAnswer
from svc_channel.app.record_flush import record_flush
from svc_channel.domain.flush import Flush
from svc_channel.domain.smpp.message_ids import normalise_id
from svc_channel.domain.submission import Answer, PartAnswer, answer_of
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.worker.deliveries import read_deliveries
from svc_channel.worker.instruments import Instruments
from svc_channel.worker.pacing import PaceKeeper
from svc_channel.worker.wire import Token, Wire

# Long enough that a commit carries many messages, short against what a receipt takes on its way.
FLUSH_SECONDS = 0.02
# Between tries while the database is away; the link gathers meanwhile, and then tells the SMSC its queue is full.
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

logger = logging.getLogger(__name__)


class Booker:
    """The receiving half of one SMPP link after another."""

    def __init__(
        self,
        *,
        database: Database,
        wire: Wire,
        pace: PaceKeeper,
        instruments: Instruments,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._database = database
        self._wire = wire
        self._pace = pace
        self._instruments = instruments
        self._clock = clock
        self._new_id = new_id

    async def run(self, link: SmppLink[Token]) -> None:
        """Receives and books for ever; ends with the link's LinkLost, after everything that came before it."""
        receiving: asyncio.Task[Received[Token]] | None = None
        try:
            while True:
                receiving = receiving or asyncio.create_task(link.receive())
                # The sender closes some messages without the link: those that no PDU can hold.
                closing = asyncio.create_task(self._wire.closed.wait())
                await asyncio.wait([receiving, closing], return_when=asyncio.FIRST_COMPLETED)
                closing.cancel()
                received: Received[Token] = Received([], [])
                if receiving.done():
                    received, receiving = await receiving, None
                await self._take(link, received)
                await asyncio.sleep(FLUSH_SECONDS)
        finally:
            if receiving is not None:
                receiving.cancel()

    async def book_open(self, in_doubt: Sequence[Token]) -> None:
        """Books the end of a link: what was on the wire is in doubt, what was not goes back to the queue."""
        self._wire.break_off(in_doubt)
        await self._book(self._wire.take())

    async def _take(self, link: SmppLink[Token], received: Received[Token]) -> None:
        for answer in received.answers:
            self._answer(answer)
        receipts, inbound = read_deliveries(received.deliveries, now=self._clock.now(), new_id=self._new_id)
        await self._book(self._wire.take(receipts=receipts, inbound=inbound))
        link.respond(received.deliveries)

    def _answer(self, answer: SubmitAnswer[Token]) -> None:
        message, part = answer.token
        if answer.status is None:
            self._wire.answer(message, PartAnswer(part=part, answer=Answer.LOST))
            return
        smsc_id = normalise_id(answer.message_id) if answer.message_id else ""
        read = answer_of(part=part, status=answer.status, smsc_id=smsc_id, attempts=message.attempts)
        if read.answer is Answer.THROTTLED:
            self._pace.slow_down()
        self._wire.answer(message, read)

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
