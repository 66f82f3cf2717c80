"""Finds and books transfers, whole batches at a time; it must not decide anything."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.posting import Booked, Decision, Standing
from svc_reward.store.columns import numbers, texts

# Read after the accounts are locked: whoever booked the same legs before has committed by then. A number is drawn for
# each, whether it will be booked or not; a gap means nothing. The last row has the numbers.
FIND = """
SELECT id, number, digest, NULL::bigint[] AS drawn FROM transfer WHERE id = ANY(string_to_array($1, E'\\n'))
UNION ALL
SELECT NULL, NULL, NULL, ARRAY(SELECT nextval('transfer_number') FROM generate_series(1, $2::int))
"""

# One statement, so that the proof at its end sees transfers and entries together; the proof itself moves the balances.
# The ids go in sorted: two callers with the same ids wait for each other and never in a ring. The digests are one
# block, 32 bytes each.
BOOK = """
WITH booked AS (
    INSERT INTO transfer (number, id, digest, currency, legs, reason, booked_at)
    SELECT number, id, substring($4::bytea FROM (place * 32 - 31)::int FOR 32), currency, legs, reason, $1
    FROM unnest($2::text::bigint[], string_to_array($3, E'\\n'), string_to_array($5, E'\\n'), $6::text::smallint[],
                string_to_array($7, E'\\n')) WITH ORDINALITY AS new (number, id, currency, legs, reason, place)
    ORDER BY id
)
INSERT INTO entry (transfer, leg, account, sequence, amount, balance_after, booked_at)
SELECT transfer, leg, account, sequence, amount, balance_after, $1
FROM unnest($8::text::bigint[], $9::text::smallint[], $10::text::bigint[], $11::text::bigint[], $12::text::bigint[],
            $13::text::bigint[]) AS new (transfer, leg, account, sequence, amount, balance_after)
"""

TELL = """
UPDATE balance SET funded = new.funded, told = new.told
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[]) AS new (account, funded, told)
WHERE balance.account = new.account
"""


async def find_booked(unit: UnitOfWork, transfer_ids: Sequence[str]) -> tuple[dict[str, Booked], list[int]]:
    """Those of the transfers that stand already, and a new number for each that may be booked now, ascending."""
    *rows, last = await unit.driver.fetch(FIND, texts(transfer_ids), len(transfer_ids))
    return {row["id"]: Booked(row["number"], row["digest"]) for row in rows}, sorted(last["drawn"])


async def book(unit: UnitOfWork, decision: Decision) -> None:
    """Writes transfers and entries, which moves the balances. Their accounts must be locked in this transaction."""
    booked = decision.transfers
    transfers = [new.transfer for new in booked]
    await unit.driver.execute(
        BOOK,
        decision.booked_at,
        numbers([new.number for new in booked]),
        texts([transfer.transfer_id for transfer in transfers]),
        b"".join([transfer.digest for transfer in transfers]),
        texts([transfer.legs[0].account.currency for transfer in transfers]),
        numbers([len(transfer.legs) for transfer in transfers]),
        texts([transfer.reason for transfer in transfers]),
        *map(numbers, zip(*decision.entries, strict=True)),
    )


async def keep_levels(unit: UnitOfWork, budgets: Sequence[Standing]) -> None:
    """Keeps what budgets were given and what was told of them; they must be locked in this transaction."""
    await unit.driver.execute(
        TELL, [one.account for one in budgets], [one.funded for one in budgets], [one.told for one in budgets]
    )
