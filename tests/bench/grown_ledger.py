"""A ledger as long use leaves it, written by a few statements instead of a million bookings; for benchmarks only.

What it writes is what bookings would have written: whoever uses it has the ledger's own look-over prove that.
"""

from datetime import datetime

from carillon_chassis.database import Database
from svc_reward.store.soundness import find_unsound

# Each transfer gives one point to the next of the subscribers, a second after the one before.
STATEMENTS = (
    # The triggers would prove every row again, which is not what is measured.
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL statement_timeout = 0",
    """
    INSERT INTO account (kind, owner, currency, opened_at)
    SELECT 'issuance', 'operator', 'seeds', timestamptz '{began}'
    UNION ALL
    SELECT 'subscriber', number::text, 'seeds', timestamptz '{began}' FROM generate_series(1, {subscribers}) AS number
    """,
    """
    INSERT INTO transfer (number, id, digest, currency, legs, reason, booked_at)
    SELECT number, 'grown:' || number, sha256('grown'), 'seeds', 2, 'grown', timestamptz '{began}' + number * interval '1 s'
    FROM generate_series(1, {transfers}) AS number
    """,
    """
    INSERT INTO entry (transfer, leg, account, sequence, amount, balance_after, booked_at)
    SELECT transfer.number, 1, account.number, transfer.number, -1, -transfer.number, transfer.booked_at
    FROM transfer, account WHERE account.kind = 'issuance'
    """,
    """
    INSERT INTO entry (transfer, leg, account, sequence, amount, balance_after, booked_at)
    SELECT transfer.number, 2, account.number, place, 1, place, transfer.booked_at
    FROM transfer
    JOIN account ON account.kind = 'subscriber' AND account.owner = ((transfer.number - 1) % {subscribers} + 1)::text
    CROSS JOIN LATERAL (SELECT (transfer.number - 1) / {subscribers} + 1 AS place) AS counted
    """,
    """
    INSERT INTO balance (account, minimum, amount, entries, as_of, held, funded, told, lots)
    SELECT account.number, CASE WHEN account.kind = 'subscriber' THEN 0 END, summed.amount, summed.entries, summed.as_of,
           0, 0, 0, CASE WHEN {with_lots} AND account.kind = 'subscriber' THEN summed.amount ELSE 0 END
    FROM account
    JOIN (SELECT account, sum(amount) AS amount, count(*) AS entries, max(booked_at) AS as_of FROM entry GROUP BY account)
        AS summed ON summed.account = account.number
    """,
    """
    INSERT INTO lot (account, transfer, amount, remaining, expires_at)
    SELECT entry.account, entry.transfer, 1, 1, entry.booked_at + interval '30 days'
    FROM entry WHERE {with_lots} AND entry.leg = 2 ORDER BY entry.transfer
    """,
    "SELECT setval('transfer_number', {transfers})",
)


async def grow(owned: Database, *, transfers: int, subscribers: int, began: datetime, with_lots: bool) -> None:
    """So many transfers of one point from issuance, one after the other to each subscriber, a lot of 30 days each if so.

    ``owned`` is an empty ledger as its owner sees it. Raises RuntimeError when the ledger finds fault with it.
    """
    values = {"transfers": transfers, "subscribers": subscribers, "began": began.isoformat(), "with_lots": with_lots}
    async with owned.unit_of_work() as unit:
        for statement in STATEMENTS:
            await unit.driver.execute(statement.format(**values))
    async with owned.unit_of_work() as unit:
        await unit.driver.execute("ANALYZE")
    async with owned.read() as unit:
        fault = await find_unsound(unit)
    if fault is not None:
        raise RuntimeError(f"the grown ledger is not sound: {fault}")
