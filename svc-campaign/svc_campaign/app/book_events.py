"""Books what portals tell: events of a campaign's response types inside its window are responses, the hold-out's too."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_campaign.store import responses
from svc_campaign.store.answers import keep_due_by_event


async def book_events(unit: UnitOfWork, told: Sequence[responses.Told]) -> int:
    """Answers how many members responded for the first time; booking the same again changes nothing.

    Who set off a trigger that answers is kept for that, such as by entering a cell (CHN-15).
    """
    await responses.take_turn(unit)
    await keep_due_by_event(unit, told)
    return await responses.book_events(unit, told)
