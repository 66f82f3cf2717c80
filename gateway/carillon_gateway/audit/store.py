"""Appends to the audit log and reads it back; it must never change or drop an entry."""

from collections.abc import Sequence
from typing import Any

from carillon_chassis.database import UnitOfWork
from carillon_gateway.audit.chain import Entry, Head, LinkedEntry, link

COLUMNS = (
    "sequence", "at", "subject", "role", "branch", "action", "target", "outcome", "reason",
    "request_id", "trace_id", "previous_hash", "hash",
)  # fmt: skip
LOCK_HEAD = "SELECT sequence, hash FROM audit_head FOR UPDATE"
READ_HEAD = "SELECT sequence, hash FROM audit_head"
MOVE_HEAD = "UPDATE audit_head SET sequence = $1, hash = $2"
READ_PAGE = f"SELECT {', '.join(COLUMNS)} FROM audit_entry WHERE sequence > $1 ORDER BY sequence LIMIT $2"  # noqa: S608 -- constants only
# Enough that the trip costs little, small enough to stay far from memory limits.
PAGE_ROWS = 5000


async def append_entries(unit: UnitOfWork, entries: Sequence[Entry]) -> Head:
    """Chains the entries to the head, under its lock, and gives the new head."""
    row = await unit.driver.fetchrow(LOCK_HEAD)
    if row is None:
        raise RuntimeError("audit_head is empty: the migration puts its one row there")
    linked = list(link(entries, Head(sequence=row["sequence"], hash=row["hash"])))
    await unit.driver.copy_records_to_table("audit_entry", records=[_record(item) for item in linked], columns=COLUMNS)
    await unit.driver.execute(MOVE_HEAD, linked[-1].sequence, linked[-1].hash)
    return Head(sequence=linked[-1].sequence, hash=linked[-1].hash)


async def read_head(unit: UnitOfWork) -> Head:
    """The chain's last place; the genesis where even the head's row was taken away."""
    row = await unit.driver.fetchrow(READ_HEAD)
    return Head() if row is None else Head(sequence=row["sequence"], hash=row["hash"])


async def read_page(unit: UnitOfWork, *, after: int) -> list[LinkedEntry]:
    """The next entries after that sequence, in order, at most PAGE_ROWS."""
    return [_linked(dict(row)) for row in await unit.driver.fetch(READ_PAGE, after, PAGE_ROWS)]


def _linked(row: dict[str, Any]) -> LinkedEntry:
    sequence, previous, sealed = (row.pop(name) for name in ("sequence", "previous_hash", "hash"))
    return LinkedEntry(sequence=sequence, entry=Entry(**row), previous_hash=previous, hash=sealed)


def _record(linked: LinkedEntry) -> tuple[object, ...]:
    entry = linked.entry
    return (
        linked.sequence, entry.at, entry.subject, entry.role, entry.branch, entry.action, entry.target,
        entry.outcome, entry.reason, entry.request_id, entry.trace_id, linked.previous_hash, linked.hash,
    )  # fmt: skip
