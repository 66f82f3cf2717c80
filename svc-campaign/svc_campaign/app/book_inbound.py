"""Books answers by message: who wrote to a campaign's sender or what it answers to, inside its window, has responded."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_campaign.store import responses
from svc_campaign.store.answers import keep_due_by_text


async def book_inbound(unit: UnitOfWork, told: Sequence[responses.Told]) -> int:
    """Answers how many members responded for the first time; booking the same again changes nothing.

    Who set off a trigger that answers is kept for that (SEG-54).
    """
    await responses.take_turn(unit)
    await keep_due_by_text(unit, told)
    return await responses.book_inbound(unit, told)
