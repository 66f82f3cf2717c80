"""Opens a group buy; it must not hold anything yet."""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.group_buy import GroupBuy
from svc_reward.store.group_buys import add_group_buy


async def create_group_buy(unit: UnitOfWork, group: GroupBuy) -> None:
    """Keeps it, without members."""
    await add_group_buy(unit, group)
