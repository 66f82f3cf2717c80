"""Gives back what is left of a hold before its time is over; it must not undo what was captured."""

from carillon_chassis.database import UnitOfWork
from svc_reward.app.get_hold import require_locked_hold
from svc_reward.domain.hold import Hold
from svc_reward.store.accounts import lock_standings
from svc_reward.store.holds import change_hold


async def void_hold(unit: UnitOfWork, hold_id: str) -> Hold:
    """The hold afterwards. Raises NotFound HOLD_UNKNOWN and StateRefused HOLD_STATE."""
    hold = await require_locked_hold(unit, hold_id)
    after = hold.void()
    await lock_standings(unit, [hold.account])
    await change_hold(unit, hold, after)
    return after
