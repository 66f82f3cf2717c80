"""Lists what partners give members; it must not change anything."""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.member_discount import Discount
from svc_reward.store import member_discounts


async def list_discounts(unit: UnitOfWork, *, after: int, limit: int) -> list[Discount]:
    """A page in the order of their numbers; everybody may know them."""
    return await member_discounts.list_discounts(unit, after=after, limit=limit)
