"""Books what portals tell: events of a campaign's response types inside its window are responses, the hold-out's too."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_campaign.store import responses


async def book_events(unit: UnitOfWork, told: Sequence[responses.Told]) -> int:
    """Answers how many members responded for the first time; booking the same again changes nothing."""
    await responses.take_turn(unit)
    return await responses.book_events(unit, told)
