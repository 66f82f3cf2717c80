"""Ends vouchers that nobody took in time; the points stay spent, as the prize's terms say."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.app.get_redemption import require_redemption
from svc_reward.app.use_voucher import settle_redemption
from svc_reward.store import vouchers

# What one transaction looks at most: it holds the redemptions, which a merchant may be asking for.
MAX_DUE = 200


async def expire_due_vouchers(unit: UnitOfWork, *, clock: Clock) -> int:
    """How many redemptions had vouchers that were due; 0 when nothing is left to do."""
    due = await vouchers.find_redemptions_due(unit, at=clock.now(), limit=MAX_DUE)
    for redemption_id in due:
        await require_redemption(unit, redemption_id, lock=True)
        await vouchers.expire_vouchers(unit, redemption_id, at=clock.now())
        await settle_redemption(unit, redemption_id, clock=clock)
    return len(due)
