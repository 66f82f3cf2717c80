"""Writes the rows of a list into Parquet files of one month each, by rising subscriber; it must not name them current."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN, Dictionary
from svc_segment.domain.list_kind import MONTH_COLUMN
from svc_segment.store.event_days import attributes_as_map
from svc_segment.store.folders import DataFolder, settle
from svc_segment.store.list_months import ListFiles
from svc_segment.store.snapshot_file import CheckedFile
from svc_segment.store.sorted_rows import joined_rows
from svc_segment.store.source_file import quoted

ROWS = "rows_to_write"


def select_rows(
    connection: duckdb.DuckDBPyConnection,
    checked: CheckedFile,
    ordinals: NDArray[np.uint32],
    columns: Dictionary,
    *,
    undated: date,
) -> None:
    """Makes the good rows of a file the rows to write; a column that is null is absent, a row of no month ``undated``."""
    rows = joined_rows(connection, checked, ordinals)
    month = f'"{MONTH_COLUMN}"' if checked.typed.dated else f"DATE '{undated}'"
    connection.execute(
        f"CREATE TEMPORARY VIEW {ROWS} AS SELECT granted.{SUBSCRIBER_COLUMN}, {month} AS {MONTH_COLUMN}, "  # noqa: S608 -- checked names
        f"{attributes_as_map(columns)} AS columns "
        f"FROM {rows}"
    )


def write_list_months(connection: duckdb.DuckDBPyConnection, work: Path, name: str, folder: DataFolder) -> ListFiles:
    """Writes the rows to write as ``<name>-<month>.parquet``; they appear in the folder of lists whole, once all are."""
    sorted_file = work / "rows.parquet"
    connection.execute(
        f"COPY (SELECT * FROM {ROWS} ORDER BY {MONTH_COLUMN}, {SUBSCRIBER_COLUMN}) "  # noqa: S608 -- constants and our own path
        f"TO {quoted(sorted_file)} (FORMAT parquet)"
    )
    read = f"read_parquet({quoted(sorted_file)})"
    months = connection.execute(f"SELECT {MONTH_COLUMN}, count(*) FROM {read} GROUP BY 1 ORDER BY 1").fetchall()  # noqa: S608 -- our own path
    files = {}
    for month, rows in months:
        file = f"{name}-{month:%Y-%m}.parquet"
        connection.execute(
            f"COPY (SELECT {SUBSCRIBER_COLUMN}, columns FROM {read} WHERE {MONTH_COLUMN} = DATE '{month}') "  # noqa: S608 -- the same
            f"TO {quoted(work / file)} (FORMAT parquet)"
        )
        files[month] = (file, rows)
    for file, _ in files.values():
        settle(work / file, folder.lists(file))
    return files
