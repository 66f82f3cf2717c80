"""Gives the good rows of a file by rising subscriber, batch by batch; it must not hold more than some batches.

A file that comes in the order of the ordinals, as operators' exports do from the second on, is streamed as it lies;
any other is sorted once, by the engine, beyond its memory on disk.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.store.snapshot_file import BATCH_ROWS, CheckedFile
from svc_segment.store.source_file import ROW_COLUMN, quoted


def sorted_rows(
    connection: duckdb.DuckDBPyConnection, checked: CheckedFile, ordinals: NDArray[np.uint32], work: Path
) -> Iterator[pa.Table]:
    """Tables of ``subscriber_id`` (uint32) and the values, by rising subscriber, in all the good rows.

    ``ordinals`` are the ids of ``checked.rows``, in their order.
    """
    if bool(np.all(ordinals[1:] > ordinals[:-1])):
        yield from placed_rows(connection, checked, ordinals)
        return
    rows = joined_rows(connection, checked, ordinals)
    target = work / "sorted.parquet"
    connection.execute(
        f"COPY (SELECT granted.{SUBSCRIBER_COLUMN}, good.* EXCLUDE ({ROW_COLUMN}) FROM {rows} ORDER BY 1) "  # noqa: S608 -- checked names
        f"TO {quoted(target)} (FORMAT parquet)"
    )
    connection.unregister("granted")
    with parquet.ParquetFile(target) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            yield pa.Table.from_batches([batch])


def joined_rows(connection: duckdb.DuckDBPyConnection, checked: CheckedFile, ordinals: NDArray[np.uint32]) -> str:
    """The SQL of the good rows, in any order, as ``good`` joined to ``granted``, which has the ``subscriber_id`` of each."""
    connection.register("granted", pa.table({ROW_COLUMN: checked.rows, SUBSCRIBER_COLUMN: ordinals}))
    return f"({checked.typed.rows}) AS good JOIN granted USING ({ROW_COLUMN})"


def placed_rows(
    connection: duckdb.DuckDBPyConnection, checked: CheckedFile, ordinals: NDArray[np.uint32]
) -> Iterator[pa.Table]:
    """The same in the order of the file."""
    done = 0
    reader = connection.sql(checked.typed.rows).to_arrow_reader(BATCH_ROWS)
    for batch in cast("Iterator[pa.RecordBatch]", reader):
        rows = batch[ROW_COLUMN].to_numpy()
        end = int(np.searchsorted(checked.rows, rows[-1], side="right"))
        places = np.searchsorted(rows, checked.rows[done:end])
        if not np.array_equal(rows[places], checked.rows[done:end]):
            raise RuntimeError("the engine gave rows out of the order of the file")
        columns = [batch[name] for name in checked.typed.values]
        if end - done < len(rows):
            columns = [column.take(pa.array(places)) for column in columns]
        names = [SUBSCRIBER_COLUMN, *checked.typed.values]
        yield pa.table([pa.array(ordinals[done:end]), *columns], names=names)
        done = end
    if done != len(checked.rows):
        raise RuntimeError(f"{len(checked.rows) - done} good rows were not given again")
