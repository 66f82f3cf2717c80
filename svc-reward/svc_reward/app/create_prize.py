"""Puts a prize with its stock into the catalogue; it must not change one that stands."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict
from svc_reward.domain.prize import Prize
from svc_reward.domain.stock import Stock, prize_pool
from svc_reward.store.prizes import add_prize
from svc_reward.store.stock import open_stock


async def create_prize(unit: UnitOfWork, prize: Prize, stock: Stock, *, clock: Clock) -> None:
    """Raises Conflict PRIZE_EXISTS for a code that is taken."""
    if not await add_prize(unit, prize, at=clock.now()):
        raise Conflict(
            reason="PRIZE_EXISTS", field="code", detail=f"{prize.code} is in the catalogue; take another code"
        )
    await open_stock(unit, prize_pool(prize.code), stock)
