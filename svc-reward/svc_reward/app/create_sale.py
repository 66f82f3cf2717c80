"""Announces a flash sale with its stock; it must not open before its time."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.domain.sale import Sale
from svc_reward.domain.stock import Stock, sale_pool
from svc_reward.store.sales import add_sale
from svc_reward.store.stock import open_stock


async def create_sale(unit: UnitOfWork, sale: Sale, stock: Stock, *, clock: Clock) -> None:
    """Keeps the sale and its stock together."""
    await add_sale(unit, sale, at=clock.now())
    await open_stock(unit, sale_pool(sale.id), stock)
