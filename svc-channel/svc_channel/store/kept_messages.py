"""Ended messages on their way from the table of what moves to the partition of their campaign; reads none back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.message import NO_CAMPAIGN

# Ids rise with time, so a page of them needs no index over ends, which would cost every message that ends.
LAST_OF_PAGE = "SELECT max(id) FROM (SELECT id FROM message WHERE id > $1 ORDER BY id LIMIT $2) AS page"

# Rows that another replica moves just now, or that a booking touches, are left for the next round.
TAKE_PAGE = """
SELECT id, campaign_id, ended_at FROM message WHERE id > $1 AND id <= $2 AND ended_at < $3
ORDER BY id FOR UPDATE SKIP LOCKED
"""

# The table may have grown a thousandfold since it was last analysed: always by the key. Hash joins stay, unlike with
# carillon_chassis.plans: a page meets its own parts and steps by them, two thousand rows each.
BY_KEY = "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"

# One statement: a message is here or there. What it said goes, where that has not gone with its end, but for messages
# outside campaigns.
MOVE = """
WITH part AS (
    DELETE FROM message_part WHERE message_id = ANY($1::bigint[]) RETURNING message_id, smsc_id
), step AS (
    DELETE FROM failed_step WHERE message_id = ANY($1::bigint[]) RETURNING message_id, step, channel, reason, ended_at
), gone AS (
    DELETE FROM message WHERE id = ANY($1::bigint[]) RETURNING *, campaign_id = $2 AS is_single
), known AS (
    SELECT message_id, array_agg(hashtext(smsc_id)) AS smsc_ids
    FROM part WHERE smsc_id IS NOT NULL GROUP BY message_id
), tried AS (
    SELECT message_id, jsonb_agg(jsonb_build_array(channel, reason, extract(epoch FROM ended_at)) ORDER BY step) AS steps
    FROM step GROUP BY message_id
)
INSERT INTO kept_message (id, batch, subscriber_id, ended_at, campaign_id, state, channel, class, parts, attempts,
                          resends, step, reason, smsc_ids, failed_steps, category, text, content, fallback, expires_at)
SELECT m.id, m.batch, m.subscriber_id, m.ended_at, m.campaign_id, m.state, m.channel, m.class, m.parts, m.attempts,
       m.resends, m.step, m.reason, known.smsc_ids, tried.steps,
       CASE WHEN is_single THEN m.category END, CASE WHEN is_single THEN m.text END,
       CASE WHEN is_single THEN m.content END, CASE WHEN is_single THEN m.fallback END,
       CASE WHEN is_single THEN m.expires_at END
FROM gone m LEFT JOIN known ON known.message_id = m.id LEFT JOIN tried ON tried.message_id = m.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRow:
    """A message that ended, held by this transaction."""

    id: int
    campaign_id: UUID
    ended_at: datetime


async def find_page(unit: UnitOfWork, *, after: int, rows: int) -> int | None:
    """The last id of the next page of messages after an id; None when there are no more."""
    await unit.driver.execute(BY_KEY)
    last: int | None = await unit.driver.fetchval(LAST_OF_PAGE, after, rows)
    return last


async def take_ended(unit: UnitOfWork, *, after: int, last: int, ended_before: datetime) -> list[EndedRow]:
    """The messages of a page that ended before a moment, held until the transaction ends."""
    return [EndedRow(**row) for row in await unit.driver.fetch(TAKE_PAGE, after, last, ended_before)]


async def move_messages(unit: UnitOfWork, message_ids: Sequence[int]) -> None:
    """Moves messages that are held to the partitions of their campaigns, which must be there."""
    await unit.driver.execute(MOVE, message_ids, NO_CAMPAIGN)
