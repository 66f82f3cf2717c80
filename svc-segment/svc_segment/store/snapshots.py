"""Reads and writes snapshots and their rejects; it must not touch the files."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime

import asyncpg
from sqlalchemy.dialects.postgresql import insert

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.attributes import Attribute, AttributeType, Dimension
from svc_segment.domain.snapshot import Counts, Reject, RejectReason, Snapshot, SnapshotKind, SnapshotState
from svc_segment.store.tables import SnapshotRow

COLUMNS = """
id, state, kind, as_of, file_name, sha256, dictionary::text, row_count, accepted, rejected, rows_done, problem,
month, name, strangers, notice, list_kind
"""
FIND = f"SELECT {COLUMNS} FROM snapshot WHERE id = $1"  # noqa: S608 -- constants
SAME_FILE = f"""
SELECT {COLUMNS} FROM snapshot
WHERE sha256 = $1 AND kind = $2 AND name = $3 AND month IS NOT DISTINCT FROM $4 AND list_kind = $5
    AND state <> 'failed' AND NOT superseded
"""  # noqa: S608 -- constants
MOVE = """
UPDATE snapshot SET state = $2, row_count = $3, accepted = $4, rejected = $5, rows_done = $6, problem = $7,
    strangers = $8, notice = $9
WHERE id = $1
"""
SUPERSEDE = """
UPDATE snapshot SET superseded = true
WHERE kind = $2 AND name = $3 AND month IS NOT DISTINCT FROM $4 AND state = 'loaded' AND id <> $1 AND NOT superseded
"""
ADVANCE = "UPDATE snapshot SET rows_done = $2 WHERE id = $1"
REJECTS = """
SELECT row, field, reason, detail FROM reject WHERE snapshot_id = $1 AND row > $2 ORDER BY row LIMIT $3
"""


async def insert_snapshot(unit: UnitOfWork, snapshot: Snapshot, *, received_at: datetime) -> bool:
    """Books a file that was received; False when the same file stands already."""
    statement = (
        insert(SnapshotRow)
        .values(
            id=snapshot.id,
            state=snapshot.state.value,
            kind=snapshot.kind.value,
            month=snapshot.month,
            name=snapshot.name,
            as_of=snapshot.as_of,
            file_name=snapshot.file_name,
            sha256=snapshot.sha256,
            dictionary=[_to_json(attribute) for attribute in snapshot.dictionary],
            row_count=0,
            accepted=0,
            rejected=0,
            rows_done=0,
            problem="",
            list_kind=snapshot.list_kind,
            received_at=received_at,
        )
        .on_conflict_do_nothing()
    )
    return (await unit.connection.execute(statement)).rowcount == 1


async def find_snapshot(unit: UnitOfWork, snapshot_id: uuid.UUID) -> Snapshot | None:
    """A snapshot by its id."""
    return _found(await unit.driver.fetchrow(FIND, snapshot_id))


async def lock_snapshot(unit: UnitOfWork, snapshot_id: uuid.UUID) -> Snapshot | None:
    """A snapshot that nobody else moves until the transaction ends."""
    return _found(await unit.driver.fetchrow(FIND + " FOR UPDATE", snapshot_id))


async def find_same_file(unit: UnitOfWork, snapshot: Snapshot) -> Snapshot | None:
    """The standing snapshot of the same file for the same: kind, month and name."""
    keys = (snapshot.sha256, snapshot.kind.value, snapshot.name, snapshot.month, snapshot.list_kind)
    return _found(await unit.driver.fetchrow(SAME_FILE, *keys))


async def supersede_others(unit: UnitOfWork, snapshot: Snapshot) -> None:
    """Says that this one took the place of the earlier ones of its month or name, whose files may come again."""
    await unit.driver.execute(SUPERSEDE, snapshot.id, snapshot.kind.value, snapshot.name, snapshot.month)


async def save_state(unit: UnitOfWork, snapshot: Snapshot) -> None:
    """Writes state, counts and problem of a snapshot that was locked before."""
    counts = snapshot.counts
    await unit.driver.execute(
        MOVE,
        snapshot.id,
        snapshot.state.value,
        counts.rows,
        counts.accepted,
        counts.rejected,
        snapshot.rows_done,
        snapshot.problem,
        snapshot.strangers,
        snapshot.notice,
    )


async def save_progress(unit: UnitOfWork, snapshot_id: uuid.UUID, rows_done: int) -> None:
    """Writes how many rows are read."""
    await unit.driver.execute(ADVANCE, snapshot_id, rows_done)


async def save_rejects(unit: UnitOfWork, snapshot_id: uuid.UUID, rejects: Sequence[Reject]) -> None:
    """Writes the rejects of a snapshot by COPY."""
    await unit.driver.copy_records_to_table(
        "reject",
        records=((snapshot_id, one.row, one.field, one.reason.value, one.detail) for one in rejects),
        columns=["snapshot_id", "row", "field", "reason", "detail"],
    )


async def list_rejects(unit: UnitOfWork, snapshot_id: uuid.UUID, *, after_row: int, limit: int) -> list[Reject]:
    """Rejects by rising row, those after ``after_row``."""
    rows = await unit.driver.fetch(REJECTS, snapshot_id, after_row, limit)
    return [Reject(row=row[0], field=row[1], reason=RejectReason(row[2]), detail=row[3]) for row in rows]


def _found(row: asyncpg.Record | None) -> Snapshot | None:
    if row is None:
        return None
    return Snapshot(
        id=row["id"],
        state=SnapshotState(row["state"]),
        kind=SnapshotKind(row["kind"]),
        as_of=row["as_of"],
        file_name=row["file_name"],
        sha256=row["sha256"],
        dictionary=tuple(_from_json(one) for one in json.loads(row["dictionary"])),
        counts=Counts(rows=row["row_count"], accepted=row["accepted"], rejected=row["rejected"]),
        rows_done=row["rows_done"],
        problem=row["problem"],
        month=row["month"],
        name=row["name"],
        strangers=row["strangers"],
        notice=row["notice"],
        list_kind=row["list_kind"],
    )


def _to_json(attribute: Attribute) -> dict[str, str]:
    return {
        "name": attribute.name,
        "type": attribute.type.value,
        "unit": attribute.unit,
        "description": attribute.description,
        "dimension": attribute.dimension.value,
    }


def _from_json(said: dict[str, str]) -> Attribute:
    return Attribute(
        name=said["name"],
        type=AttributeType(said["type"]),
        unit=said["unit"],
        description=said["description"],
        # Snapshots that came before there were dimensions say none.
        dimension=Dimension(said.get("dimension", "")),
    )
