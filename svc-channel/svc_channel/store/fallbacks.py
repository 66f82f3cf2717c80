"""Brings messages to the next channel of their chain, in the transaction that finds that the one before failed."""

from collections.abc import Collection
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.message import MessageState, check_transition

# Nobody outside the transaction sees the failure between; the row goes on as the next way of the same message.
for state in (MessageState.SENDING, MessageState.IN_DOUBT, MessageState.SENT):
    check_transition(state, MessageState.QUEUED)

KEEP_STEP = """
INSERT INTO failed_step (message_id, step, channel, reason, ended_at)
SELECT id, step, channel::text, reason, $2 FROM message WHERE id = ANY($1::bigint[])
"""

FORGET_PARTS = "DELETE FROM message_part WHERE message_id = ANY($1::bigint[])"

# The next way has its attempts for itself; what is booked again of the way before is known by its step.
NEXT = """
UPDATE message m
SET state = 'queued', reason = '', ended_at = NULL, due_at = $2, step = m.step + 1, attempts = 0,
    channel = (m.fallback -> 0 ->> 'channel')::message_channel, text = m.fallback -> 0 ->> 'text',
    parts = (m.fallback -> 0 ->> 'parts')::smallint, route = m.fallback -> 0 ->> 'route',
    content = convert_to(m.fallback -> 0 ->> 'content', 'UTF8'), fallback = nullif(m.fallback - 0, '[]')
WHERE m.id = ANY($1::bigint[])
"""


async def queue_alternatives(unit: UnitOfWork, message_ids: Collection[int], *, now: datetime) -> None:
    """Queues the next alternative of messages whose channel has just failed, each once, and keeps what failed."""
    if message_ids:
        ids = list(message_ids)
        await unit.driver.execute(KEEP_STEP, ids, now)
        await unit.driver.execute(FORGET_PARTS, ids)
        await unit.driver.execute(NEXT, ids, now)
