"""Keeps settlement runs and what they gathered; it must not decide who may move one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.settlement import Settlement, SettlementItem, SettlementState

# Two runs gather one after the other: what the first took is not there for the second.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('settlement', 0))"
GATHER = """
WITH due AS (
    SELECT affiliate_id FROM commission_line
    WHERE state = 'locked' AND settlement IS NULL AND due_at < $2
    GROUP BY affiliate_id HAVING sum(amount_fen) >= greatest($3::bigint, 1)
), taken AS (
    UPDATE commission_line SET settlement = $1 FROM due
    WHERE commission_line.affiliate_id = due.affiliate_id
      AND commission_line.state = 'locked' AND commission_line.settlement IS NULL AND commission_line.due_at < $2
    RETURNING commission_line.affiliate_id, commission_line.amount_fen
)
SELECT affiliate.id, affiliate.kind, count(*) AS lines,
       coalesce(sum(taken.amount_fen) FILTER (WHERE taken.amount_fen > 0), 0)::bigint AS gross_fen,
       coalesce(-sum(taken.amount_fen) FILTER (WHERE taken.amount_fen < 0), 0)::bigint AS deducted_fen
FROM taken JOIN affiliate ON affiliate.id = taken.affiliate_id
GROUP BY affiliate.id ORDER BY affiliate.id
"""
INSERT = """
INSERT INTO settlement (id, period, state, minimum_fen, affiliates, lines, gross_fen, deducted_fen, file_sha256,
                        made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
FIND = "SELECT * FROM settlement WHERE id = $1"
LOCK = "SELECT * FROM settlement WHERE id = $1 FOR NO KEY UPDATE"
CHECK = "UPDATE settlement SET state = $2, checked_by = $3, checked_at = $4 WHERE id = $1"
PAY = "UPDATE settlement SET state = 'paid', paid_by = $2, paid_at = $3 WHERE id = $1"
RELEASE = "UPDATE commission_line SET settlement = NULL WHERE settlement = $1 AND affiliate_id = ANY($2::text[])"
ITEMS = """
SELECT affiliate_id, kind, lines, gross_fen, deducted_fen FROM settlement_item WHERE settlement = $1
ORDER BY affiliate_id COLLATE "C"
"""


async def gather(unit: UnitOfWork, settlement_id: UUID, *, before: datetime, minimum_fen: int) -> list[SettlementItem]:
    """Takes all that is locked, due and in no run, of affiliates who reach the minimum; no line is taken twice."""
    await unit.driver.execute(ONE_AT_A_TIME)
    rows = await unit.driver.fetch(GATHER, settlement_id, before, minimum_fen)
    return [
        SettlementItem(
            affiliate_id=row["id"],
            kind=AffiliateKind(row["kind"]),
            lines=row["lines"],
            gross_fen=row["gross_fen"],
            deducted_fen=row["deducted_fen"],
        )
        for row in rows
    ]


async def insert_settlement(unit: UnitOfWork, settlement: Settlement, items: Sequence[SettlementItem]) -> None:
    """Keeps a new run with its items."""
    await unit.driver.execute(
        INSERT,
        settlement.id,
        settlement.period,
        str(settlement.state),
        settlement.minimum_fen,
        settlement.affiliates,
        settlement.lines,
        settlement.gross_fen,
        settlement.deducted_fen,
        settlement.file_sha256,
        settlement.made_by,
        settlement.made_at,
    )
    records = [
        (settlement.id, item.affiliate_id, str(item.kind), item.lines, item.gross_fen, item.deducted_fen)
        for item in items
    ]
    columns = ("settlement", "affiliate_id", "kind", "lines", "gross_fen", "deducted_fen")
    await unit.driver.copy_records_to_table("settlement_item", records=records, columns=columns)


async def find_settlement(unit: UnitOfWork, settlement_id: UUID, *, for_change: bool = False) -> Settlement | None:
    """The run of that id, with ``for_change`` held until the transaction ends."""
    row = await unit.driver.fetchrow(LOCK if for_change else FIND, settlement_id)
    return None if row is None else _to_settlement(row)


async def check_settlement(
    unit: UnitOfWork, settlement_id: UUID, *, state: SettlementState, by: str, at: datetime
) -> None:
    """Writes who approved or rejected; the database refuses the maker."""
    await unit.driver.execute(CHECK, settlement_id, str(state), by, at)


async def pay_settlement(unit: UnitOfWork, settlement_id: UUID, *, by: str, at: datetime) -> None:
    """Writes that the run's file was paid."""
    await unit.driver.execute(PAY, settlement_id, by, at)


async def release_lines(unit: UnitOfWork, settlement_id: UUID, affiliate_ids: Sequence[str]) -> None:
    """Gives a rejected run's lines back for a later run."""
    await unit.driver.execute(RELEASE, settlement_id, affiliate_ids)


async def list_items(unit: UnitOfWork, settlement_id: UUID) -> list[SettlementItem]:
    """What the run owes whom, in the order of the affiliates' ids."""
    return [
        SettlementItem(**(dict(row) | {"kind": AffiliateKind(row["kind"])}))
        for row in await unit.driver.fetch(ITEMS, settlement_id)
    ]


def _to_settlement(row: asyncpg.Record) -> Settlement:
    values = dict(row) | {
        "id": UUID(str(row["id"])),
        "state": SettlementState(row["state"]),
        "checked_by": row["checked_by"] or "",
        "paid_by": row["paid_by"] or "",
    }
    return Settlement(**values)
