"""The partitions of ended messages, one a campaign: made when the first come, dropped whole; moves no message.

A partition and its row in kept_campaign come and go in one transaction, and whoever brings messages or drops them holds
that row first: so nobody brings a message to a partition that is being dropped, and nobody makes one twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.message import NO_CAMPAIGN

# Ordered, so that two that bring messages of the same campaigns wait for each other instead of both.
HOLD = """
INSERT INTO kept_campaign AS kept (campaign_id, last_id, last_ended_at)
SELECT campaign_id, last_id, last_ended_at
FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[]) AS brought (campaign_id, last_id, last_ended_at)
ORDER BY campaign_id
ON CONFLICT (campaign_id) DO UPDATE SET last_id = greatest(kept.last_id, excluded.last_id),
    last_ended_at = greatest(kept.last_ended_at, excluded.last_ended_at)
"""

KNOWN = "SELECT campaign_id FROM kept_campaign WHERE campaign_id = ANY($1::uuid[])"

EXISTS = "SELECT to_regclass($1) IS NOT NULL"

# Made beside the parent and hung on it: that lets everybody go on reading and writing, which CREATE .. PARTITION OF
# would not.
CREATE = """
CREATE TABLE {partition} (LIKE kept_message INCLUDING CONSTRAINTS INCLUDING INDEXES);
ALTER TABLE kept_message ATTACH PARTITION {partition} FOR VALUES IN ('{campaign_id}')
"""

# Single messages stay: their callers may ask for them. What still moves holds its campaign's partition.
TAKE_AGED = """
SELECT k.campaign_id FROM kept_campaign k
WHERE k.last_ended_at < $1 AND k.campaign_id <> $2
  AND NOT EXISTS (SELECT FROM message m WHERE m.campaign_id = k.campaign_id)
ORDER BY k.last_ended_at LIMIT 1 FOR UPDATE OF k SKIP LOCKED
"""

FORGET = "DELETE FROM kept_campaign WHERE campaign_id = $1"

ALL = "SELECT campaign_id, last_id FROM kept_campaign ORDER BY last_id DESC"

LATELY = "SELECT campaign_id FROM kept_campaign WHERE last_ended_at >= $1"

# To drop a partition its parent is locked for a moment; behind one who waits for that lock everybody waits. So nobody
# waits for long: who reads goes first, and the partition is dropped another time.
SHORTLY = "SELECT set_config('lock_timeout', '200ms', true)"
AT_LEISURE = "SELECT set_config('lock_timeout', '0', true)"

# A plan that is kept for all campaigns locks every partition each time it runs; one made for the campaigns that are
# asked for locks theirs alone.
LOOK_AT_FEW = "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCampaign:
    """A campaign that has a partition, and the highest id of a message there."""

    campaign_id: UUID
    last_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Messages of one campaign that are about to be brought: the last by id, and the end of the last that ended."""

    campaign_id: UUID
    last_id: int
    last_ended_at: datetime


def partition_of(campaign_id: UUID) -> str:
    """The table of a campaign's ended messages."""
    return f"kept_message_{campaign_id.hex}"


async def look_at_few(unit: UnitOfWork) -> None:
    """Lets this transaction's statements over kept messages touch the partitions of the campaigns they name, no others."""
    await unit.driver.execute(LOOK_AT_FEW)


async def fetch_known(unit: UnitOfWork, campaign_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the campaigns that have a partition."""
    return {row["campaign_id"] for row in await unit.driver.fetch(KNOWN, campaign_ids)}


async def open_partitions(unit: UnitOfWork, arrivals: Sequence[Arrival]) -> None:
    """Holds the campaigns until the transaction ends, and makes the partitions that are missing."""
    await unit.driver.execute(
        HOLD,
        [one.campaign_id for one in arrivals],
        [one.last_id for one in arrivals],
        [one.last_ended_at for one in arrivals],
    )
    for campaign_id in sorted(one.campaign_id for one in arrivals):
        partition = partition_of(campaign_id)
        if not await unit.driver.fetchval(EXISTS, partition):
            await unit.driver.execute(SHORTLY)
            await unit.driver.execute(CREATE.format(partition=partition, campaign_id=campaign_id))
            await unit.driver.execute(AT_LEISURE)


async def drop_aged(unit: UnitOfWork, *, ended_before: datetime) -> UUID | None:
    """Drops the partition of one campaign whose last message ended before a moment; None when there is none.

    Raises asyncpg's LockNotAvailableError while somebody reads: then it is to be tried again later.
    """
    campaign_id: UUID | None = await unit.driver.fetchval(TAKE_AGED, ended_before, NO_CAMPAIGN)
    if campaign_id is not None:
        await unit.driver.execute(SHORTLY)
        await unit.driver.execute(f"DROP TABLE {partition_of(campaign_id)}")
        await unit.driver.execute(FORGET, campaign_id)
    return campaign_id


async def fetch_campaigns(unit: UnitOfWork) -> list[KeptCampaign]:
    """All that have a partition, the one with the latest message first."""
    return [KeptCampaign(**row) for row in await unit.driver.fetch(ALL)]


async def fetch_ended_lately(unit: UnitOfWork, *, since: datetime) -> list[UUID]:
    """The campaigns with a partition of which a message ended since a moment."""
    return [row["campaign_id"] for row in await unit.driver.fetch(LATELY, since)]
