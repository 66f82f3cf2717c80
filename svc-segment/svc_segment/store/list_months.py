"""Says which file holds each month of a list and which columns it has; it must not touch the files."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.rules.scope import ListColumns
from svc_segment.store.folders import DataFolder

FILES = "SELECT segment_id, month, file FROM list_month WHERE segment_id = ANY($1::uuid[]) ORDER BY segment_id, month"
COLUMNS = """
SELECT segment_id, array_agg(DISTINCT name) AS names FROM list_month, unnest(columns) AS name GROUP BY segment_id
"""
NEWEST = "SELECT max(month) FROM list_month WHERE segment_id = $1"
SAVE = """
INSERT INTO list_month (segment_id, month, file, rows, columns, snapshot_id) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (segment_id, month) DO UPDATE SET file = excluded.file, rows = excluded.rows, columns = excluded.columns,
    snapshot_id = excluded.snapshot_id
"""
REPLACED = "SELECT file FROM list_month WHERE segment_id = $1 AND ($2 OR month = ANY($3::date[]))"
FORGET = "DELETE FROM list_month WHERE segment_id = $1"

# The file and rows of each month that a load wrote, by the month's first day.
ListFiles = Mapping[date, tuple[str, int]]


async def read_list_files(
    unit: UnitOfWork, folder: DataFolder, segment_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Mapping[date, Path]]:
    """The files of some lists by month; a list without rows is not there."""
    found: dict[uuid.UUID, dict[date, Path]] = {}
    for row in await unit.driver.fetch(FILES, sorted(segment_ids)):
        found.setdefault(row["segment_id"], {})[row["month"]] = folder.lists(row["file"])
    return found


async def read_list_columns(unit: UnitOfWork) -> Mapping[uuid.UUID, ListColumns]:
    """The columns of every list that has any."""
    rows = await unit.driver.fetch(COLUMNS)
    return {
        row["segment_id"]: ListColumns(segment_id=row["segment_id"], columns=frozenset(row["names"])) for row in rows
    }


async def newest_list_month(unit: UnitOfWork, segment_id: uuid.UUID) -> date | None:
    """The newest month that a list has rows of."""
    newest: date | None = await unit.driver.fetchval(NEWEST, segment_id)
    return newest


async def save_list_months(
    unit: UnitOfWork,
    segment_id: uuid.UUID,
    files: ListFiles,
    *,
    columns: Sequence[str],
    snapshot_id: uuid.UUID,
    whole: bool,
) -> Sequence[str]:
    """Lets files take the place of a list's months; ``whole`` lets all its other months go. Gives the files before."""
    replaced = [row[0] for row in await unit.driver.fetch(REPLACED, segment_id, whole, list(files))]
    if whole:
        await unit.driver.execute(FORGET, segment_id)
    rows = [(segment_id, month, file, count, list(columns), snapshot_id) for month, (file, count) in files.items()]
    await unit.driver.executemany(SAVE, rows)
    return replaced
