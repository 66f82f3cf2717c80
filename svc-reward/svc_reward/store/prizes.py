"""Keeps and finds prizes; it must not judge who may have one."""

from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.membership import MemberTier
from svc_reward.domain.prize import Prize, PrizeKind
from svc_reward.domain.stock import Stock

ADD = """
INSERT INTO prize (code, name, kind, currency, price, lowest_tier, valid_from, valid_until, voucher_days, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (code) DO NOTHING
"""
COLUMNS = "code, name, kind, currency, price, lowest_tier, valid_from, valid_until, voucher_days"
FIND = f"SELECT {COLUMNS} FROM prize WHERE code = $1"  # noqa: S608 -- the columns are ours
LIST = f"""
SELECT {COLUMNS}, total, reserved, committed
FROM prize JOIN stock ON stock.pool = 'prize:' || prize.code
WHERE code > $1 ORDER BY code LIMIT $2
"""  # noqa: S608 -- the same
ADDED_ONE = "INSERT 0 1"


async def add_prize(unit: UnitOfWork, prize: Prize, *, at: datetime) -> bool:
    """Whether it is new; a prize whose code stands is left as it is."""
    status = await unit.driver.execute(
        ADD,
        prize.code,
        prize.name,
        prize.kind,
        prize.currency,
        prize.price,
        prize.lowest_tier,
        prize.valid_from,
        prize.valid_until,
        prize.voucher_days,
        at,
    )
    return status == ADDED_ONE


async def find_prize(unit: UnitOfWork, code: str) -> Prize | None:
    """The prize, if the catalogue has it."""
    row = await unit.driver.fetchrow(FIND, code)
    return _prize(row) if row is not None else None


async def list_prizes(unit: UnitOfWork, *, after: str, limit: int) -> list[tuple[Prize, Stock]]:
    """Prizes by code with their stock, those after the code ``after``."""
    rows = await unit.driver.fetch(LIST, after, limit)
    return [
        (_prize(row), Stock(total=row["total"], reserved=row["reserved"], committed=row["committed"])) for row in rows
    ]


def _prize(row: asyncpg.Record) -> Prize:
    return Prize(
        code=row["code"],
        name=row["name"],
        kind=PrizeKind(row["kind"]),
        currency=row["currency"],
        price=row["price"],
        lowest_tier=MemberTier(row["lowest_tier"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        voucher_days=row["voucher_days"],
    )
