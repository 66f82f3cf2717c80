"""Writes events into Parquet files of one UTC day each, sorted by type, subscriber and time; it must not name them current."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray
from pyarrow import compute, parquet

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN, Dictionary
from svc_segment.domain.scene import CELL_SEEN
from svc_segment.store.folders import DataFolder, settle
from svc_segment.store.history import EVENT_SCHEMA
from svc_segment.store.snapshot_file import CheckedFile
from svc_segment.store.sorted_rows import placed_rows
from svc_segment.store.source_file import quoted

# The relation of the events that are to be written, of the columns of EVENT_SCHEMA.
EVENTS = "events_to_write"
# The day of an event, since the engine counts in UTC.
DAY = 'CAST("at" AS DATE)'


def select_events(
    connection: duckdb.DuckDBPyConnection, checked: CheckedFile, ordinals: NDArray[np.uint32], work: Path
) -> None:
    """Makes the good rows of a file the events to write, without sightings and with a column an attribute.

    They are streamed with their subscribers into a file of ``work``: to join millions of rows takes the memory that
    sorting them needs.
    """
    placed = work / "placed.parquet"
    writer = None
    try:
        for rows in placed_rows(connection, checked, ordinals):
            said = compute.utf8_trim(rows["type"], characters=" ")
            kept = rows.filter(compute.not_equal(said, CELL_SEEN))
            writer = writer or parquet.ParquetWriter(placed, kept.schema)
            writer.write_table(kept)
        if writer is None:
            writer = parquet.ParquetWriter(placed, EVENT_SCHEMA)
    finally:
        if writer is not None:
            writer.close()
    connection.execute(f"CREATE TEMPORARY VIEW {EVENTS} AS SELECT * FROM read_parquet({quoted(placed)})")  # noqa: S608 -- our own path


def attributes_as_map(attributes: Dictionary) -> str:
    """The SQL of a row's attributes as a map of texts without those that are null."""
    entries = ", ".join(f"{{'key': '{name}', 'value': CAST(\"{name}\" AS VARCHAR)}}" for name in attributes)
    if not entries:
        return "CAST(MAP {} AS MAP(VARCHAR, VARCHAR))"
    return f"map_from_entries(list_filter([{entries}], lambda entry: entry.value IS NOT NULL))"


def write_event_days(
    connection: duckdb.DuckDBPyConnection, work: Path, name: str, folder: DataFolder, *, attributes: str = "attributes"
) -> Mapping[str, tuple[date, int]]:
    """Writes the events to write as ``<day>-<name>.parquet``, one file a day, and gives the day and rows of each.

    They are written in ``work`` and appear in the folder of events whole, once all are. ``attributes`` is the SQL of
    their map of texts.
    """
    sorted_file = work / "events.parquet"
    connection.execute(
        f'COPY (SELECT {DAY} AS _day, * FROM {EVENTS} ORDER BY _day, "type", {SUBSCRIBER_COLUMN}, "at") '  # noqa: S608 -- constants and our own path
        f"TO {quoted(sorted_file)} (FORMAT parquet)"
    )
    read = f"read_parquet({quoted(sorted_file)})"
    days = connection.execute(f"SELECT _day, count(*) FROM {read} GROUP BY _day ORDER BY _day").fetchall()  # noqa: S608 -- our own path
    files = {}
    for day, rows in days:
        file = f"{day}-{name}.parquet"
        connection.execute(
            f'COPY (SELECT {SUBSCRIBER_COLUMN}, "type", "at", {attributes} AS attributes FROM {read} '  # noqa: S608 -- the same
            f"WHERE _day = DATE '{day}') "
            f"TO {quoted(work / file)} (FORMAT parquet)"
        )
        files[file] = (day, rows)
    for file in files:
        settle(work / file, folder.events(file))
    return files
