"""Claims queued messages and puts them on the wire; books nothing, that is the booker's."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from uuid import UUID

from opentelemetry.util.types import AttributeValue

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from carillon_chassis.telemetry import span
from svc_channel.adapters.line import Line, LinkLost, Outgoing, OutgoingPart, PartRefused, Peer
from svc_channel.app.claim_batch import claim_batch
from svc_channel.domain.number import to_address
from svc_channel.domain.submission import Answer, PartAnswer
from svc_channel.store.claims import ClaimedMessage
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.ownership import Ownership
from svc_channel.worker.pacing import PaceKeeper
from svc_channel.worker.wire import OpenClaim, OpenMessage, Token, Wire

# While one claim is on the wire the next is fetched and a third waits. More would only put more messages in doubt
# when this process is killed: nobody can tell a claimed message that was written from one that was not.
OPEN_CLAIMS = 3
# A claim costs one commit whatever its size; this many keep a window of 100 busy for one round trip and the next.
CLAIM_ROWS = 200
# How long an empty queue rests before it is looked at again.
IDLE_SECONDS = 0.1
# How long the database is left alone after it went away.
AWAY_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Sender:
    """The submitting half of one line after another."""

    def __init__(
        self,
        *,
        peer: Peer[Token],
        database: Database,
        ownership: Ownership,
        wire: Wire,
        pace: PaceKeeper,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._peer = peer
        self._database = database
        self._ownership = ownership
        self._wire = wire
        self._pace = pace
        self._clock = clock
        self._new_id = new_id
        self._unsure: list[UUID] = []

    async def run(self, link: Line[Token]) -> None:
        """Claims and submits until the link is lost; what is open then stays open in the wire."""
        slots = asyncio.Semaphore(OPEN_CLAIMS)
        async with asyncio.TaskGroup() as carrying:
            while True:
                await slots.acquire()
                if link.lost:
                    return
                claim, messages = await self._claim()
                if not messages:
                    slots.release()
                    await asyncio.sleep(IDLE_SECONDS)
                    continue
                opened = [(message, self._open(claim, message)) for message in messages]
                carrying.create_task(self._carry(link, claim, opened, slots))

    async def _claim(self) -> tuple[OpenClaim, list[ClaimedMessage]]:
        """The next due messages. A claim whose commit got lost on the way is undone before the next one."""
        claim = OpenClaim(id=self._new_id(), claimed_at=self._clock.now(), open_messages=0)
        unsure, self._unsure = self._unsure, [*self._unsure, claim.id]
        try:
            await self._ownership.hold()
            async with self._database.unit_of_work() as unit:
                messages = await claim_batch(
                    unit,
                    claim_id=claim.id,
                    owner=self._ownership.owner,
                    limit=CLAIM_ROWS,
                    unsure=unsure,
                    now=claim.claimed_at,
                )
        except (Unavailable, *CONFLICTS) as error:
            logger.warning("no messages claimed: %s", error)
            await asyncio.sleep(AWAY_SECONDS)
            return claim, []
        self._unsure = []
        claim.open_messages = len(messages)
        return claim, messages

    def _open(self, claim: OpenClaim, message: ClaimedMessage) -> tuple[OpenMessage, Sequence[OutgoingPart]]:
        """Cuts a message as the peer takes it, and opens the parts that no earlier try got through."""
        whole = Outgoing(
            reference=message.id,
            channel="sms",
            source=message.sender,
            destination=to_address(message.msisdn),
            text=message.text,
        )
        parts = [part for part in self._peer.cut(whole) if part.number not in message.answered]
        opened = OpenMessage(
            id=message.id,
            msisdn=message.msisdn,
            attempts=message.attempts,
            claim=claim,
            parts=tuple(part.number for part in parts),
        )
        self._wire.open(opened)
        return opened, parts

    async def _carry(
        self,
        link: Line[Token],
        claim: OpenClaim,
        messages: Sequence[tuple[ClaimedMessage, tuple[OpenMessage, Sequence[OutgoingPart]]]],
        slots: asyncio.Semaphore,
    ) -> None:
        """Puts one claim on the wire, a span a batch that it came in, and waits for its answers."""
        try:
            for _, group in groupby(messages, key=lambda pair: (pair[0].campaign_id, pair[0].batch)):
                rows = list(group)
                first = rows[0][0]
                attributes: dict[str, AttributeValue] = {
                    "campaign.id": str(first.campaign_id),
                    "batch": first.batch,
                    "messages": len(rows),
                }
                with span("smpp.submit", traceparent=first.traceparent, attributes=attributes):
                    for _, (opened, parts) in rows:
                        await self._submit(link, opened, parts)
                    if rows[-1] is messages[-1]:
                        await claim.answered.wait()
        except LinkLost:
            return  # the booker learns the same, with what was on the wire
        finally:
            slots.release()

    async def _submit(self, link: Line[Token], opened: OpenMessage, parts: Sequence[OutgoingPart]) -> None:
        for part in parts:
            await self._pace.wait()
            try:
                await link.submit((opened, part.number), part)
            except PartRefused as error:
                refused = PartAnswer(part=part.number, answer=Answer.REFUSED, reason=error.reason)
                self._wire.answer(opened, refused)
