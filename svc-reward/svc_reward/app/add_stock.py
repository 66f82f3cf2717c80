"""Adds to a prize's stock; it must not take anything away."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_reward.app.get_prize import get_prize
from svc_reward.domain.prize import Prize
from svc_reward.domain.stock import MAX_STOCK, Stock, prize_pool
from svc_reward.store import stock


async def add_stock(unit: UnitOfWork, code: str, quantity: int) -> tuple[Prize, Stock]:
    """The prize as it stands then. Raises NotFound PRIZE_UNKNOWN, InvalidInput STOCK_INVALID."""
    prize, before = await get_prize(unit, code)
    if before.total + quantity > MAX_STOCK:
        raise InvalidInput(
            reason="STOCK_INVALID", field="quantity", detail=f"there are {before.total}; a stock holds {MAX_STOCK}"
        )
    await stock.add_stock(unit, prize_pool(code), quantity)
    return prize, await stock.read_stock(unit, prize_pool(code))
