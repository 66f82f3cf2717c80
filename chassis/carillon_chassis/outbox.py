"""The outbox: facts written in the transaction of the change they tell; nothing is sent from here.

Order is (transaction, sequence) and only facts below the snapshot's horizon are told: a plain sequence
would let a follower step over the fact of a slow transaction that took its number early.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import anyio
import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.common.v1 import facts_pb2, facts_pb2_grpc
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.telemetry import current_traceparent

# Facts a response at most when the follower names no number: one transaction's worth of work for it.
DEFAULT_BATCH = 200
# How often a follower that has everything looks again; its latency is half of this.
POLL_SECONDS = 0.1

# Facts looked at in one go by a follower of few types: some milliseconds, however few of them it is told.
SCAN_ROWS = 5_000
# How often a follower that is told nothing hears how far that nothing reaches, so that it never looks far back again.
POSITION_SECONDS = 5.0

INSERT = "INSERT INTO outbox (occurred_at, traceparent, type, body) VALUES ($1, $2, $3, $4)"

# One statement, so that what is told and how far was looked are of one snapshot. Bodies of other types stay where they
# are; the last row, without a body, says how far and at how many facts was looked.
FETCH = """
WITH seen AS MATERIALIZED (
    SELECT transaction, sequence, occurred_at, traceparent, type,
           CASE WHEN $5::text[] = '{}' OR type = ANY ($5::text[]) THEN body END AS body
    FROM outbox
    WHERE (transaction, sequence) > ($1::text::xid8, $2::bigint)
      AND transaction < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY transaction, sequence
    LIMIT $4
),
wanted AS (SELECT * FROM seen WHERE body IS NOT NULL ORDER BY transaction, sequence LIMIT $3),
looked AS (SELECT transaction, sequence FROM seen ORDER BY transaction DESC, sequence DESC LIMIT 1)
SELECT transaction::text::bigint AS transaction, sequence, occurred_at, traceparent, type, body, 0 AS looked_at
FROM wanted
UNION ALL
SELECT transaction::text::bigint, sequence, NULL, NULL, NULL, NULL, (SELECT count(*) FROM seen) FROM looked
ORDER BY looked_at, transaction, sequence
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFacts:
    """The next facts of some types, how far was looked for them, and whether there may be more right behind."""

    facts: list[facts_pb2.Fact]
    position: facts_pb2.Position
    more: bool


async def tell(unit: UnitOfWork, message: Message, *, occurred_at: datetime) -> None:
    """Writes a fact beside the change; whoever follows hears it after the commit, once its effect is theirs."""
    await unit.driver.execute(
        INSERT, occurred_at, current_traceparent(), message.DESCRIPTOR.full_name, message.SerializeToString()
    )


async def fetch_facts(
    unit: UnitOfWork, *, after: facts_pb2.Position, limit: int, types: Sequence[str] = ()
) -> FoundFacts:
    """The next facts after a position that no running transaction can still precede; no ``types`` are all types."""
    scanned = max(limit, SCAN_ROWS) if types else limit
    rows = await unit.driver.fetch(FETCH, str(after.transaction), after.sequence, limit, scanned, list(types))
    if not rows:
        return FoundFacts(facts=[], position=after, more=False)
    *told, end = rows
    facts = []
    for row in told:
        occurred_at = Timestamp()
        occurred_at.FromDatetime(row["occurred_at"])
        facts.append(
            facts_pb2.Fact(
                position=facts_pb2.Position(transaction=row["transaction"], sequence=row["sequence"]),
                occurred_at=occurred_at,
                traceparent=row["traceparent"],
                body=AnyMessage(type_url=f"type.googleapis.com/{row['type']}", value=row["body"]),
            )
        )
    if len(facts) == limit:
        return FoundFacts(facts=facts, position=facts[-1].position, more=True)
    position = facts_pb2.Position(transaction=end["transaction"], sequence=end["sequence"])
    return FoundFacts(facts=facts, position=position, more=end["looked_at"] == scanned)


class FactServicer(facts_pb2_grpc.FactServiceServicer):
    """Serves this service's outbox to its followers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def Watch(  # noqa: N802 -- the name is the protocol's
        self,
        request: facts_pb2.WatchRequest,
        context: "grpc.aio.ServicerContext[facts_pb2.WatchRequest, AsyncIterator[facts_pb2.WatchResponse]]",  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[facts_pb2.WatchResponse]:
        """Tells facts of the types asked for, for ever; the follower ends the call.

        Now and then it tells a position alone, where all that was new is of other types.
        """
        after = told = request.after
        limit = request.batch_size or DEFAULT_BATCH
        told_at = anyio.current_time()
        while True:
            async with self._database.read() as unit:
                found = await fetch_facts(unit, after=after, limit=limit, types=request.types)
            after = found.position
            overdue = after != told and anyio.current_time() - told_at >= POSITION_SECONDS
            if found.facts or overdue:
                yield facts_pb2.WatchResponse(facts=found.facts, position=after)
                told, told_at = after, anyio.current_time()
            if not found.facts and not found.more:
                await anyio.sleep(POLL_SECONDS)
