"""Exchanges a subscriber's points for a prize; points and stock move together or not at all (RWD-22, RWD-29, RWD-33)."""

from collections.abc import Callable
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_reward.app.get_prize import require_prize
from svc_reward.app.issue_vouchers import issue_vouchers
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import redeemed_account
from svc_reward.domain.membership import MemberTier
from svc_reward.domain.posting import ACCOUNT_UNKNOWN, INSUFFICIENT_FUNDS, Outcome
from svc_reward.domain.redemption import Redemption, book_redemption
from svc_reward.domain.stock import prize_pool
from svc_reward.domain.transfer import Transfer
from svc_reward.store.accounts import open_accounts
from svc_reward.store.redemptions import add_redemption
from svc_reward.store.stock import reserve_stock


async def redeem_prize(
    unit: UnitOfWork,
    *,
    subscriber_id: int,
    code: str,
    quantity: int,
    tier: MemberTier,
    clock: Clock,
    ids: Callable[[], UUID],
    random_bytes: Callable[[int], bytes],
) -> Redemption:
    """The booked redemption, with its vouchers where the prize is one; its payment is the transfer ``redeem:<id>``.

    Raises NotFound PRIZE_UNKNOWN, StateRefused PRIZE_NOT_VALID, MEMBERSHIP_REQUIRED, OUT_OF_STOCK, INSUFFICIENT_POINTS.
    """
    prize = await require_prize(unit, code, field="prize")
    redemption = book_redemption(
        prize, redemption_id=ids(), subscriber_id=subscriber_id, quantity=quantity, tier=tier, at=clock.now()
    )
    await reserve_stock(unit, prize_pool(code), quantity)
    await pay_points(unit, redemption.payment, currency=redemption.currency, clock=clock)
    await add_redemption(unit, redemption)
    await issue_vouchers(unit, prize, redemption, ids=ids, random_bytes=random_bytes)
    return redemption


async def pay_points(unit: UnitOfWork, payment: Transfer, *, currency: str, clock: Clock) -> None:
    """Books what a subscriber pays in points. Raises StateRefused INSUFFICIENT_POINTS."""
    await open_accounts(unit, [redeemed_account(currency)], now=clock.now())
    (outcome,) = await post_transfers(unit, [payment], clock=clock)
    require_booked(outcome, currency=currency)


def require_booked(outcome: Outcome, *, currency: str) -> None:
    """Raises StateRefused for a payment that was not booked; the whole transaction must go with it."""
    if outcome.stands:
        return
    if outcome.result in {INSUFFICIENT_FUNDS, ACCOUNT_UNKNOWN}:
        raise StateRefused(
            reason="INSUFFICIENT_POINTS",
            field="quantity",
            detail=f"the subscriber has too few {currency} for this; take fewer pieces or collect more",
            metadata={"currency": currency},
        )
    raise StateRefused(reason=outcome.result, detail=outcome.detail)
