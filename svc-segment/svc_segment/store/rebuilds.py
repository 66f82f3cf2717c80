"""Keeps how far rebuilds are; it must not rebuild."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.rebuild import Rebuild, RebuildState

BEGIN = """
INSERT INTO rebuild (id, state, segments, rebuilt, problems, started_at) VALUES ($1, 'running', 0, 0, '{}', $2)
ON CONFLICT DO NOTHING
"""
# What was behind when it first looked stays; after a restart whatever is no longer behind counts as rebuilt.
FOUND = """
UPDATE rebuild SET segments = greatest(segments, $2), rebuilt = greatest(segments, $2) - $2
WHERE id = $1 AND state = 'running'
"""
ADVANCE = "UPDATE rebuild SET rebuilt = least(segments, rebuilt + $2) WHERE id = $1"
END = "UPDATE rebuild SET state = 'done', rebuilt = segments, problems = $2, ended_at = $3 WHERE id = $1"
FIND = "SELECT state, segments, rebuilt, problems::text, started_at, ended_at FROM rebuild WHERE id = $1"


async def begin_rebuild(unit: UnitOfWork, rebuild_id: uuid.UUID, *, now: datetime) -> None:
    """Writes a rebuild that runs; nothing happens when it is there already."""
    await unit.driver.execute(BEGIN, rebuild_id, now)


async def note_behind(unit: UnitOfWork, rebuild_id: uuid.UUID, segments: int) -> None:
    """Says how many segments are still behind."""
    await unit.driver.execute(FOUND, rebuild_id, segments)


async def advance_rebuild(unit: UnitOfWork, rebuild_id: uuid.UUID, segments: int) -> None:
    """Counts segments that are rebuilt."""
    await unit.driver.execute(ADVANCE, rebuild_id, segments)


async def end_rebuild(
    unit: UnitOfWork, rebuild_id: uuid.UUID, problems: Mapping[uuid.UUID, str], *, now: datetime
) -> None:
    """Ends a rebuild with the segments it could not do."""
    said = json.dumps({str(segment_id): detail for segment_id, detail in problems.items()})
    await unit.driver.execute(END, rebuild_id, said, now)


async def find_rebuild(unit: UnitOfWork, rebuild_id: uuid.UUID) -> Rebuild | None:
    """A rebuild as far as it is."""
    row = await unit.driver.fetchrow(FIND, rebuild_id)
    if row is None:
        return None
    return Rebuild(
        id=rebuild_id,
        state=RebuildState(row["state"]),
        segments=row["segments"],
        rebuilt=row["rebuilt"],
        problems={uuid.UUID(one): detail for one, detail in json.loads(row["problems"]).items()},
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )
