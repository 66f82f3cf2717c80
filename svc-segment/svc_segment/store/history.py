"""Says what is known of the past: months of usage, events in files and events not yet in one; it must not judge them.

One transaction sees each event once: what moves into a file leaves the table ``event`` in the same transaction.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import asyncpg
import pyarrow as pa

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary
from svc_segment.store.folders import DataFolder

# What an event is in a file and beside them; files are sorted by type, subscriber_id, at.
EVENT_SCHEMA = pa.schema(
    [
        pa.field("subscriber_id", pa.uint32()),
        pa.field("type", pa.string()),
        pa.field("at", pa.timestamp("us", "UTC")),
        pa.field("attributes", pa.map_(pa.string(), pa.string())),
    ]
)

# One statement, since it alone sees one state of the tables whatever moves meanwhile.
HISTORY = """
SELECT 'month' AS what, file, month AS day, NULL::integer AS subscriber_id, NULL AS type, NULL::timestamptz AS at,
    NULL AS attributes, 0::bigint AS id FROM usage_month WHERE complete
UNION ALL SELECT 'file', file, day, NULL, NULL, NULL, NULL, 0 FROM event_file
UNION ALL SELECT 'event', '', NULL, subscriber_id, type, at, attributes::text, id FROM event
    WHERE ($1::integer[] IS NULL OR subscriber_id = ANY($1)) AND ($2::text[] IS NULL OR type = ANY($2))
ORDER BY what, day, file, id
"""
MEASURES = "SELECT name, type, unit, description FROM measure ORDER BY position"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFiles:
    """One consistent view of the past; windows are measured back from ``as_of``.

    ``usage`` has the file of each month that is known to its end, by its first day; ``recent`` is of EVENT_SCHEMA.
    """

    usage: Mapping[date, Path]
    events: tuple[Path, ...]
    recent: pa.Table
    as_of: datetime


async def read_history(
    unit: UnitOfWork,
    folder: DataFolder,
    *,
    as_of: datetime,
    subscriber_ids: Sequence[int] | None = None,
    types: Sequence[str] | None = None,
) -> HistoryFiles:
    """The whole past, each event once: in a file or in ``recent``, never in both.

    With ``subscriber_ids``, ``recent`` has theirs alone; with ``types``, events of these alone.
    """
    rows = await unit.driver.fetch(HISTORY, subscriber_ids, types)
    return HistoryFiles(
        usage={row["day"]: folder.usage(row["file"]) for row in rows if row["what"] == "month"},
        events=tuple(folder.events(row["file"]) for row in rows if row["what"] == "file"),
        recent=to_events([row for row in rows if row["what"] == "event"]),
        as_of=as_of,
    )


async def read_measures(unit: UnitOfWork) -> Dictionary:
    """What the columns of monthly usage mean, in the order they came; types are integer and number."""
    return Dictionary(
        Attribute(name=row[0], type=AttributeType(row[1]), unit=row[2], description=row[3])
        for row in await unit.driver.fetch(MEASURES)
    )


def to_events(rows: Sequence[asyncpg.Record]) -> pa.Table:
    """Rows of the table ``event``, attributes as text, as EVENT_SCHEMA."""
    # Most events have none, and this runs for thousands of them a second.
    attributes = [list(json.loads(said).items()) if (said := row["attributes"]) != "{}" else [] for row in rows]
    columns = ([row["subscriber_id"] for row in rows], [row["type"] for row in rows], [row["at"] for row in rows])
    return pa.table([*columns, attributes], schema=EVENT_SCHEMA)
