"""Books activated orders as conversions with their revenue, and says whose reward is due."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_campaign.store import conversions
from svc_campaign.store.responses import take_turn


async def book_orders(unit: UnitOfWork, orders: Sequence[conversions.ActivatedOrder]) -> list[conversions.Conversion]:
    """Each member's first conversion, once for ever; who tells the rewards does it in the same transaction."""
    await take_turn(unit)
    return await conversions.book_orders(unit, orders)
