"""Ends a redemption: handed over for good, or cancelled with points and stock given back; never both."""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.get_redemption import require_redemption
from svc_reward.app.reverse_transfer import reverse_transfer
from svc_reward.domain.fulfilment import FulfilmentState
from svc_reward.domain.redemption import Redemption, RedemptionState
from svc_reward.domain.stock import prize_pool
from svc_reward.store import redemptions
from svc_reward.store.fulfilments import find_item_of
from svc_reward.store.stock import commit_stock, release_stock
from svc_reward.store.vouchers import keep_voucher, lock_vouchers


async def cancel_redemption(unit: UnitOfWork, redemption_id: UUID, *, clock: Clock) -> Redemption:
    """Gives back what it took, by reversing its payment; what the ledger has reversed already is not given back again.

    Its vouchers are void then; once one of them was taken or has expired there is no way back, nor while its phone
    credit is being paid. Raises NotFound REDEMPTION_UNKNOWN, StateRefused REDEMPTION_STATE, REDEMPTION_PAYING,
    VOUCHER_REDEEMED, VOUCHER_EXPIRED.
    """
    redemption = await require_redemption(unit, redemption_id, lock=True)
    await _require_unpaid(unit, redemption_id)
    cancelled = redemption.end(RedemptionState.CANCELLED, clock.now())
    for voucher in await lock_vouchers(unit, redemption_id):
        await keep_voucher(unit, voucher.void())
    await redemptions.end_redemption(unit, cancelled)
    await release_stock(unit, prize_pool(cancelled.prize), cancelled.quantity)
    reason = f"redemption of {cancelled.prize} cancelled"
    await reverse_transfer(unit, transfer_id=cancelled.payment.transfer_id, reason=reason, clock=clock)
    return cancelled


async def fulfil_redemption(unit: UnitOfWork, redemption_id: UUID, *, clock: Clock) -> Redemption:
    """The prize is handed over. Raises NotFound REDEMPTION_UNKNOWN, StateRefused REDEMPTION_STATE."""
    redemption = await require_redemption(unit, redemption_id, lock=True)
    fulfilled = redemption.end(RedemptionState.FULFILLED, clock.now())
    await redemptions.end_redemption(unit, fulfilled)
    await commit_stock(unit, prize_pool(fulfilled.prize), fulfilled.quantity)
    return fulfilled


async def _require_unpaid(unit: UnitOfWork, redemption_id: UUID) -> None:
    """Who orders the payment holds the redemption's row too, so that one of the two comes first."""
    item = await find_item_of(unit, f"redemption:{redemption_id}")
    if item is not None and item.state is FulfilmentState.PAYING:
        raise StateRefused(
            reason="REDEMPTION_PAYING", field="id", detail="its phone credit is being paid; wait for the answer"
        )
