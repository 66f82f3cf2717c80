"""Messages asked for one by one, under the ids that their callers were given; sends nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.message import NO_CAMPAIGN
from svc_channel.store.partitions import look_at_few

INSERT = "INSERT INTO single (id, message_id, caller, branch, created_at) VALUES ($1, $2, $3, $4, $5)"

# It moves, or it is kept: one of the two has it.
FIND = """
SELECT s.id, s.caller, s.branch, s.created_at, m.subscriber_id, m.channel::text, m.class::text AS message_class,
       m.category, b.sender, m.state::text, m.reason, m.parts, m.text, m.due_at, m.expires_at, m.ended_at,
       m.fallback::text, m.failed_steps::text
FROM single s CROSS JOIN LATERAL (
    SELECT subscriber_id, channel, class, category, state, reason, parts, text, due_at, expires_at, ended_at, fallback,
           campaign_id, batch,
           (SELECT jsonb_agg(jsonb_build_array(f.channel, f.reason, extract(epoch FROM f.ended_at)) ORDER BY f.step)
            FROM failed_step f WHERE f.message_id = message.id) AS failed_steps
    FROM message WHERE id = s.message_id
    UNION ALL
    SELECT subscriber_id, channel, class, category, state, reason, parts, text, NULL, expires_at, ended_at, fallback,
           campaign_id, batch, failed_steps
    FROM kept_message WHERE campaign_id = $2 AND id = s.message_id
) AS m
JOIN batch b ON b.campaign_id = m.campaign_id AND b.number = m.batch
WHERE s.id = $1
"""

FAIL_STEP = "INSERT INTO failed_step (message_id, step, channel, reason, ended_at) VALUES ($1, $2, $3, $4, $5)"

SET_STEP = "UPDATE message SET step = $2 WHERE id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedStep:
    """One way that was tried or left out, and why it was no good."""

    channel: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleMessage:
    """Where a message stands, and by which ways it came there."""

    id: UUID
    caller: str
    branch: str
    created_at: datetime
    subscriber_id: int
    channel: str
    message_class: str
    category: str
    sender: str
    state: str
    reason: str
    parts: int
    text: str
    due_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    failed_steps: Sequence[FailedStep]
    fallback: Sequence[str]
    """Channels that are still to come if this one fails."""


async def insert_single(
    unit: UnitOfWork,
    single_id: UUID,
    message_id: int,
    *,
    caller: str,
    branch: str,
    left_out: Sequence[tuple[str, str]],
    now: datetime,
) -> None:
    """Writes under which id a message is asked for; ``left_out`` are channels and reasons of ways not even tried."""
    await unit.driver.execute(INSERT, single_id, message_id, caller, branch, now)
    for step, (channel, reason) in enumerate(left_out):
        await unit.driver.execute(FAIL_STEP, message_id, step, channel, reason, now)
    if left_out:
        await unit.driver.execute(SET_STEP, message_id, len(left_out))


async def find_single(unit: UnitOfWork, single_id: UUID) -> SingleMessage | None:
    """The message under this id."""
    await look_at_few(unit)
    row = await unit.driver.fetchrow(FIND, single_id, NO_CAMPAIGN)
    return _single(row) if row is not None else None


def _single(row: asyncpg.Record) -> SingleMessage:
    steps = [
        FailedStep(channel=channel, reason=reason, at=datetime.fromtimestamp(at, UTC))
        for channel, reason, at in json.loads(row["failed_steps"] or "[]")
    ]
    fallback = [one["channel"] for one in json.loads(row["fallback"] or "[]")]
    return SingleMessage(**{**row, "failed_steps": steps, "fallback": fallback})
