"""Keeps what became of each month's work, a row a kind and month; it must not do the work."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.monthly import MonthlyRun, MonthlyState

MAKE = """
INSERT INTO monthly_run (kind, month, state, problem, changed_at) VALUES ($1, $2, 'waiting', '', $3)
ON CONFLICT DO NOTHING
"""
LOCK = """
SELECT kind, month, state, problem, run_id, changed_at FROM monthly_run WHERE kind = $1 AND month = $2 FOR UPDATE
"""
SAVE = """
UPDATE monthly_run SET state = $3, problem = $4, run_id = $5, changed_at = $6 WHERE kind = $1 AND month = $2
"""
NEWEST = """
SELECT kind, month, state, problem, run_id, changed_at FROM monthly_run ORDER BY month DESC, kind LIMIT $1
"""
REQUESTED = "SELECT EXISTS (SELECT FROM monthly_run WHERE kind = $1 AND month = $2 AND state = 'requested')"


async def lock_monthly_run(unit: UnitOfWork, kind: str, month: date, *, now: datetime) -> MonthlyRun:
    """A month's work, which no other process does until the transaction ends; waiting, where it is new."""
    await unit.driver.execute(MAKE, kind, month, now)
    return _to_run(await unit.driver.fetchrow(LOCK, kind, month))


async def was_requested(unit: UnitOfWork, kind: str, month: date) -> bool:
    """Whether a month's work was asked for already."""
    return bool(await unit.driver.fetchval(REQUESTED, kind, month))


async def save_monthly_run(unit: UnitOfWork, run: MonthlyRun) -> None:
    """Writes what became of it."""
    await unit.driver.execute(SAVE, run.kind, run.month, run.state.value, run.problem, run.run_id, run.changed_at)


async def list_monthly_runs(unit: UnitOfWork, limit: int) -> Sequence[MonthlyRun]:
    """The newest months first."""
    return [_to_run(row) for row in await unit.driver.fetch(NEWEST, limit)]


def _to_run(row: asyncpg.Record | None) -> MonthlyRun:
    if row is None:
        raise RuntimeError("the month's row was there a statement ago")
    return MonthlyRun(**{**dict(row), "state": MonthlyState(row["state"])})
