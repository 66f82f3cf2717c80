"""Reads what was booked: a transfer's legs, statements, balances as of a moment; it must not read more than is asked.

No entry look-up needs an index beyond the two that keep entries unique: time never runs backwards on an account, so
``entries_as_of`` of migration 0002 halves its way along the sequence, twenty look-ups for a million entries.
"""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import AccountKind, AccountName
from svc_reward.domain.account_line import AccountLine
from svc_reward.domain.balance import Balance
from svc_reward.domain.transfer import Leg, Transfer

LEGS = """
SELECT transfer.number, transfer.reason, account.kind, account.owner, account.currency, entry.amount
FROM transfer
JOIN entry ON entry.transfer = transfer.number
JOIN account ON account.number = entry.account
WHERE transfer.id = $1
ORDER BY entry.leg
"""

BALANCES = """
SELECT account.currency, coalesce(entry.balance_after, 0) AS amount
FROM account
LEFT JOIN entry ON entry.account = account.number AND entry.sequence = entries_as_of(account.number, $3)
WHERE account.kind = $1 AND account.owner = $2 AND account.opened_at <= $3
ORDER BY account.currency
"""

# Each account gives as many lines as the page has at most; a page of few accounts reads few rows, however long they are.
LINES = """
SELECT line.transfer AS number, transfer.id AS transfer_id, account.currency, line.amount, line.balance_after,
       transfer.reason, line.booked_at
FROM account
CROSS JOIN LATERAL (
    SELECT entry.transfer, entry.amount, entry.balance_after, entry.booked_at
    FROM entry
    WHERE entry.account = account.number
      AND entry.sequence <= entries_as_of(account.number, $3)
      AND (entry.booked_at, entry.transfer) < ($3, $4)
    ORDER BY entry.sequence DESC
    LIMIT $5
) AS line
JOIN transfer ON transfer.number = line.transfer
WHERE account.kind = $1 AND account.owner = $2
ORDER BY line.booked_at DESC, line.transfer DESC
LIMIT $5
"""


async def find_transfer(unit: UnitOfWork, transfer_id: str) -> tuple[int, Transfer] | None:
    """The transfer as it was booked, and its number, if it was."""
    rows = await unit.driver.fetch(LEGS, transfer_id)
    if not rows:
        return None
    legs = tuple(
        Leg(
            account=AccountName(kind=AccountKind(row["kind"]), owner=row["owner"], currency=row["currency"]),
            amount=row["amount"],
        )
        for row in rows
    )
    return rows[0]["number"], Transfer(transfer_id=transfer_id, legs=legs, reason=rows[0]["reason"])


async def list_balances_as_of(unit: UnitOfWork, *, kind: AccountKind, owner: str, moment: datetime) -> list[Balance]:
    """What one owner held at the end of that moment, by currency; accounts opened later are left out."""
    rows = await unit.driver.fetch(BALANCES, str(kind), owner, moment)
    return [Balance(currency=row["currency"], amount=row["amount"]) for row in rows]


async def list_lines(
    unit: UnitOfWork, *, kind: AccountKind, owner: str, before: tuple[datetime, int], limit: int
) -> list[AccountLine]:
    """At most ``limit`` lines of one owner that stand before that place, newest first."""
    rows = await unit.driver.fetch(LINES, str(kind), owner, *before, limit)
    return [AccountLine(**row) for row in rows]
