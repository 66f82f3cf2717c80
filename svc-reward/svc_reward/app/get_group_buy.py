"""Finds a group buy; it must not change it."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_reward.domain.group_buy import GroupBuy
from svc_reward.store.group_buys import find_group_buy


async def require_group_buy(unit: UnitOfWork, group_id: UUID, *, lock: bool = False) -> GroupBuy:
    """The group, held until the transaction ends with ``lock``. Raises NotFound GROUP_UNKNOWN."""
    group = await find_group_buy(unit, group_id, lock=lock)
    if group is None:
        raise NotFound(reason="GROUP_UNKNOWN", field="id", detail="there is no such group")
    return group
