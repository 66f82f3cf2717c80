"""Looks over the whole ledger for what does not fit together; it must not repair anything.

What a chain of hashes can't tell: transfers that nobody sealed, entries of no transfer, balances that are not those of
the last entries. Each statement is one snapshot, so a booking in between can't show as a fault.
"""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import KIND_RULES
from svc_reward.domain.chain import Fault

UNSEALED = """
SELECT transfer.number AS transfer, 0::bigint AS leg, 0::bigint AS account,
       'the transfer was never sealed, though all around it are' AS detail
FROM transfer, chain_head
WHERE transfer.number <= chain_head.floor
  AND NOT EXISTS (SELECT FROM chain_link WHERE chain_link.transfer = transfer.number)
ORDER BY transfer.number LIMIT 1
"""

UNEVEN = """
SELECT coalesce(transfer.number, summed.transfer) AS transfer, 0::bigint AS leg, 0::bigint AS account,
       'the entries are not the legs of a transfer, or do not sum to zero' AS detail
FROM (SELECT transfer, count(*) AS legs, sum(amount) AS total FROM entry GROUP BY transfer) AS summed
FULL JOIN transfer ON transfer.number = summed.transfer
WHERE transfer.number IS NULL OR summed.total <> 0 OR summed.legs IS DISTINCT FROM transfer.legs::bigint
ORDER BY 1 LIMIT 1
"""

JUMPING = """
SELECT transfer, leg::bigint, account, 'the balance after the entry is not the one before it and its amount' AS detail
FROM (SELECT transfer, leg, account, sequence, amount, balance_after,
             coalesce(lag(balance_after) OVER history, 0) AS before, coalesce(lag(sequence) OVER history, 0) AS place
      FROM entry WINDOW history AS (PARTITION BY account ORDER BY sequence)) AS entry
WHERE sequence <> place + 1 OR balance_after <> before + amount
ORDER BY account, sequence LIMIT 1
"""

STRAYED = """
SELECT 0::bigint AS transfer, 0::bigint AS leg, balance.account,
       'the balance is not that of its last entry, or its limit not that of its kind' AS detail
FROM balance
LEFT JOIN account ON account.number = balance.account
LEFT JOIN unnest($1::text[], $2::bigint[]) AS limits (kind, minimum) ON limits.kind = account.kind
LEFT JOIN LATERAL (
    SELECT sequence, balance_after, booked_at FROM entry
    WHERE entry.account = balance.account ORDER BY sequence DESC LIMIT 1
) AS latest ON true
WHERE balance.minimum IS DISTINCT FROM limits.minimum
   OR balance.amount <> coalesce(latest.balance_after, 0)
   OR balance.entries <> coalesce(latest.sequence, 0)
   OR balance.as_of IS DISTINCT FROM coalesce(latest.booked_at, account.opened_at)
ORDER BY balance.account LIMIT 1
"""

HELD = """
SELECT 0::bigint AS transfer, 0::bigint AS leg, balance.account,
       'what is held of the balance is not what its holds keep' AS detail
FROM balance
LEFT JOIN (
    SELECT account, sum(amount - captured) AS amount FROM hold
    WHERE state IN ('held', 'partly_captured') GROUP BY account
) AS kept ON kept.account = balance.account
WHERE balance.held <> coalesce(kept.amount, 0)
ORDER BY balance.account LIMIT 1
"""

EXPIRING = """
SELECT 0::bigint AS transfer, 0::bigint AS leg, balance.account,
       'what expires of the balance is not what is left of its lots' AS detail
FROM balance
LEFT JOIN (SELECT account, sum(remaining) AS amount FROM lot GROUP BY account) AS left_over
    ON left_over.account = balance.account
WHERE balance.lots <> coalesce(left_over.amount, 0)
ORDER BY balance.account LIMIT 1
"""


async def find_unsound(unit: UnitOfWork) -> Fault | None:
    """The first thing that does not fit, if any. It reads the whole ledger, seconds for millions of entries."""
    limits = [str(kind) for kind in KIND_RULES], [rule.minimum for rule in KIND_RULES.values()]
    for statement, parameters in (
        (UNSEALED, ()),
        (UNEVEN, ()),
        (JUMPING, ()),
        (STRAYED, limits),
        (HELD, ()),
        (EXPIRING, ()),
    ):
        row = await unit.driver.fetchrow(statement, *parameters)
        if row is not None:
            return Fault(**row)
    return None


async def count_unsealed(unit: UnitOfWork) -> int:
    """How many transfers wait for their link."""
    statement = """
        SELECT count(*) FROM transfer, chain_head
        WHERE transfer.number > chain_head.floor
          AND NOT EXISTS (SELECT FROM chain_link WHERE chain_link.transfer = transfer.number)
    """
    count: int = await unit.driver.fetchval(statement)
    return count
