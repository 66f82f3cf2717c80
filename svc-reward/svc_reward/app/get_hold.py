"""Finds one hold; it must not change it."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_reward.domain.hold import Hold
from svc_reward.store.holds import find_hold, lock_hold


async def get_hold(unit: UnitOfWork, hold_id: str) -> Hold:
    """The hold. Raises NotFound HOLD_UNKNOWN."""
    return _require(await find_hold(unit, hold_id), hold_id)


async def require_locked_hold(unit: UnitOfWork, hold_id: str) -> Hold:
    """The hold, kept from all others until the transaction ends. Raises NotFound HOLD_UNKNOWN."""
    return _require(await lock_hold(unit, hold_id), hold_id)


def _require(hold: Hold | None, hold_id: str) -> Hold:
    if hold is None:
        raise NotFound(reason="HOLD_UNKNOWN", field="hold_id", detail=f"no hold {hold_id!r} was ever made")
    return hold
