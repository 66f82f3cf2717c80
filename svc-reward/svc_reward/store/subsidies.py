"""Keeps handset subsidies; it must not judge them."""

from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.subsidy import Subsidy

# The exclusion constraint is the judge of "one at a time": it waits for a rival that has not committed.
INSERT = """
INSERT INTO subsidy (id, subscriber_id, campaign_id, device, subsidy_fen, monthly_spend_fen, months, starts_at, ends_at,
    owed_fen, ended_by, end_reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', '') ON CONFLICT ON CONSTRAINT ex_subsidy_one_at_a_time DO NOTHING
RETURNING true
"""
LOCK = "SELECT * FROM subsidy WHERE id = $1 FOR NO KEY UPDATE"
END = "UPDATE subsidy SET ends_at = $2, owed_fen = $3, ended_by = $4, end_reason = $5 WHERE id = $1"
LIST = "SELECT * FROM subsidy WHERE subscriber_id = $1 ORDER BY starts_at DESC, id DESC LIMIT $2"


async def insert_subsidy(unit: UnitOfWork, subsidy: Subsidy) -> bool:
    """Whether it could be kept; False when the subscriber has another in that time."""
    kept = await unit.driver.fetchval(
        INSERT,
        subsidy.id,
        subsidy.subscriber_id,
        subsidy.campaign_id,
        subsidy.device,
        subsidy.subsidy_fen,
        subsidy.monthly_spend_fen,
        subsidy.months,
        subsidy.starts_at,
        subsidy.ends_at,
    )
    return kept is not None


async def lock_subsidy(unit: UnitOfWork, subsidy_id: UUID) -> Subsidy | None:
    """The subsidy of that id, held until the transaction ends."""
    row = await unit.driver.fetchrow(LOCK, subsidy_id)
    return None if row is None else _to_subsidy(row)


async def keep_end(unit: UnitOfWork, subsidy: Subsidy) -> None:
    """Writes that it was ended early."""
    await unit.driver.execute(END, subsidy.id, subsidy.ends_at, subsidy.owed_fen, subsidy.ended_by, subsidy.end_reason)


async def list_subsidies(unit: UnitOfWork, subscriber_id: int, *, limit: int) -> list[Subsidy]:
    """A subscriber's, the latest first."""
    return [_to_subsidy(row) for row in await unit.driver.fetch(LIST, subscriber_id, limit)]


def _to_subsidy(row: asyncpg.Record) -> Subsidy:
    return Subsidy(**{**row, "id": UUID(str(row["id"]))})
