"""Books which converted members have got their reward."""

from collections.abc import Sequence
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.store.deliveries import book_rewarded
from svc_campaign.store.responses import take_turn


async def book_grants(unit: UnitOfWork, *, campaign_id: UUID, subscriber_ids: Sequence[int]) -> None:
    """Marks the members as rewarded; booking the same again changes nothing."""
    await take_turn(unit)
    await book_rewarded(unit, campaign_id, subscriber_ids)
