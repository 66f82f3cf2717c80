"""Shows a voucher to its subscriber and takes it at a merchant; it must not take one twice (RWD-22, RWD-34).

Whoever changes vouchers locks their redemption first, then them, then the stock.
"""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_reward.app.get_redemption import require_redemption
from svc_reward.domain.bar_code import read_code
from svc_reward.domain.redemption import RedemptionState
from svc_reward.domain.stock import prize_pool
from svc_reward.domain.voucher import Voucher
from svc_reward.store import vouchers
from svc_reward.store.redemptions import end_redemption
from svc_reward.store.stock import commit_stock


async def show_voucher(unit: UnitOfWork, voucher_id: UUID, *, clock: Clock) -> Voucher:
    """The voucher with its code. Raises NotFound VOUCHER_UNKNOWN, StateRefused VOUCHER_STATE, VOUCHER_EXPIRED, ..."""
    found = await vouchers.find_voucher(unit, voucher_id)
    if found is None:
        raise NotFound(reason="VOUCHER_UNKNOWN", field="id", detail="there is no such voucher")
    shown = (await _lock(unit, found)).show(clock.now())
    await vouchers.keep_voucher(unit, shown)
    return shown


async def redeem_voucher(unit: UnitOfWork, written: str, *, merchant: str, clock: Clock) -> Voucher:
    """Takes the voucher; with the last one of a redemption the whole of it is handed over.

    Raises InvalidInput VOUCHER_CODE_INVALID, NotFound VOUCHER_UNKNOWN, StateRefused VOUCHER_REDEEMED, VOUCHER_EXPIRED,
    VOUCHER_STATE.
    """
    found = await vouchers.find_voucher_by_code(unit, read_code(written))
    if found is None:
        raise NotFound(reason="VOUCHER_UNKNOWN", field="code", detail="no voucher was issued with this code")
    redeemed = (await _lock(unit, found)).redeem(merchant, clock.now())
    await vouchers.keep_voucher(unit, redeemed)
    await settle_redemption(unit, redeemed.redemption_id, clock=clock)
    return redeemed


async def settle_redemption(unit: UnitOfWork, redemption_id: UUID, *, clock: Clock) -> None:
    """Ends a locked redemption as fulfilled when none of its vouchers may still be taken."""
    redemption = await require_redemption(unit, redemption_id)
    if redemption.state is RedemptionState.BOOKED and await vouchers.count_live(unit, redemption_id) == 0:
        await end_redemption(unit, redemption.end(RedemptionState.FULFILLED, clock.now()))
        await commit_stock(unit, prize_pool(redemption.prize), redemption.quantity)


async def _lock(unit: UnitOfWork, found: Voucher) -> Voucher:
    """The voucher as it stands under the lock of its redemption."""
    await require_redemption(unit, found.redemption_id, lock=True)
    locked = await vouchers.lock_vouchers(unit, found.redemption_id)
    return next(voucher for voucher in locked if voucher.id == found.id)
