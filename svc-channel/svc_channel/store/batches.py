"""The batches taken and their messages, written by COPY; knows nothing of numbers or segmentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.fallback import Alternative
from svc_channel.domain.message import MessageState
from svc_channel.domain.outgoing import OutgoingBatch, Plan
from svc_channel.store.tables import BatchRow, table_of

BATCH = table_of(BatchRow)

INSERT_BATCH = """
INSERT INTO batch (campaign_id, number, sender, content_hash, accepted, traceparent, taken_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
RETURNING number
"""

MESSAGE_COLUMNS = (
    "campaign_id",
    "batch",
    "subscriber_id",
    "msisdn",
    "text",
    "parts",
    "state",
    "reason",
    "due_at",
    "ended_at",
    "channel",
    "class",
    "route",
    "expires_at",
    "cell",
    "content",
    "category",
    "fallback",
    "step",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBatch:
    """A batch taken before: the hash of its content and the rows booked."""

    content_hash: bytes
    accepted: int


async def find_batch(unit: UnitOfWork, batch: OutgoingBatch) -> KnownBatch | None:
    """The batch under the same campaign and number, whatever its content."""
    statement = select(BATCH.c.content_hash, BATCH.c.accepted).where(
        BATCH.c.campaign_id == batch.campaign_id, BATCH.c.number == batch.number
    )
    row = (await unit.connection.execute(statement)).one_or_none()
    return None if row is None else KnownBatch(content_hash=row.content_hash, accepted=row.accepted)


async def book_batch(
    unit: UnitOfWork, batch: OutgoingBatch, plans: Sequence[Plan], *, traceparent: str, now: datetime
) -> bool:
    """Writes a batch and its messages; ``plans`` holds one plan a row. False, and nothing written, if it stands already.

    Rows with a failure end at once, the others are due now.
    """
    booked = await unit.driver.fetchval(
        INSERT_BATCH,
        batch.campaign_id,
        batch.number,
        batch.sender,
        batch.content_hash(),
        len(plans),
        traceparent,
        now,
    )
    if booked is None:
        return False
    records = [
        _record(batch, subscriber_id, text, content, plan, now)
        for (subscriber_id, text, content), plan in zip(batch.rows(), plans, strict=True)
    ]
    await unit.driver.copy_records_to_table("message", records=records, columns=MESSAGE_COLUMNS)
    return True


def _record(
    batch: OutgoingBatch, subscriber_id: int, text: str, content: bytes | None, plan: Plan, now: datetime
) -> tuple[Any, ...]:
    """One row in the order of MESSAGE_COLUMNS; one that can't be sent keeps no text."""
    failed = bool(plan.failure)
    instead = None if failed else plan.instead
    way = instead or Alternative(
        channel=batch.channel.value,
        text="" if failed else text,
        parts=plan.parts,
        route=plan.route,
        content=None if failed else plan.content or content,
    )
    return (
        batch.campaign_id,
        batch.number,
        subscriber_id,
        plan.msisdn,
        way.text,
        way.parts,
        (MessageState.FAILED if failed else MessageState.QUEUED).value,
        plan.failure,
        None if failed else now,
        now if failed else None,
        way.channel,
        batch.message_class.value,
        way.route,
        batch.expires_at,
        batch.cell,
        way.content,
        batch.category,
        None if failed else plan.fallback,
        plan.left_out,
    )
