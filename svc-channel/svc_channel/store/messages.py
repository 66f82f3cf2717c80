"""Messages as their parts make them: ends, and counts; sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.channel import Channel
from svc_channel.domain.fallback import falls
from svc_channel.domain.message import NO_CAMPAIGN, MessageState, PartState, sources_of
from svc_channel.domain.progress import Progress
from svc_channel.store.fallbacks import queue_alternatives
from svc_channel.store.partitions import look_at_few

# The same rule as domain.message.state_after, over sets; a test holds the two equal. What a message of a campaign said
# goes with its end (a fallback brings its own text); a single message keeps it, for whoever asks what was sent.
SETTLE = """
WITH fate AS (
    SELECT message_id, count(*) AS answered, min(state) AS best, max(state) AS worst,
           (array_agg(reason ORDER BY state DESC))[1] AS reason
    FROM message_part WHERE message_id = ANY($1::bigint[]) GROUP BY message_id
), next AS (
    SELECT message_id, answered, CASE
        WHEN best = 'sent' THEN 'sent'::message_state
        WHEN worst = 'delivered' THEN 'delivered'::message_state
        ELSE 'failed'::message_state END AS state,
        reason
    FROM fate
)
UPDATE message m
SET state = next.state,
    reason = CASE WHEN next.state = 'failed' THEN next.reason ELSE '' END,
    ended_at = CASE WHEN next.state = 'sent' THEN NULL ELSE $2::timestamptz END,
    text = CASE WHEN next.state = 'sent' OR m.campaign_id = $5 THEN m.text ELSE '' END,
    content = CASE WHEN next.state = 'sent' OR m.campaign_id = $5 THEN m.content END,
    fallback = CASE WHEN next.state <> 'delivered' OR m.campaign_id = $5 THEN m.fallback END
FROM next
WHERE m.id = next.message_id AND m.parts = next.answered
  AND m.state = ANY (CASE WHEN next.state = 'sent' THEN $3::text[] ELSE $4::text[] END::message_state[])
RETURNING m.id, m.campaign_id, m.subscriber_id, m.state::text, m.reason, m.expires_at, m.fallback IS NOT NULL AS has_next,
          CASE WHEN m.step > 0 THEN m.channel::text ELSE '' END AS fallen_to
"""

# Messages that leave doubt by any way leave no row behind.
END_DOUBTS = """
DELETE FROM doubt d USING message m
WHERE d.message_id = ANY($1::bigint[]) AND m.id = d.message_id AND m.state <> 'in_doubt'
"""

COUNT = """
SELECT channel::text,
       count(*) FILTER (WHERE state = 'queued') AS queued,
       count(*) FILTER (WHERE state IN ('sending', 'in_doubt')) AS sending,
       count(*) FILTER (WHERE state = 'sent') AS sent,
       count(*) FILTER (WHERE state = 'delivered') AS delivered,
       count(*) FILTER (WHERE state = 'failed') AS failed,
       count(*) FILTER (WHERE resends > 0) AS in_doubt,
       count(*) FILTER (WHERE state = 'delivered' OR reason = ANY($2::text[])) AS receipts
FROM (
    SELECT channel, state, resends, reason FROM message WHERE campaign_id = $1
    UNION ALL SELECT channel, state, resends, reason FROM kept_message WHERE campaign_id = $1
) AS m GROUP BY channel
"""

# What a message failed for when a receipt said so; every other reason is an answer's or our own.
RECEIPT_REASONS = [state.value.upper() for state in PartState if state not in {PartState.SENT, PartState.REFUSED}]

COUNTS = ("queued", "sending", "sent", "delivered", "failed", "in_doubt", "receipts")

MAY_BE_SENT = sources_of(MessageState.SENT)
MAY_END = sources_of(MessageState.DELIVERED, MessageState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedMessage:
    """A message that came to its end; ``reason`` is empty when it was delivered."""

    campaign_id: UUID
    subscriber_id: int
    reason: str
    fallen_to: str = ""
    """The channel it ended by, where that is not the one that it was asked for."""


async def settle_messages(unit: UnitOfWork, message_ids: Sequence[int], *, now: datetime) -> list[EndedMessage]:
    """Brings messages to the state their parts make, worst part wins; answers those that ended just now.

    One that failed and that another channel may cure has not ended: its next alternative is queued instead.
    """
    if not message_ids:
        return []
    rows = await unit.driver.fetch(SETTLE, message_ids, now, MAY_BE_SENT, MAY_END, NO_CAMPAIGN)
    await unit.driver.execute(END_DOUBTS, message_ids)
    falling = {row["id"] for row in rows if row["has_next"] and _falls(row, now)}
    await queue_alternatives(unit, falling, now=now)
    return [
        EndedMessage(
            campaign_id=row["campaign_id"],
            subscriber_id=row["subscriber_id"],
            reason=row["reason"],
            fallen_to=row["fallen_to"],
        )
        for row in rows
        if row["state"] != MessageState.SENT and row["id"] not in falling
    ]


def _falls(row: asyncpg.Record, now: datetime) -> bool:
    return row["state"] == MessageState.FAILED and falls(reason=row["reason"], expires_at=row["expires_at"], now=now)


async def count_messages(unit: UnitOfWork, campaign_id: UUID) -> Progress:
    """How far the messages of a campaign are; all zero for a campaign nobody has sent."""
    await look_at_few(unit)
    rows = [dict(row) for row in await unit.driver.fetch(COUNT, campaign_id, RECEIPT_REASONS)]
    channels = {Channel(row.pop("channel")): Progress(**row) for row in rows}
    return Progress(**{name: sum(row[name] for row in rows) for name in COUNTS}, channels=channels)
