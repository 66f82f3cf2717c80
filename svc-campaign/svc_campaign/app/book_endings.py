"""Books how a campaign's messages ended."""

from collections.abc import Sequence
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_campaign.store.deliveries import book_delivered, book_failed
from svc_campaign.store.responses import take_turn


async def book_endings(
    unit: UnitOfWork, *, campaign_id: UUID, delivered: Sequence[int], failed: Sequence[tuple[int, str]]
) -> None:
    """Subscribers reached, and subscribers not reached with svc-channel's reason; the first ending stands."""
    await take_turn(unit)
    if delivered:
        await book_delivered(unit, campaign_id, delivered)
    if failed:
        await book_failed(unit, campaign_id, [one for one, _ in failed], [reason for _, reason in failed])
