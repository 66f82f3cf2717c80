"""Keeps commission lines: written by COPY, moved in whole batches; it must not decide anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.commission_pricing import PricedLine

COLUMNS = (
    "event",
    "affiliate_id",
    "kind",
    "service",
    "policy",
    "use_months",
    "amount_fen",
    "due_at",
    "locks_at",
    "month",
    "state",
)
# In the order of the index, so that a batch reads no more than it locks, however much has come due.
LOCK_DUE = """
WITH due AS (
    SELECT number FROM commission_line WHERE state = 'estimated' AND locks_at <= $1
    ORDER BY locks_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
), moved AS (
    UPDATE commission_line SET state = 'locked', lock_run = $2 FROM due
    WHERE commission_line.number = due.number AND commission_line.state = 'estimated'
    RETURNING commission_line.affiliate_id, commission_line.amount_fen
)
SELECT affiliate.id, affiliate.kind, count(*) AS lines, sum(moved.amount_fen)::bigint AS amount_fen
FROM moved JOIN affiliate ON affiliate.id = moved.affiliate_id
GROUP BY affiliate.id ORDER BY affiliate.id
"""
VOID_EVENT = "UPDATE commission_line SET state = 'void' WHERE event = $1 AND state = 'estimated'"
VOID_USAGE = """
UPDATE commission_line SET state = 'void'
FROM commission_event
WHERE commission_event.number = commission_line.event AND commission_line.event = ANY($1::bigint[])
  AND commission_line.state = 'estimated' AND commission_line.use_months > 0
  AND commission_event.occurred_at <= $2 AND $2 < commission_line.due_at
"""
# The unique reversal makes a second deduction of one line impossible, whoever asks.
DEDUCT = """
INSERT INTO commission_line (event, affiliate_id, kind, service, policy, use_months, amount_fen, due_at, locks_at,
                             month, state, reverses)
SELECT event, affiliate_id, kind, service, policy, use_months, -amount_fen, $2, $2, $3, 'locked', number
FROM commission_line AS standing
WHERE event = $1 AND state = 'locked' AND reverses IS NULL
  AND NOT EXISTS (SELECT FROM commission_line AS taken WHERE taken.reverses = standing.number)
ORDER BY number
RETURNING reverses, affiliate_id, amount_fen
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTotal:
    """What one affiliate's lines of a lock run sum to, in fen."""

    affiliate_id: str
    kind: AffiliateKind
    lines: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """A line that was taken back, and how many fen."""

    line: int
    affiliate_id: str
    amount_fen: int


async def insert_lines(unit: UnitOfWork, lines: Sequence[PricedLine]) -> None:
    """Keeps new lines, estimated."""
    records = [(*line, "estimated") for line in lines]
    await unit.driver.copy_records_to_table("commission_line", records=records, columns=COLUMNS)


async def draw_lock_run(unit: UnitOfWork) -> int:
    """The number of a new lock run."""
    return int(await unit.driver.fetchval("SELECT nextval('commission_lock_run')"))


async def lock_due_lines(unit: UnitOfWork, *, now: datetime, run: int, limit: int) -> list[LockedTotal]:
    """Locks lines whose holding days are over, and sums them by affiliate; what another run holds is left to it."""
    rows = await unit.driver.fetch(LOCK_DUE, now, run, limit)
    return [
        LockedTotal(
            affiliate_id=row["id"],
            kind=AffiliateKind(row["kind"]),
            lines=row["lines"],
            amount_fen=row["amount_fen"],
        )
        for row in rows
    ]


async def void_event_lines(unit: UnitOfWork, event: int) -> int:
    """Voids the event's lines that are not locked; answers how many those were."""
    return _count(await unit.driver.execute(VOID_EVENT, event))


async def void_unused_lines(unit: UnitOfWork, events: Sequence[int], *, ended_at: datetime) -> int:
    """Voids instalments that fall due after the use has ended; answers how many those were."""
    return _count(await unit.driver.execute(VOID_USAGE, events, ended_at))


async def deduct_event_lines(unit: UnitOfWork, event: int, *, now: datetime, month: str) -> list[Deduction]:
    """Writes a negative line against each of the event's locked lines that has none."""
    return [
        Deduction(line=row["reverses"], affiliate_id=row["affiliate_id"], amount_fen=-row["amount_fen"])
        for row in await unit.driver.fetch(DEDUCT, event, now, month)
    ]


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[1])
