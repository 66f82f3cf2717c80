"""Says which file holds the subscribers and swaps it whole; it must not touch the files."""

import uuid

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.segment import Base

# Held by whoever swaps, to the end of the transaction; any number that is ours alone.
SWAP_LOCK = 0x5E6_0002
NEWEST = "SELECT version, file, as_of, subscribers FROM base ORDER BY version DESC LIMIT 1"
INSERT = "INSERT INTO base (version, snapshot_id, file, as_of, subscribers) VALUES ($1, $2, $3, $4, $5)"


async def read_base(unit: UnitOfWork) -> Base | None:
    """The current version, None before the first snapshot."""
    row = await unit.driver.fetchrow(NEWEST)
    return Base(**dict(row)) if row else None


async def lock_base(unit: UnitOfWork) -> Base | None:
    """The current version, which nobody else swaps until the transaction ends."""
    await unit.driver.execute("SELECT pg_advisory_xact_lock($1)", SWAP_LOCK)
    return await read_base(unit)


async def hold_base(unit: UnitOfWork) -> None:
    """Keeps the current version current until the transaction ends; others may hold it too."""
    await unit.driver.execute("SELECT pg_advisory_xact_lock_shared($1)", SWAP_LOCK)


async def save_base(unit: UnitOfWork, base: Base, snapshot_id: uuid.UUID) -> None:
    """Makes a version the current one."""
    await unit.driver.execute(INSERT, base.version, snapshot_id, base.file, base.as_of, base.subscribers)
