"""Keeps claims on sales, whole batches at a time; it must not decide who gets one."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.claim import Claim, ClaimState
from svc_reward.domain.claiming import Attempt, ClaimDecision, Standing
from svc_reward.domain.stock import sale_pool

# Two look-ups by index, whatever the size of the batch: by person and by request.
STANDING = """
SELECT claim.id, claim.sale_id, claim.subscriber_id, claim.request_id
FROM unnest($1::uuid[], $2::bigint[]) AS wanted (sale_id, subscriber_id)
JOIN claim ON claim.sale_id = wanted.sale_id AND claim.subscriber_id = wanted.subscriber_id
WHERE claim.state <> 'released'
UNION
SELECT id, sale_id, subscriber_id, request_id FROM claim WHERE request_id = ANY($3::text[]) AND state <> 'released'
"""
# Claims and stock in one statement. Who was not seen when the batch looked, and yet stands, is a claim by a request
# that another batch on another sale is keeping at this moment: ON CONFLICT leaves it out, the count tells.
KEEP = """
WITH kept AS (
    INSERT INTO claim (id, sale_id, subscriber_id, request_id, state, claimed_at, hold_until, reference)
    SELECT id, sale_id, subscriber_id, request_id, 'held', $5, hold_until, ''
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $6::timestamptz[])
        AS new (id, sale_id, subscriber_id, request_id, hold_until)
    ORDER BY request_id
    ON CONFLICT DO NOTHING
    RETURNING sale_id
), promised AS (
    UPDATE stock SET reserved = reserved + taken.pieces
    FROM (SELECT 'sale:' || sale_id AS pool, count(*) AS pieces FROM kept GROUP BY sale_id) AS taken
    WHERE stock.pool = taken.pool AND total - reserved - committed >= taken.pieces
    RETURNING taken.pieces
)
SELECT (SELECT count(*) FROM kept) AS kept, (SELECT coalesce(sum(pieces), 0) FROM promised)::bigint AS promised
"""
FIND = """
SELECT id, sale_id, subscriber_id, request_id, state, claimed_at, hold_until, ended_at, reference
FROM claim WHERE id = $1
"""
END = "UPDATE claim SET state = $2, ended_at = $3, reference = $4 WHERE id = $1"
# Those that are being paid or released at this moment are somebody else's.
RELEASE_LAPSED = """
WITH lapsed AS (
    SELECT id FROM claim WHERE state = 'held' AND hold_until <= $1
    ORDER BY hold_until LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE claim SET state = 'released', ended_at = $1 FROM lapsed WHERE claim.id = lapsed.id
RETURNING claim.sale_id
"""
RETURN_STOCK = """
WITH locked AS (
    SELECT stock.pool, given.pieces
    FROM unnest($1::text[], $2::bigint[]) AS given (pool, pieces) JOIN stock ON stock.pool = given.pool
    ORDER BY stock.pool
    FOR NO KEY UPDATE OF stock
)
UPDATE stock SET reserved = reserved - locked.pieces FROM locked WHERE stock.pool = locked.pool
"""


async def find_standing(unit: UnitOfWork, attempts: Sequence[Attempt]) -> list[Standing]:
    """The claims that are held or paid, of these persons on these sales or under these request ids."""
    rows = await unit.driver.fetch(
        STANDING,
        [attempt.sale_id for attempt in attempts],
        [attempt.subscriber_id for attempt in attempts],
        [attempt.request_id for attempt in attempts],
    )
    return [Standing(*row) for row in rows]


async def keep_claims(unit: UnitOfWork, decision: ClaimDecision, *, at: datetime) -> bool:
    """Whether all new claims were kept and their stock promised; if not, nothing of this transaction may stand."""
    claims = decision.claims
    row = await unit.driver.fetchrow(
        KEEP,
        [claim.id for claim in claims],
        [claim.sale_id for claim in claims],
        [claim.subscriber_id for claim in claims],
        [claim.request_id for claim in claims],
        at,
        [claim.hold_until for claim in claims],
    )
    return row is not None and row["kept"] == row["promised"] == len(claims)


async def find_claim(unit: UnitOfWork, claim_id: UUID, *, lock: bool = False) -> Claim | None:
    """The claim, held until the transaction ends with ``lock``."""
    row = await unit.driver.fetchrow(f"{FIND} FOR NO KEY UPDATE" if lock else FIND, claim_id)
    return _claim(row) if row is not None else None


async def end_claim(unit: UnitOfWork, claim: Claim) -> None:
    """Writes how it ended; its row must be locked in this transaction."""
    await unit.driver.execute(END, claim.id, claim.state, claim.ended_at, claim.reference)


async def release_lapsed(unit: UnitOfWork, *, at: datetime, limit: int) -> int:
    """Releases at most ``limit`` claims that nobody paid in time and gives their pieces back; answers how many."""
    rows = await unit.driver.fetch(RELEASE_LAPSED, at, limit)
    if rows:
        pieces = Counter(sale_pool(row["sale_id"]) for row in rows)
        await unit.driver.execute(RETURN_STOCK, list(pieces), list(pieces.values()))
    return len(rows)


def _claim(row: asyncpg.Record) -> Claim:
    return Claim(
        id=UUID(str(row["id"])),
        sale_id=UUID(str(row["sale_id"])),
        subscriber_id=row["subscriber_id"],
        request_id=row["request_id"],
        state=ClaimState(row["state"]),
        claimed_at=row["claimed_at"],
        hold_until=row["hold_until"],
        ended_at=row["ended_at"],
        reference=row["reference"],
    )
