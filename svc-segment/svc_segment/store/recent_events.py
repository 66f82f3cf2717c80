"""Reads what one subscriber did of late, from the table and from files of days; it must not judge it.

Of what the cell system saw there is nothing to read: it is kept by scene and day alone (SEG-29).
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.history import PastEvent
from svc_segment.store.folders import DataFolder

# One statement sees each event once, in the table or in a file, whatever moves meanwhile.
RECENT = """
SELECT 'file' AS what, day, file, NULL AS type, NULL::timestamptz AS at, NULL AS attributes FROM event_file WHERE day >= $2
UNION ALL (
    SELECT 'event', NULL, '', type, at, attributes::text FROM event WHERE subscriber_id = $1 AND at >= $3
    ORDER BY at DESC LIMIT $4
)
ORDER BY day DESC, file
"""


async def read_recent_events(
    unit: UnitOfWork, folder: DataFolder, subscriber_id: int, *, since: datetime, limit: int
) -> Sequence[PastEvent]:
    """The newest events from ``since`` (UTC) on, the newest first, at most ``limit``."""
    rows = await unit.driver.fetch(RECENT, subscriber_id, since.date(), since, limit)
    fresh = [
        PastEvent(type=row["type"], at=row["at"], attributes=json.loads(row["attributes"]))
        for row in rows
        if row["what"] == "event"
    ]
    days = [
        (day, [folder.events(row["file"]) for row in some])
        for day, some in groupby((row for row in rows if row["what"] == "file"), key=lambda row: row["day"])
    ]
    found = [*fresh, *await asyncio.to_thread(_read_days, days, subscriber_id, limit)]
    newest = sorted((event for event in found if event.at >= since), key=lambda event: event.at, reverse=True)
    return newest[:limit]


def _read_days(days: Sequence[tuple[date, Sequence[Path]]], subscriber_id: int, limit: int) -> list[PastEvent]:
    """Day by day, the newest first: what is older than enough events is not read."""
    found: list[PastEvent] = []
    for _, files in days:
        if len(found) >= limit:
            break
        found += [event for file in files for event in _events_of(file, subscriber_id)]
    return found


def _events_of(path: Path, subscriber_id: int) -> Iterator[PastEvent]:
    """One subscriber's events of a file; of most groups of rows no more than whose they are is read."""
    with parquet.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            known = file.metadata.row_group(group).column(0).statistics
            if known is not None and known.has_min_max and not known.min <= subscriber_id <= known.max:
                continue
            ids = file.read_row_group(group, columns=[SUBSCRIBER_COLUMN])[SUBSCRIBER_COLUMN].to_numpy()
            mine = np.flatnonzero(ids == subscriber_id)
            if len(mine):
                yield from map(_event, file.read_row_group(group).take(pa.array(mine)).to_pylist())


def _event(row: Mapping[str, object]) -> PastEvent:
    return PastEvent(type=row["type"], at=row["at"], attributes=dict(row["attributes"] or ()))  # type: ignore[arg-type,call-overload]  # rows of EVENT_SCHEMA
