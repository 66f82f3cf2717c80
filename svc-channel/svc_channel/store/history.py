"""Reads what one subscriber was sent; it must not read texts."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.contact import Contact
from svc_channel.domain.message import NO_CAMPAIGN

# A walk back along message_subscriber, which stops at the limit.
LIST = """
SELECT m.campaign_id, m.channel::text, m.class::text AS message_class, b.sender, m.state::text, m.reason, b.taken_at,
       m.ended_at
FROM message m JOIN batch b ON b.campaign_id = m.campaign_id AND b.number = m.batch
WHERE m.subscriber_id = $1 ORDER BY m.id DESC LIMIT $2
"""


async def list_contacts(unit: UnitOfWork, subscriber_id: int, *, limit: int) -> Sequence[Contact]:
    """The newest first."""
    return [
        Contact(**{**row, "campaign_id": None if row["campaign_id"] == NO_CAMPAIGN else row["campaign_id"]})
        for row in await unit.driver.fetch(LIST, subscriber_id, limit)
    ]
