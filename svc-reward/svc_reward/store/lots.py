"""Keeps lots and what is in lots of a balance, always in one statement; it must not decide anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import AccountKind, AccountName
from svc_reward.domain.lot import Lot, LotChanges, LotUse

OPEN = """
SELECT id, account, transfer, amount, remaining, expires_at FROM lot WHERE account = ANY($1::bigint[]) AND remaining > 0
UNION
SELECT id, account, transfer, amount, remaining, expires_at FROM lot WHERE id = ANY($2::bigint[]) AND remaining > 0
"""

KEEP = """
WITH made AS (
    INSERT INTO lot (account, transfer, amount, remaining, expires_at)
    SELECT account, transfer, amount, remaining, expires_at
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])
        AS new (account, transfer, amount, remaining, expires_at)
), taken AS (
    UPDATE lot SET remaining = new.remaining
    FROM unnest($6::bigint[], $7::bigint[]) AS new (id, remaining) WHERE lot.id = new.id
), used AS (
    INSERT INTO lot_use (transfer, account, expires_at, amount)
    SELECT transfer, account, expires_at, amount
    FROM unnest($10::bigint[], $11::bigint[], $12::timestamptz[], $13::bigint[])
        AS new (transfer, account, expires_at, amount)
)
UPDATE balance SET lots = new.lots FROM unnest($8::bigint[], $9::bigint[]) AS new (account, lots)
WHERE balance.account = new.account
"""

USES = "SELECT transfer, account, expires_at, amount FROM lot_use WHERE transfer = ANY($1::bigint[])"

DUE = """
SELECT lot.id, lot.remaining, lot.expires_at, account.kind, account.owner, account.currency
FROM lot JOIN account ON account.number = lot.account
WHERE lot.remaining > 0 AND lot.expires_at <= $1 AND (lot.expires_at, lot.id) > ($2, $3)
ORDER BY lot.expires_at, lot.id LIMIT $4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLot:
    """A lot whose time is over, and what was left of it when it was looked for."""

    id: int
    account: AccountName
    remaining: int
    expires_at: datetime


async def list_open_lots(unit: UnitOfWork, accounts: Sequence[int], lots: Sequence[int]) -> list[Lot]:
    """Every lot of the accounts, and the lots of those ids, with something left; their accounts must be locked."""
    return [Lot(**row) for row in await unit.driver.fetch(OPEN, accounts, lots)]


async def keep_lots(unit: UnitOfWork, changes: LotChanges) -> None:
    """Keeps what became of lots; their accounts must be locked in this transaction."""
    await unit.driver.execute(
        KEEP,
        [lot.account for lot in changes.made],
        [lot.transfer for lot in changes.made],
        [lot.amount for lot in changes.made],
        [lot.remaining for lot in changes.made],
        [lot.expires_at for lot in changes.made],
        [lot.id for lot in changes.taken],
        [lot.remaining for lot in changes.taken],
        list(changes.totals),
        list(changes.totals.values()),
        [use.transfer for use in changes.uses],
        [use.account for use in changes.uses],
        [use.expires_at for use in changes.uses],
        [use.amount for use in changes.uses],
    )


async def list_uses(unit: UnitOfWork, transfers: Sequence[int]) -> list[LotUse]:
    """What these transfers took out of lots."""
    return [LotUse(*row) for row in await unit.driver.fetch(USES, transfers)]


async def list_due_lots(unit: UnitOfWork, *, now: datetime, after: tuple[datetime, int], limit: int) -> list[DueLot]:
    """At most ``limit`` lots that expired behind that place, in the order in which they did."""
    return [
        DueLot(
            id=row["id"],
            account=AccountName(kind=AccountKind(row["kind"]), owner=row["owner"], currency=row["currency"]),
            remaining=row["remaining"],
            expires_at=row["expires_at"],
        )
        for row in await unit.driver.fetch(DUE, now, *after, limit)
    ]
