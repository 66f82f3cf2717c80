"""Ends claims on flash sales: paid for good, or given back to the stock; never both."""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.app.get_sale import get_sale, require_claim
from svc_reward.app.redeem_prize import pay_points
from svc_reward.domain.claim import Claim
from svc_reward.domain.stock import sale_pool
from svc_reward.store import sale_claims
from svc_reward.store.stock import commit_stock, release_stock


async def pay_claim(unit: UnitOfWork, claim_id: UUID, *, reference: str, clock: Clock) -> Claim:
    """Books the points, or notes the payment that was confirmed elsewhere, and hands the piece over.

    Raises NotFound CLAIM_UNKNOWN, StateRefused CLAIM_STATE, CLAIM_LAPSED or INSUFFICIENT_POINTS, InvalidInput
    REFERENCE_MISSING.
    """
    claim = await require_claim(unit, claim_id, lock=True)
    sale, _ = await get_sale(unit, claim.sale_id)
    paid = claim.pay(sale, reference=reference, at=clock.now())
    await sale_claims.end_claim(unit, paid)
    await commit_stock(unit, sale_pool(sale.id), 1)
    payment = paid.payment(sale)
    if payment is not None:
        await pay_points(unit, payment, currency=sale.currency, clock=clock)
    return paid


async def release_claim(unit: UnitOfWork, claim_id: UUID, *, clock: Clock) -> Claim:
    """Gives an unpaid piece back. Raises NotFound CLAIM_UNKNOWN, StateRefused CLAIM_STATE."""
    claim = await require_claim(unit, claim_id, lock=True)
    released = claim.release(clock.now())
    await sale_claims.end_claim(unit, released)
    await release_stock(unit, sale_pool(claim.sale_id), 1)
    return released
