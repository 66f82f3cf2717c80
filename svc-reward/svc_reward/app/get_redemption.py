"""Finds one redemption; it must not change it."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_reward.domain.redemption import Redemption
from svc_reward.store.redemptions import find_redemption


async def require_redemption(unit: UnitOfWork, redemption_id: UUID, *, lock: bool = False) -> Redemption:
    """The redemption, held until the transaction ends with ``lock``. Raises NotFound REDEMPTION_UNKNOWN."""
    redemption = await find_redemption(unit, redemption_id, lock=lock)
    if redemption is None:
        raise NotFound(reason="REDEMPTION_UNKNOWN", field="id", detail="there is no such redemption")
    return redemption
