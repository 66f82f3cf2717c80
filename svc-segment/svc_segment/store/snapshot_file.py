"""Splits an uploaded file into good rows and rejects, batch by batch; it must not touch PostgreSQL.

Typing and the normalising of home numbers are one SQL over the file; Python sees single rows only where
something is wrong with them or their number is not a mobile number of the home region.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from svc_segment.domain.attributes import NUMBER_COLUMN, Dictionary
from svc_segment.domain.numbers import normalise_number
from svc_segment.domain.snapshot import Reject, RejectReason
from svc_segment.store.errors import unreadable
from svc_segment.store.source_file import ROW_COLUMN, Source
from svc_segment.store.typed_columns import home_mobile, type_column, written_number

# Rows of a batch: vectors stay in the cache, progress moves several times a second.
BATCH_ROWS = 65_536
NUMBER = "_number"
WRITTEN = "_written"
BAD_FIELD = "_bad_field"
BAD_VALUE = "_bad_value"
HELPERS = (ROW_COLUMN, NUMBER, WRITTEN, BAD_FIELD, BAD_VALUE)
# Enough of a bad value to recognise it by.
SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """What is in a file: the good rows as Parquet, and in file order the row and number of each subscriber.

    ``rows`` and ``numbers`` are int64 arrays of one length, without duplicates of a number.
    """

    good: Path
    read: int
    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    rejects: list[Reject]


def check_file(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    attributes: Dictionary,
    good: Path,
    advance: Callable[[int], None],
) -> CheckedFile:
    """Reads the whole file once and writes its good rows; ``advance`` hears of the rows read so far.

    Of rows with one number the first good one counts, the others are DUPLICATE. Raises InvalidInput.
    """
    rejects = list(source.rejects)
    read = len(rejects)
    kept: list[pa.Table] = []
    writer: parquet.ParquetWriter | None = None
    try:
        for batch in _typed_batches(connection, source, attributes):
            read += batch.num_rows
            accepted = _judge(batch, rejects)
            writer = writer or parquet.ParquetWriter(good, accepted.schema, compression="lz4")
            writer.write_table(accepted)
            kept.append(accepted.select([ROW_COLUMN, NUMBER]))
            advance(read)
    finally:
        if writer is not None:
            writer.close()
    rows, numbers = _first_of_each(kept, rejects)
    rejects.sort(key=lambda reject: reject.row)
    return CheckedFile(good=good, read=read, rows=rows, numbers=numbers, rejects=rejects)


def _typed_batches(
    connection: duckdb.DuckDBPyConnection, source: Source, attributes: Dictionary
) -> Iterator[pa.RecordBatch]:
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {source.relation}").fetchall()  # noqa: S608 -- our own path
        physical = {str(name): str(kind) for name, kind, *_ in described}
        typed = connection.sql(_typing_sql(source, attributes, physical))
        yield from cast("Iterator[pa.RecordBatch]", typed.to_arrow_reader(BATCH_ROWS))
    except duckdb.Error as error:
        raise unreadable("Parquet", error) from error


def _typing_sql(source: Source, attributes: Dictionary, physical: dict[str, str]) -> str:
    columns = {name: type_column(attribute, physical[name]) for name, attribute in attributes.items()}
    number = written_number(physical[NUMBER_COLUMN])
    fields = "".join(f" WHEN {column.bad} THEN '{name}'" for name, column in columns.items())
    values = "".join(f" WHEN {column.bad} THEN {column.written}" for column in columns.values())
    selected = [
        f"CAST({source.row} AS BIGINT) AS {ROW_COLUMN}",
        f"{home_mobile(number)} AS {NUMBER}",
        f"{number} AS {WRITTEN}",
        f"CASE{fields} END AS {BAD_FIELD}" if fields else f"CAST(NULL AS VARCHAR) AS {BAD_FIELD}",
        f"CASE{values} END AS {BAD_VALUE}" if values else f"CAST(NULL AS VARCHAR) AS {BAD_VALUE}",
        *(f'{column.typed} AS "{name}"' for name, column in columns.items()),
    ]
    return f"SELECT {', '.join(selected)} FROM {source.relation}"  # noqa: S608 -- built from checked names alone


def _judge(batch: pa.RecordBatch, rejects: list[Reject]) -> pa.Table:
    """The good rows with row and number, then the attributes; the others go to ``rejects``."""
    numbers = batch[NUMBER].fill_null(0).to_numpy(zero_copy_only=False).copy()
    bad = batch[BAD_FIELD].is_valid().to_numpy(zero_copy_only=False)
    for index in np.flatnonzero(bad | (numbers == 0)).tolist():
        reject, number = _judge_row(batch, index)
        numbers[index] = number
        if reject is not None:
            bad[index] = True
            rejects.append(reject)
    table = pa.Table.from_batches([batch]).drop_columns([WRITTEN, BAD_FIELD, BAD_VALUE])
    table = table.set_column(table.schema.get_field_index(NUMBER), NUMBER, pa.array(numbers, pa.int64()))
    return table.filter(pa.array(~bad))


def _judge_row(batch: pa.RecordBatch, index: int) -> tuple[Reject | None, int]:
    def value(column: str) -> Any:
        return batch[column][index].as_py()

    row, written, field = value(ROW_COLUMN), value(WRITTEN), value(BAD_FIELD)
    if written is None:
        detail = "the row has no number"
        return Reject(row=row, field=NUMBER_COLUMN, reason=RejectReason.MISSING, detail=detail), 0
    number = value(NUMBER) or normalise_number(written) or 0
    if not number:
        detail = f"{written[:SHOWN_CHARACTERS]!r} is no valid number"
        return Reject(row=row, field=NUMBER_COLUMN, reason=RejectReason.INVALID_NUMBER, detail=detail), 0
    if field is None:
        return None, number
    shown = str(value(BAD_VALUE))[:SHOWN_CHARACTERS]
    detail = f"{shown!r} is not of the attribute's type"
    return Reject(row=row, field=field, reason=RejectReason.WRONG_TYPE, detail=detail), number


def _first_of_each(kept: list[pa.Table], rejects: list[Reject]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and numbers in file order, each number once."""
    if not kept:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    both = pa.concat_tables(kept)
    rows, numbers = both[ROW_COLUMN].to_numpy(), both[NUMBER].to_numpy()
    order = np.argsort(rows, kind="stable")
    rows, numbers = rows[order], numbers[order]
    _, first, groups = np.unique(numbers, return_index=True, return_inverse=True)
    winner = first[groups]
    for index in np.flatnonzero(winner != np.arange(len(rows))).tolist():
        detail = f"row {rows[winner[index]]} has this number already; the first row counts"
        rejects.append(Reject(row=int(rows[index]), field=NUMBER_COLUMN, reason=RejectReason.DUPLICATE, detail=detail))
    first.sort()
    return rows[first], numbers[first]
