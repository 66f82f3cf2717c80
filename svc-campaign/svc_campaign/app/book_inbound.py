"""Books answers by message: who wrote to a campaign's sender inside its window has responded."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_campaign.store import responses


async def book_inbound(unit: UnitOfWork, told: Sequence[responses.Told]) -> int:
    """Answers how many members responded for the first time; booking the same again changes nothing."""
    await responses.take_turn(unit)
    return await responses.book_inbound(unit, told)
