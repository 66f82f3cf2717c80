"""Says what one subscriber was sent lately, from what moves and from what is kept; shows no text."""

from collections.abc import Sequence
from heapq import nlargest

from carillon_chassis.database import Database
from svc_channel.domain.contact import Contact
from svc_channel.store.history import fetch_contacts, fetch_kept_contacts
from svc_channel.store.partitions import fetch_campaigns

# A look into a partition takes a few locks, and PostgreSQL has some thousands in all; a transaction looks into so many.
CAMPAIGNS_A_LOOK = 32


async def list_contacts(database: Database, subscriber_id: int, *, limit: int) -> Sequence[Contact]:
    """The newest first.

    Messages only ever go from those that move to those that are kept. The former are looked at first, so none is missed,
    and one that goes meanwhile is found twice under one id.
    """
    async with database.read() as unit:
        found = dict(await fetch_contacts(unit, subscriber_id, limit=limit))
        campaigns = await fetch_campaigns(unit)
    for first in range(0, len(campaigns), CAMPAIGNS_A_LOOK):
        look = campaigns[first : first + CAMPAIGNS_A_LOOK]
        newest = nlargest(limit, found)
        # Campaigns come by their latest message: what follows is older than all that can still be shown.
        if len(newest) == limit and newest[-1] > look[0].last_id:
            break
        async with database.read() as unit:
            found |= await fetch_kept_contacts(unit, subscriber_id, [one.campaign_id for one in look], limit=limit)
    return [found[one] for one in nlargest(limit, found)]
