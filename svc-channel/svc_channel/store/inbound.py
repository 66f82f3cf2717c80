"""Inbound messages: kept first, resolved later; calls nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.inbound import Inbound

# Booked again after a commit whose outcome got lost; the first booking stands.
INSERT = """
INSERT INTO inbound (id, sender, recipient, text, state, received_at)
SELECT id, sender, recipient, text, 'received', received_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
     AS i (id, sender, recipient, text, received_at)
ON CONFLICT DO NOTHING
"""

FETCH_UNRESOLVED = """
SELECT id, sender, recipient, text, received_at FROM inbound WHERE state = 'received' ORDER BY received_at, id LIMIT $1
"""

# Only rows still unresolved come back, so a message that another replica resolved meanwhile is told once.
RESOLVE = """
UPDATE inbound i
SET subscriber_id = r.subscriber_id, keyword = r.keyword,
    state = CASE WHEN r.subscriber_id IS NULL THEN 'unknown' ELSE 'resolved' END::inbound_state
FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS r (id, subscriber_id, keyword)
WHERE i.id = r.id AND i.state = 'received'
RETURNING i.id, i.subscriber_id, i.sender, i.recipient, i.text, i.keyword, i.received_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedInbound:
    """An inbound message whose sender is a subscriber; ``keyword`` is the name of the word it is, empty for none."""

    id: UUID
    subscriber_id: int
    sender: str
    recipient: str
    text: str
    keyword: str
    received_at: datetime


async def book_inbound(unit: UnitOfWork, messages: Sequence[Inbound]) -> None:
    """Keeps inbound messages."""
    if messages:
        await unit.driver.execute(
            INSERT,
            [message.id for message in messages],
            [message.sender for message in messages],
            [message.recipient for message in messages],
            [message.text for message in messages],
            [message.received_at for message in messages],
        )


async def fetch_unresolved(unit: UnitOfWork, *, limit: int) -> list[Inbound]:
    """The oldest inbound messages whose senders nobody has looked up."""
    rows = await unit.driver.fetch(FETCH_UNRESOLVED, limit)
    return [Inbound(**row) for row in rows]


async def resolve(
    unit: UnitOfWork, messages: Sequence[Inbound], subscribers: Mapping[str, int], keywords: Mapping[UUID, str]
) -> list[ResolvedInbound]:
    """Writes who sent these messages and which words they are; answers those of subscribers, in the order they came."""
    ids: list[UUID] = [message.id for message in messages]
    rows = await unit.driver.fetch(
        RESOLVE,
        ids,
        [subscribers.get(message.sender) for message in messages],
        [keywords.get(message.id, "") for message in messages],
    )
    known = [ResolvedInbound(**row) for row in rows if row["subscriber_id"] is not None]
    return sorted(known, key=lambda message: message.received_at)
