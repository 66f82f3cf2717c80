"""Reads what one subscriber was sent; it must not read texts."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.contact import Contact
from svc_channel.domain.message import NO_CAMPAIGN
from svc_channel.store.partitions import look_at_few

COLUMNS = """
SELECT m.id, m.campaign_id, m.channel::text, m.class::text AS message_class, b.sender, m.state::text, m.reason,
       b.taken_at, m.ended_at
"""

# A walk back along message_subscriber, which stops at the limit.
LIST = f"""{COLUMNS}
FROM message m JOIN batch b ON b.campaign_id = m.campaign_id AND b.number = m.batch
WHERE m.subscriber_id = $1 ORDER BY m.id DESC LIMIT $2
"""

# The same walk in every partition that is asked for.
LIST_KEPT = f"""{COLUMNS}
FROM kept_message m JOIN batch b ON b.campaign_id = m.campaign_id AND b.number = m.batch
WHERE m.subscriber_id = $1 AND m.campaign_id = ANY($3::uuid[]) ORDER BY m.id DESC LIMIT $2
"""


async def fetch_contacts(unit: UnitOfWork, subscriber_id: int, *, limit: int) -> Mapping[int, Contact]:
    """The newest of those that move or ended just now, by message id."""
    return {row["id"]: _contact(row) for row in await unit.driver.fetch(LIST, subscriber_id, limit)}


async def fetch_kept_contacts(
    unit: UnitOfWork, subscriber_id: int, campaign_ids: Sequence[UUID], *, limit: int
) -> Mapping[int, Contact]:
    """The newest of those that are kept of these campaigns, by message id."""
    await look_at_few(unit)
    rows = await unit.driver.fetch(LIST_KEPT, subscriber_id, limit, campaign_ids)
    return {row["id"]: _contact(row) for row in rows}


def _contact(row: asyncpg.Record) -> Contact:
    fields = dict(row)
    del fields["id"]
    return Contact(**{**fields, "campaign_id": None if row["campaign_id"] == NO_CAMPAIGN else row["campaign_id"]})
