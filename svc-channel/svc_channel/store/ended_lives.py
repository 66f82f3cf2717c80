"""Keeps whose lives ended, and ends what still waits to be sent to them; it must not touch what is on the wire."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.message import MessageState, check_transition
from svc_channel.store.messages import EndedMessage

# What the statement below does to states; a transition table that forbids it stops the service before it starts.
check_transition(MessageState.QUEUED, MessageState.FAILED)

LIFE_ENDED = "LIFE_ENDED"
KEEP = """
INSERT INTO ended_life (subscriber_id, ended_at) SELECT subscriber_id, $2
FROM unnest($1::bigint[]) AS told (subscriber_id) ORDER BY subscriber_id
ON CONFLICT DO NOTHING
"""
END_QUEUED = """
UPDATE message SET state = 'failed', reason = $3, due_at = NULL, ended_at = $2
WHERE subscriber_id = ANY($1::bigint[]) AND state = 'queued'
RETURNING campaign_id, subscriber_id, reason
"""


async def keep_ended(unit: UnitOfWork, subscriber_ids: Sequence[int], *, at: datetime) -> None:
    """Keeps them; those that are known stay as they are."""
    await unit.driver.execute(KEEP, subscriber_ids, at)


async def end_queued(unit: UnitOfWork, subscriber_ids: Sequence[int], *, now: datetime) -> list[EndedMessage]:
    """Ends what waits to be sent to them, as failed for LIFE_ENDED."""
    rows = await unit.driver.fetch(END_QUEUED, subscriber_ids, now, LIFE_ENDED)
    return [EndedMessage(**row) for row in rows]
