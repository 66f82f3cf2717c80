"""Spends what was held, all of it or a part; the booking and the hold change together or not at all."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.get_hold import require_locked_hold
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import AccountName
from svc_reward.domain.hold import Hold
from svc_reward.store.accounts import lock_standings
from svc_reward.store.holds import change_hold


async def capture_hold(
    unit: UnitOfWork, *, hold_id: str, amount: int, final: bool, target: AccountName, reason: str, clock: Clock
) -> Hold:
    """The hold afterwards; its n-th capture is the transfer ``capture:<hold>:<n>``.

    Raises NotFound HOLD_UNKNOWN, StateRefused HOLD_STATE, HOLD_EXPIRED or the ledger's own reason, InvalidInput
    HOLD_EXCEEDED.
    """
    hold = await require_locked_hold(unit, hold_id)
    after = hold.capture(amount, final=final, at=clock.now())
    transfer = hold.capture_transfer(amount, target=target, reason=reason)
    # Both accounts in their order first: the hold is let go and its amount spent under the same locks.
    await lock_standings(unit, [hold.account, target])
    await change_hold(unit, hold, after)
    (outcome,) = await post_transfers(unit, [transfer], clock=clock)
    if not outcome.stands:
        raise StateRefused(reason=outcome.result, detail=outcome.detail)
    return after
