"""Says which file holds each month of usage and what its measures mean; it must not touch the files."""

import uuid
from collections.abc import Iterable
from datetime import date

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.attributes import Attribute
from svc_segment.domain.usage_month import UsageMonth

# Held by whoever brings a month in, so that two files of one month come one after the other; any number of ours.
USAGE_LOCK = 0x5E6_0003
STANDING = "SELECT month, version, file, rows, complete, as_of FROM usage_month WHERE month = $1"
COMPLETE = "SELECT EXISTS (SELECT FROM usage_month WHERE month = $1 AND complete)"
SAVE = """
INSERT INTO usage_month (month, version, file, rows, complete, as_of, snapshot_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (month) DO UPDATE SET version = excluded.version, file = excluded.file, rows = excluded.rows,
    complete = excluded.complete, as_of = excluded.as_of, snapshot_id = excluded.snapshot_id
"""
SAVE_MEASURE = """
INSERT INTO measure (name, type, unit, description) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET unit = excluded.unit, description = excluded.description
"""


async def lock_usage(unit: UnitOfWork, month: date) -> UsageMonth | None:
    """The standing version of a month, which nobody else replaces until the transaction ends."""
    await unit.driver.execute("SELECT pg_advisory_xact_lock($1)", USAGE_LOCK)
    row = await unit.driver.fetchrow(STANDING, month)
    return UsageMonth(**dict(row)) if row else None


async def newest_month(unit: UnitOfWork) -> date | None:
    """The newest month that is loaded."""
    newest: date | None = await unit.driver.fetchval("SELECT max(month) FROM usage_month")
    return newest


async def usage_is_complete(unit: UnitOfWork, month: date) -> bool:
    """Whether a month is loaded to its end."""
    return bool(await unit.driver.fetchval(COMPLETE, month))


async def save_usage(unit: UnitOfWork, month: UsageMonth, snapshot_id: uuid.UUID) -> None:
    """Makes a version the month's current one."""
    await unit.driver.execute(
        SAVE, month.month, month.version, month.file, month.rows, month.complete, month.as_of, snapshot_id
    )


async def save_measures(unit: UnitOfWork, measures: Iterable[Attribute]) -> None:
    """Adds new measures and renews what is said of known ones; types were checked by the dictionary."""
    rows = [(one.name, one.type.value, one.unit, one.description) for one in measures]
    await unit.driver.executemany(SAVE_MEASURE, rows)
