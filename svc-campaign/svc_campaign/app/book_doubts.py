"""Books which messages a broken link left in doubt, so that the report can say who may have got one twice."""

from collections.abc import Sequence
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.store.deliveries import book_in_doubt
from svc_campaign.store.responses import take_turn


async def book_doubts(unit: UnitOfWork, *, campaign_id: UUID, subscriber_ids: Sequence[int]) -> None:
    """Marks the members once, however often their messages were in doubt."""
    await take_turn(unit)
    await book_in_doubt(unit, campaign_id, subscriber_ids)
