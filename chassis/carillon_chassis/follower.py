"""Follows another service's facts; each has its effect exactly once, since the cursor moves in the effect's transaction.

A handler must put every effect into the unit of work it is given and must call no other service.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import anyio
import grpc
from google.protobuf.message import Message

from carillon.common.v1 import facts_pb2, facts_pb2_grpc
from carillon_chassis.client import invoke_stream
from carillon_chassis.database import CONFLICTS, Database, UnitOfWork
from carillon_chassis.errors import Unavailable
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.telemetry import meter, span

Handler = Callable[[UnitOfWork, Any, datetime], Awaitable[None]]

FIRST_DELAY_SECONDS = 0.2
# A peer that restarts is back within seconds; longer waits would only make the suite look dead.
LONGEST_DELAY_SECONDS = 5.0

# The row lock keeps two replicas of one follower from booking the same facts.
LOCK_CURSOR = "SELECT transaction, sequence FROM inbox_cursor WHERE consumer = $1 FOR UPDATE"
READ_CURSOR = "SELECT transaction, sequence FROM inbox_cursor WHERE consumer = $1"
MAKE_CURSOR = "INSERT INTO inbox_cursor (consumer, transaction, sequence) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING"
MOVE_CURSOR = "UPDATE inbox_cursor SET transaction = $2, sequence = $3, moved_at = now() WHERE consumer = $1"

logger = logging.getLogger(__name__)


class Follower:
    """One consumer of one service's facts, named like ``campaign.channel``."""

    def __init__(
        self,
        database: Database,
        channel: grpc.aio.Channel,
        *,
        consumer: str,
        handlers: Mapping[type[Message], Handler],
    ) -> None:
        self._database = database
        self._stub = facts_pb2_grpc.FactServiceStub(channel)
        self._consumer = consumer
        self._handlers = {kind.DESCRIPTOR.full_name: (kind, handler) for kind, handler in handlers.items()}
        self._booked = meter().create_counter("carillon_facts_booked", description="Facts whose effect is committed")

    async def run(self) -> None:
        """Follows for ever; when the peer or the database is away, or a transaction met another, it comes back to where it was."""
        delay = FIRST_DELAY_SECONDS
        while True:
            try:
                with acting_as(Identity(subject=f"service:{self._consumer}")):
                    async for booked in self._follow():
                        delay = FIRST_DELAY_SECONDS if booked else delay
            except (Unavailable, *CONFLICTS) as error:
                logger.info("%s waits: %s", self._consumer, error)
            except Exception:
                # A fact that can't be booked stops this consumer, loudly, rather than being lost.
                logger.exception("%s can't book a fact and will try again", self._consumer)
            await anyio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY_SECONDS)

    async def _follow(self) -> AsyncIterator[int]:
        async with self._database.unit_of_work() as unit:
            await unit.driver.execute(MAKE_CURSOR, self._consumer)
            [row] = await unit.driver.fetch(READ_CURSOR, self._consumer)
        after = facts_pb2.Position(transaction=row["transaction"], sequence=row["sequence"])
        request = facts_pb2.WatchRequest(after=after, types=sorted(self._handlers))
        async for response in invoke_stream(self._stub.Watch, request, timeout_seconds=None):
            # A peer of an older release tells no position, and no response without facts.
            reached = response.position if response.HasField("position") else response.facts[-1].position
            if not await self._book(after, response.facts, reached):
                return
            after = reached
            yield len(response.facts)

    async def _book(
        self, after: facts_pb2.Position, facts: Sequence[facts_pb2.Fact], reached: facts_pb2.Position
    ) -> bool:
        """Books a batch in one transaction, the cursor with it; False when another replica has been faster."""
        async with self._database.unit_of_work() as unit:
            row = await unit.driver.fetchrow(LOCK_CURSOR, self._consumer)
            if row is None or (row["transaction"], row["sequence"]) != (after.transaction, after.sequence):
                return False
            for fact in facts:
                await self._handle(unit, fact)
            await unit.driver.execute(MOVE_CURSOR, self._consumer, reached.transaction, reached.sequence)
        self._booked.add(len(facts), {"consumer": self._consumer})
        return True

    async def _handle(self, unit: UnitOfWork, fact: facts_pb2.Fact) -> None:
        name = fact.body.TypeName()
        if name not in self._handlers:
            return
        kind, handler = self._handlers[name]
        message = kind()
        fact.body.Unpack(message)
        with span(f"fact {name}", traceparent=fact.traceparent, attributes={"carillon.consumer": self._consumer}):
            await handler(unit, message, fact.occurred_at.ToDatetime(tzinfo=UTC))
