"""Shows one prize with its stock; it must not change it."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_reward.domain.prize import Prize
from svc_reward.domain.stock import Stock, prize_pool
from svc_reward.store.prizes import find_prize
from svc_reward.store.stock import read_stock


async def get_prize(unit: UnitOfWork, code: str) -> tuple[Prize, Stock]:
    """Raises NotFound PRIZE_UNKNOWN."""
    return await require_prize(unit, code), await read_stock(unit, prize_pool(code))


async def require_prize(unit: UnitOfWork, code: str, *, field: str = "code") -> Prize:
    """The prize that the caller names in ``field``. Raises NotFound PRIZE_UNKNOWN."""
    prize = await find_prize(unit, code)
    if prize is None:
        raise NotFound(reason="PRIZE_UNKNOWN", field=field, detail="the catalogue has no prize with this code")
    return prize
