"""Finds and books transfers, whole batches at a time; it must not decide anything."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.posting import Booked, Decision

# Read after the accounts are locked: whoever booked the same legs before has committed by then. A number is drawn for
# each, whether it will be booked or not; a gap means nothing.
FIND = """
SELECT wanted.id, transfer.number, transfer.digest, nextval('transfer_number') AS drawn
FROM unnest($1::text[]) AS wanted (id) LEFT JOIN transfer USING (id)
"""

# One statement, so that the proof at its end sees transfers, entries and balances together. The ids go in sorted:
# two callers with the same ids wait for each other and never in a ring.
BOOK = """
WITH booked AS (
    INSERT INTO transfer (number, id, digest, currency, legs, reason, booked_at)
    SELECT number, id, digest, currency, legs, reason, $1
    FROM unnest($2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::smallint[], $7::text[])
        AS new (number, id, digest, currency, legs, reason)
    ORDER BY id
), moved AS (
    UPDATE balance SET amount = new.amount, entries = new.entries, as_of = $1, funded = new.funded, told = new.told
    FROM unnest($8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::smallint[])
        AS new (account, amount, entries, funded, told)
    WHERE balance.account = new.account
)
INSERT INTO entry (transfer, leg, account, sequence, amount, balance_after, booked_at)
SELECT transfer, leg, account, sequence, amount, balance_after, $1
FROM unnest($13::bigint[], $14::smallint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[])
    AS new (transfer, leg, account, sequence, amount, balance_after)
"""


async def find_booked(unit: UnitOfWork, transfer_ids: Sequence[str]) -> tuple[dict[str, Booked], list[int]]:
    """Those of the transfers that stand already, and a new number for each that may be booked now, ascending."""
    rows = await unit.driver.fetch(FIND, transfer_ids)
    booked = {
        row["id"]: Booked(number=row["number"], digest=row["digest"]) for row in rows if row["number"] is not None
    }
    return booked, sorted(row["drawn"] for row in rows)


async def book(unit: UnitOfWork, decision: Decision) -> None:
    """Writes transfers, entries and balances. Their accounts must be locked in this transaction."""
    transfers, standings = decision.transfers, decision.standings
    await unit.driver.execute(
        BOOK,
        decision.booked_at,
        [new.number for new in transfers],
        [new.transfer.transfer_id for new in transfers],
        [new.digest for new in transfers],
        [new.transfer.currency for new in transfers],
        [len(new.transfer.legs) for new in transfers],
        [new.transfer.reason for new in transfers],
        [standing.account for standing in standings],
        [standing.balance for standing in standings],
        [standing.entries for standing in standings],
        [standing.funded for standing in standings],
        [standing.told for standing in standings],
        *zip(*decision.entries, strict=True),
    )
