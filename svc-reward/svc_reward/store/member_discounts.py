"""Keeps partners' discounts and members' codes; it must not judge them."""

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.member_discount import Discount, MemberCode
from svc_reward.domain.membership import MemberTier

INSERT = """
INSERT INTO member_discount (merchant, name, percent_off, lowest_tier, valid_from, valid_to, made_by)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *
"""
LIST = "SELECT * FROM member_discount WHERE number > $1 ORDER BY number LIMIT $2"
OF_MERCHANT = "SELECT * FROM member_discount WHERE merchant = $1"
ADD_CODE = """
INSERT INTO member_code (code, subscriber_id, tier, issued_at, expires_at, merchant) VALUES ($1, $2, $3, $4, $5, '')
ON CONFLICT DO NOTHING RETURNING true
"""
LOCK_CODE = "SELECT * FROM member_code WHERE code = $1 FOR NO KEY UPDATE"
USE_CODE = "UPDATE member_code SET used_at = $2, merchant = $3, discount = $4 WHERE code = $1"


async def insert_discount(unit: UnitOfWork, discount: Discount) -> Discount:
    """Keeps it under a new number."""
    [row] = await unit.driver.fetch(
        INSERT,
        discount.merchant,
        discount.name,
        discount.percent_off,
        str(discount.lowest_tier),
        discount.valid_from,
        discount.valid_to,
        discount.made_by,
    )
    return _to_discount(row)


async def list_discounts(unit: UnitOfWork, *, after: int, limit: int) -> list[Discount]:
    """In the order of their numbers."""
    return [_to_discount(row) for row in await unit.driver.fetch(LIST, after, limit)]


async def merchant_discounts(unit: UnitOfWork, merchant: str) -> list[Discount]:
    """All that a merchant ever gave; a merchant has a handful."""
    return [_to_discount(row) for row in await unit.driver.fetch(OF_MERCHANT, merchant)]


async def add_code(unit: UnitOfWork, code: MemberCode) -> bool:
    """Whether the code is new."""
    return (
        await unit.driver.fetchval(
            ADD_CODE, code.code, code.subscriber_id, str(code.tier), code.issued_at, code.expires_at
        )
        is not None
    )


async def lock_code(unit: UnitOfWork, code: str) -> MemberCode | None:
    """The code, held until the transaction ends."""
    row = await unit.driver.fetchrow(LOCK_CODE, code)
    if row is None:
        return None
    return MemberCode(**{**row, "tier": MemberTier(row["tier"]), "discount": row["discount"] or 0})


async def keep_use(unit: UnitOfWork, code: MemberCode) -> None:
    """Writes where it was used."""
    await unit.driver.execute(USE_CODE, code.code, code.used_at, code.merchant, code.discount)


def _to_discount(row: asyncpg.Record) -> Discount:
    return Discount(**{**row, "lowest_tier": MemberTier(row["lowest_tier"])})
