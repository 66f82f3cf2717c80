"""Keeps holds and what they keep of a balance, always in one statement; it must not decide anything."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import AccountKind, AccountName
from svc_reward.domain.hold import Hold, HoldState

_COLUMNS = """
hold.id, hold.amount, hold.captured, hold.captures, hold.state, hold.made_at, hold.expires_at,
account.kind, account.owner, account.currency
"""
FIND = f"SELECT {_COLUMNS} FROM hold JOIN account ON account.number = hold.account WHERE hold.id = $1"  # noqa: S608 -- the columns are ours
LOCK = f"{FIND} FOR NO KEY UPDATE OF hold"

ADD = """
WITH kept AS (
    UPDATE balance SET held = held + $3 WHERE account = $2
)
INSERT INTO hold (id, account, amount, captured, captures, state, made_at, expires_at)
VALUES ($1, $2, $3, 0, 0, $4, $5, $6)
"""

CHANGE = """
WITH released AS (
    UPDATE balance SET held = held - $5 FROM hold WHERE hold.id = $1 AND balance.account = hold.account
)
UPDATE hold SET state = $2, captured = $3, captures = $4 WHERE id = $1
"""

# Who else works on a hold that is due ends it; nobody waits.
DUE = """
SELECT id, account FROM hold
WHERE expires_at <= $1 AND state IN ('held', 'partly_captured')
ORDER BY expires_at, id LIMIT $2
FOR NO KEY UPDATE SKIP LOCKED
"""

# In the order in which postings lock accounts.
LOCK_ACCOUNTS = "SELECT FROM balance WHERE account = ANY($1::bigint[]) ORDER BY account FOR NO KEY UPDATE"

END_DUE = """
WITH ended AS (
    UPDATE hold SET state = $2 WHERE id = ANY($1::text[]) RETURNING account, amount - captured AS remaining
)
UPDATE balance SET held = held - freed.amount
FROM (SELECT account, sum(remaining) AS amount FROM ended GROUP BY account) AS freed
WHERE balance.account = freed.account
"""


async def find_hold(unit: UnitOfWork, hold_id: str) -> Hold | None:
    """The hold, if it stands."""
    row = await unit.driver.fetchrow(FIND, hold_id)
    return _hold(row) if row is not None else None


async def lock_hold(unit: UnitOfWork, hold_id: str) -> Hold | None:
    """The same, kept from all others until the transaction ends."""
    row = await unit.driver.fetchrow(LOCK, hold_id)
    return _hold(row) if row is not None else None


async def add_hold(unit: UnitOfWork, hold: Hold, *, account: int) -> None:
    """Adds a hold on the account of that number, which must be locked in this transaction."""
    await unit.driver.execute(ADD, hold.id, account, hold.amount, str(hold.state), hold.made_at, hold.expires_at)


async def change_hold(unit: UnitOfWork, before: Hold, after: Hold) -> None:
    """Keeps what became of a hold; it and its account must be locked in this transaction."""
    released = before.remaining - after.remaining
    await unit.driver.execute(CHANGE, after.id, str(after.state), after.captured, after.captures, released)


async def lock_due(unit: UnitOfWork, *, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Open holds whose time is over, with the number of their account, kept from all others."""
    return [(row["id"], row["account"]) for row in await unit.driver.fetch(DUE, now, limit)]


async def time_out_all(unit: UnitOfWork, due: Sequence[tuple[str, int]]) -> None:
    """Ends them and frees what they kept."""
    await unit.driver.execute(LOCK_ACCOUNTS, sorted({account for _, account in due}))
    await unit.driver.execute(END_DUE, [hold_id for hold_id, _ in due], str(HoldState.TIMED_OUT))


def _hold(row: asyncpg.Record) -> Hold:
    return Hold(
        id=row["id"],
        account=AccountName(kind=AccountKind(row["kind"]), owner=row["owner"], currency=row["currency"]),
        amount=row["amount"],
        made_at=row["made_at"],
        expires_at=row["expires_at"],
        state=HoldState(row["state"]),
        captured=row["captured"],
        captures=row["captures"],
    )
