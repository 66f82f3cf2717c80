"""Keeps sales and finds them with their stock; it must not decide who gets a piece."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.claiming import OpenSale
from svc_reward.domain.sale import Sale

ADD = """
INSERT INTO sale (id, name, opens_at, closes_at, hold_seconds, currency, price, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
COLUMNS = "id, name, opens_at, closes_at, hold_seconds, currency, price"
FIND = f"SELECT {COLUMNS} FROM sale WHERE id = $1"  # noqa: S608 -- the columns are ours
# The stock's row orders all who claim of a sale; two batches that touch several sales lock them in the same order.
LOCK = f"""
SELECT {COLUMNS}, total - reserved - committed AS available
FROM sale JOIN stock ON stock.pool = 'sale:' || sale.id
WHERE id = ANY($1::uuid[])
ORDER BY pool
FOR NO KEY UPDATE OF stock
"""  # noqa: S608 -- the same


async def add_sale(unit: UnitOfWork, sale: Sale, *, at: datetime) -> None:
    """A new one."""
    await unit.driver.execute(
        ADD, sale.id, sale.name, sale.opens_at, sale.closes_at, sale.hold_seconds, sale.currency, sale.price, at
    )


async def find_sale(unit: UnitOfWork, sale_id: UUID) -> Sale | None:
    """The sale, if there is one."""
    row = await unit.driver.fetchrow(FIND, sale_id)
    return _sale(row) if row is not None else None


async def lock_sales(unit: UnitOfWork, sale_ids: Iterable[UUID]) -> dict[UUID, OpenSale]:
    """Those of the sales that there are, their stock held until the transaction ends."""
    rows = await unit.driver.fetch(LOCK, list(sale_ids))
    found = [OpenSale(sale=_sale(row), available=row["available"]) for row in rows]
    return {one.sale.id: one for one in found}


def _sale(row: asyncpg.Record) -> Sale:
    return Sale(
        id=UUID(str(row["id"])),
        name=row["name"],
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        hold_seconds=row["hold_seconds"],
        currency=row["currency"],
        price=row["price"],
    )
