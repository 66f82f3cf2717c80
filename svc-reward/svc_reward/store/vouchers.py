"""Keeps vouchers and finds them; it must not decide what may become of one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.voucher import Voucher, VoucherState

ADD = """
INSERT INTO voucher (id, code, redemption_id, subscriber_id, prize, state, issued_at, expires_at, merchant)
SELECT id, code, $3, $4, $5, 'issued', $6, $7, '' FROM unnest($1::uuid[], $2::text[]) AS new (id, code)
"""
COLUMNS = "id, code, redemption_id, prize, state, issued_at, expires_at, shown_at, redeemed_at, merchant"
FIND = f"SELECT {COLUMNS} FROM voucher WHERE id = $1"  # noqa: S608 -- the columns are ours
FIND_CODE = f"SELECT {COLUMNS} FROM voucher WHERE code = $1"  # noqa: S608 -- the same
LOCK_ALL = f"SELECT {COLUMNS} FROM voucher WHERE redemption_id = $1 ORDER BY id FOR NO KEY UPDATE"  # noqa: S608 -- the same
LIST = f"SELECT {COLUMNS} FROM voucher WHERE subscriber_id = $1 AND id > $2 ORDER BY id LIMIT $3"  # noqa: S608 -- the same
KEEP = "UPDATE voucher SET state = $2, shown_at = $3, redeemed_at = $4, merchant = $5 WHERE id = $1"
DUE = """
SELECT DISTINCT redemption_id FROM (
    SELECT redemption_id FROM voucher WHERE state IN ('issued', 'shown') AND expires_at <= $1 ORDER BY expires_at LIMIT $2
) AS due
ORDER BY redemption_id
"""
EXPIRE = """
UPDATE voucher SET state = 'expired' WHERE redemption_id = $1 AND state IN ('issued', 'shown') AND expires_at <= $2
"""
COUNT_LIVE = "SELECT count(*) FROM voucher WHERE redemption_id = $1 AND state IN ('issued', 'shown')"


async def add_vouchers(unit: UnitOfWork, vouchers: Sequence[Voucher], *, subscriber_id: int) -> None:
    """New ones of one redemption."""
    first = vouchers[0]
    await unit.driver.execute(
        ADD,
        [voucher.id for voucher in vouchers],
        [voucher.code for voucher in vouchers],
        first.redemption_id,
        subscriber_id,
        first.prize,
        first.issued_at,
        first.expires_at,
    )


async def find_voucher(unit: UnitOfWork, voucher_id: UUID) -> Voucher | None:
    """The voucher, if there is one."""
    row = await unit.driver.fetchrow(FIND, voucher_id)
    return _voucher(row) if row is not None else None


async def find_voucher_by_code(unit: UnitOfWork, code: str) -> Voucher | None:
    """The voucher that was issued with this code."""
    row = await unit.driver.fetchrow(FIND_CODE, code)
    return _voucher(row) if row is not None else None


async def lock_vouchers(unit: UnitOfWork, redemption_id: UUID) -> list[Voucher]:
    """All vouchers of a redemption, held until the transaction ends; the redemption must be locked before."""
    return [_voucher(row) for row in await unit.driver.fetch(LOCK_ALL, redemption_id)]


async def list_vouchers(unit: UnitOfWork, subscriber_id: int, *, after: UUID, limit: int) -> list[Voucher]:
    """A subscriber's vouchers in the order of their issue, those after ``after``."""
    return [_voucher(row) for row in await unit.driver.fetch(LIST, subscriber_id, after, limit)]


async def keep_voucher(unit: UnitOfWork, voucher: Voucher) -> None:
    """Writes where it stands now; its row must be locked in this transaction."""
    await unit.driver.execute(KEEP, voucher.id, voucher.state, voucher.shown_at, voucher.redeemed_at, voucher.merchant)


async def find_redemptions_due(unit: UnitOfWork, *, at: datetime, limit: int) -> list[UUID]:
    """Redemptions with vouchers that were good until now, those of ``limit`` vouchers at most, in order."""
    return [UUID(str(row["redemption_id"])) for row in await unit.driver.fetch(DUE, at, limit)]


async def expire_vouchers(unit: UnitOfWork, redemption_id: UUID, *, at: datetime) -> None:
    """Ends those vouchers of a locked redemption that were good until now."""
    await unit.driver.execute(EXPIRE, redemption_id, at)


async def count_live(unit: UnitOfWork, redemption_id: UUID) -> int:
    """How many vouchers of a redemption may still be taken."""
    count: int = await unit.driver.fetchval(COUNT_LIVE, redemption_id)
    return count


def _voucher(row: asyncpg.Record) -> Voucher:
    return Voucher(
        id=UUID(str(row["id"])),
        code=row["code"],
        redemption_id=UUID(str(row["redemption_id"])),
        prize=row["prize"],
        state=VoucherState(row["state"]),
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        shown_at=row["shown_at"],
        redeemed_at=row["redeemed_at"],
        merchant=row["merchant"],
    )
