"""Messages in doubt and the orphan receipts that may prove them; decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.channel import MessageClass
from svc_channel.domain.doubt import Doubt, Orphan
from svc_channel.domain.message import MessageState, check_transition

# What the statements below do to states; a transition table that forbids it stops the service before it starts.
check_transition(MessageState.SENDING, MessageState.IN_DOUBT)
check_transition(MessageState.IN_DOUBT, MessageState.QUEUED)

# The doubt is written for whoever is still being sent: an answer that was booked meanwhile wins, and so does a newer
# claim, whose own the message is.
DOUBT = """
WITH doubted AS (
    UPDATE message SET state = 'in_doubt'
    WHERE id = ANY($1::bigint[]) AND state = 'sending'
      AND id <> ALL (ARRAY(SELECT unnest(message_ids) FROM claim WHERE claimed_at > $2))
    RETURNING id, msisdn
)
INSERT INTO doubt (message_id, msisdn, claimed_at, since, line)
SELECT id, msisdn, $2, $3, $4 FROM doubted ON CONFLICT DO NOTHING
"""

# Oldest first, and with each message all others in doubt at its number: the rule asks whether it is alone there.
FETCH_DOUBTS = """
SELECT d.message_id, d.msisdn, d.claimed_at, d.since, d.line, m.resends, m.class::text AS message_class,
       ARRAY(SELECT n FROM generate_series(1, m.parts) AS n
             WHERE NOT EXISTS (SELECT 1 FROM message_part p WHERE p.message_id = m.id AND p.part = n)
             ORDER BY n) AS open_parts
FROM doubt d JOIN message m ON m.id = d.message_id
WHERE d.msisdn IN (SELECT msisdn FROM doubt ORDER BY since, message_id LIMIT $1 OFFSET $2)
ORDER BY d.since, d.message_id
"""

FETCH_ORPHANS = "SELECT smsc_id, msisdn, received_at FROM orphan_receipt WHERE msisdn = ANY($1::text[])"

RESEND = """
WITH doubted AS (DELETE FROM doubt WHERE message_id = ANY($1::bigint[]) RETURNING message_id)
UPDATE message m SET state = 'queued', due_at = $2, resends = m.resends + 1
FROM doubted WHERE m.id = doubted.message_id AND m.state = 'in_doubt'
RETURNING m.campaign_id, m.subscriber_id
"""

PURGE_ORPHANS = "DELETE FROM orphan_receipt WHERE received_at < $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResentMessage:
    """A message that is sent again because nothing proved that it had been accepted."""

    campaign_id: UUID
    subscriber_id: int


async def book_doubts(
    unit: UnitOfWork, message_ids: Sequence[int], *, claimed_at: datetime, line: str, now: datetime
) -> None:
    """Puts messages that are being sent over ``line`` in doubt."""
    if message_ids:
        await unit.driver.execute(DOUBT, message_ids, claimed_at, now, line)


async def fetch_doubts(unit: UnitOfWork, *, limit: int, offset: int) -> list[Doubt]:
    """Doubts from the oldest, a page of them with everyone else in doubt at the same numbers."""
    rows = await unit.driver.fetch(FETCH_DOUBTS, limit, offset)
    return [
        Doubt(
            message_id=row["message_id"],
            msisdn=row["msisdn"],
            open_parts=tuple(row["open_parts"]),
            claimed_at=row["claimed_at"],
            since=row["since"],
            resends=row["resends"],
            line=row["line"],
            message_class=MessageClass(row["message_class"]),
        )
        for row in rows
    ]


async def fetch_orphans(unit: UnitOfWork, msisdns: Sequence[str]) -> list[Orphan]:
    """The receipts of unknown ids that came from these numbers."""
    rows = await unit.driver.fetch(FETCH_ORPHANS, msisdns)
    return [Orphan(smsc_id=row["smsc_id"], msisdn=row["msisdn"], received_at=row["received_at"]) for row in rows]


async def resend(unit: UnitOfWork, message_ids: Sequence[int], *, now: datetime) -> list[ResentMessage]:
    """Puts messages in doubt back into the queue and counts it."""
    rows = await unit.driver.fetch(RESEND, message_ids, now)
    return [ResentMessage(campaign_id=row["campaign_id"], subscriber_id=row["subscriber_id"]) for row in rows]


async def purge_orphans(unit: UnitOfWork, *, before: datetime) -> None:
    """Forgets receipts that nobody has claimed for long."""
    await unit.driver.execute(PURGE_ORPHANS, before)
