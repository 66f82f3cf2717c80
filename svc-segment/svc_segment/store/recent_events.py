"""Reads what one subscriber did of late, from the table and from files of days; it must not judge it.

Of what the cell system saw there is nothing to read: it is kept by scene and day alone (SEG-29).
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import pyarrow as pa
from pyarrow import compute, parquet

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
        for file in files:
            # A file is sorted by type and subscriber, so most of it is passed over unread.
            mine = parquet.read_table(
                file, filters=compute.field(SUBSCRIBER_COLUMN) == pa.scalar(subscriber_id, pa.uint32())
            )
            found += [_event(row) for row in mine.to_pylist()]
    return found


def _event(row: Mapping[str, object]) -> PastEvent:
    return PastEvent(type=row["type"], at=row["at"], attributes=dict(row["attributes"] or ()))  # type: ignore[arg-type,call-overload]  # rows of EVENT_SCHEMA
