"""The events of app stores: kept once by line and key, and handed on in batches that keep their names; tells nobody."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.market.events import JOB_ENDED, MarketEvent

INSERT = """
INSERT INTO market_event (line, key, content_hash, type, msisdn, at, attributes, received_at, told_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING RETURNING key
"""
FIND = "SELECT content_hash FROM market_event WHERE line = $1 AND key = $2"

# A batch that was named and not told comes first, under the same name: whoever it is told to knows it again.
FIND_NAMED = "SELECT batch FROM market_event WHERE told_at IS NULL AND batch IS NOT NULL ORDER BY received_at LIMIT 1"
NAME_BATCH = """
WITH free AS (
    SELECT line, key FROM market_event WHERE told_at IS NULL AND batch IS NULL
    ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE market_event e SET batch = $1 FROM free WHERE e.line = free.line AND e.key = free.key
"""
FETCH_BATCH = """
SELECT line, key, type, msisdn, at, attributes FROM market_event WHERE batch = $1 AND told_at IS NULL ORDER BY line, key
"""
END_BATCH = "UPDATE market_event SET told_at = $2 WHERE batch = $1 AND told_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent:
    """What somebody did, as it is handed on."""

    line: str
    key: str
    type: str
    msisdn: str
    at: datetime
    attributes: Mapping[str, str]


async def add_event(
    unit: UnitOfWork, line: str, key: str, event: MarketEvent, *, content_hash: bytes, now: datetime
) -> bytes | None:
    """Books an event; None when it is new, else the hash of what stands under its key.

    What became of a job is told at once, by the message's own end.
    """
    told_at = now if event.type == JOB_ENDED else None
    attributes = json.dumps(dict(event.attributes))
    values = (line, key, content_hash, event.type, event.msisdn, event.at, attributes, now, told_at)
    if await unit.driver.fetchval(INSERT, *values) is not None:
        return None
    known: bytes = await unit.driver.fetchval(FIND, line, key)
    return known


async def name_batch(unit: UnitOfWork, batch: UUID, *, limit: int) -> UUID:
    """The name of the batch to tell next: one that was named before, or ``batch`` for at most ``limit`` new events."""
    named: UUID | None = await unit.driver.fetchval(FIND_NAMED)
    if named is not None:
        return named
    await unit.driver.execute(NAME_BATCH, batch, limit)
    return batch


async def fetch_batch(unit: UnitOfWork, batch: UUID) -> Sequence[KeptEvent]:
    """The events of a batch that are not told yet."""
    rows = await unit.driver.fetch(FETCH_BATCH, batch)
    return [KeptEvent(**row) for row in rows]


async def end_batch(unit: UnitOfWork, batch: UUID, *, now: datetime) -> None:
    """Marks the events of a batch as told."""
    await unit.driver.execute(END_BATCH, batch, now)
