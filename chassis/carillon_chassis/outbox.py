"""The outbox: facts written in the transaction of the change they tell; nothing is sent from here.

Order is (transaction, sequence) and only facts below the snapshot's horizon are told: a plain sequence
would let a follower step over the fact of a slow transaction that took its number early.
"""

from collections.abc import AsyncIterator
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

INSERT = "INSERT INTO outbox (occurred_at, traceparent, type, body) VALUES ($1, $2, $3, $4)"

FETCH = """
SELECT transaction::text::bigint AS transaction, sequence, occurred_at, traceparent, type, body
FROM outbox
WHERE (transaction, sequence) > ($1::text::xid8, $2::bigint)
  AND transaction < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction, sequence
LIMIT $3
"""


async def tell(unit: UnitOfWork, message: Message, *, occurred_at: datetime) -> None:
    """Writes a fact beside the change; whoever follows hears it after the commit, once its effect is theirs."""
    await unit.driver.execute(
        INSERT, occurred_at, current_traceparent(), message.DESCRIPTOR.full_name, message.SerializeToString()
    )


async def fetch_facts(unit: UnitOfWork, *, after: facts_pb2.Position, limit: int) -> list[facts_pb2.Fact]:
    """The next facts after a position that no running transaction can still precede."""
    rows = await unit.driver.fetch(FETCH, str(after.transaction), after.sequence, limit)
    facts = []
    for row in rows:
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
    return facts


class FactServicer(facts_pb2_grpc.FactServiceServicer):
    """Serves this service's outbox to its followers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def Watch(  # noqa: N802 -- the name is the protocol's
        self,
        request: facts_pb2.WatchRequest,
        context: "grpc.aio.ServicerContext[facts_pb2.WatchRequest, AsyncIterator[facts_pb2.WatchResponse]]",  # noqa: ARG002 -- gRPC's signature
    ) -> AsyncIterator[facts_pb2.WatchResponse]:
        """Tells facts for ever; the follower ends the call."""
        after = request.after
        limit = request.batch_size or DEFAULT_BATCH
        while True:
            async with self._database.read() as unit:
                facts = await fetch_facts(unit, after=after, limit=limit)
            if facts:
                after = facts[-1].position
                yield facts_pb2.WatchResponse(facts=facts)
            else:
                await anyio.sleep(POLL_SECONDS)
