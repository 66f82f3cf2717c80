"""Opens an uploaded file as a table of columns and numbered rows; it must not judge any value.

Parquet is read where it lies. CSV goes once, block by block, into a Parquet file of texts: from then on both
are the same, and rows that have more or fewer fields than the header are known by their row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from svc_segment.domain.snapshot import Reject, RejectReason
from svc_segment.store.errors import unreadable

PARQUET_MAGIC = b"PAR1"
GZIP_MAGIC = b"\x1f\x8b"
# The row of the file in the staged copy; no attribute can be called so.
ROW_COLUMN = "_row"
# Blocks of a CSV: large enough for the parser, small beside the memory of a load.
BLOCK_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as the engine reads it: ``relation`` is SQL, ``row`` the SQL of a row's number from 1.

    ``rewritten`` says that it is a copy of texts.
    """

    columns: tuple[str, ...]
    relation: str
    row: str
    rewritten: bool
    rejects: tuple[Reject, ...] = ()


def read_columns(path: Path) -> tuple[str, ...]:
    """The names of a file's columns in their order; raises InvalidInput SNAPSHOT_UNREADABLE."""
    if not path.exists():
        raise unreadable("CSV or Parquet", FileNotFoundError("it is not there any more; send it again"))
    if _begins_with(path, PARQUET_MAGIC):
        try:
            return tuple(parquet.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise unreadable("Parquet", error) from error
    try:
        with _open_csv(path, None, None) as reader:
            return tuple(name.strip() for name in reader.schema.names)
    except (pa.ArrowException, OSError) as error:
        raise unreadable("CSV", error) from error


def open_source(path: Path, columns: tuple[str, ...], work: Path, advance: Callable[[int], None]) -> Source:
    """The file ready for the engine; ``advance`` hears of rows as a CSV is staged. Raises InvalidInput."""
    if _begins_with(path, PARQUET_MAGIC):
        relation = f"read_parquet({quoted(path)}, file_row_number = true)"
        return Source(columns=columns, relation=relation, row="file_row_number + 1", rewritten=False)
    staged = work / "staged.parquet"
    try:
        rejects = _stage_csv(path, columns, staged, advance)
    except (pa.ArrowException, OSError) as error:
        raise unreadable("CSV", error) from error
    relation = f"read_parquet({quoted(staged)})"
    return Source(columns=columns, relation=relation, row=ROW_COLUMN, rewritten=True, rejects=tuple(rejects))


def _stage_csv(path: Path, columns: tuple[str, ...], staged: Path, advance: Callable[[int], None]) -> list[Reject]:
    rejects: list[Reject] = []

    def misfit(row: csv.InvalidRow) -> str:
        # The parser counts the header as row 1.
        rejects.append(_misfit(row.number - 1, row.actual_columns, columns))
        return "skip"

    schema = pa.schema([(ROW_COLUMN, pa.int64()), *((name, pa.string()) for name in columns)])
    read = 0
    with _open_csv(path, columns, misfit) as reader, parquet.ParquetWriter(staged, schema, compression="lz4") as writer:
        for batch in reader:
            rows = _rows_of_file(read, batch.num_rows, [reject.row for reject in rejects])
            read += batch.num_rows
            writer.write_batch(pa.record_batch([pa.array(rows), *batch.columns], schema=schema))
            advance(read)
    return rejects


def _open_csv(
    path: Path, columns: tuple[str, ...] | None, misfit: Callable[[csv.InvalidRow], str] | None
) -> csv.CSVStreamingReader:
    return csv.open_csv(
        # The kept upload has no ending that would say so.
        pa.input_stream(path, compression="gzip" if _begins_with(path, GZIP_MAGIC) else None),
        read_options=csv.ReadOptions(
            # Only a reader without threads knows the row of what it skips.
            use_threads=False,
            block_size=BLOCK_BYTES,
            column_names=columns,
            skip_rows=0 if columns is None else 1,
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=misfit or (lambda _row: "skip")),
        convert_options=csv.ConvertOptions(
            column_types=None if columns is None else dict.fromkeys(columns, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _misfit(row: int, fields: int, columns: tuple[str, ...]) -> Reject:
    if fields < len(columns):
        return Reject(
            row=row,
            field=columns[max(fields, 0)],
            reason=RejectReason.MISSING,
            detail=f"the row has {fields} fields, the header {len(columns)}",
        )
    return Reject(
        row=row,
        field=columns[-1],
        reason=RejectReason.WRONG_TYPE,
        detail=f"the row has {fields} fields, the header {len(columns)}: is a comma without quotes?",
    )


def _rows_of_file(read: int, count: int, skipped: list[int]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The file's row of each good row: as many rows further as were skipped before it."""
    good = np.arange(read + 1, read + count + 1, dtype=np.int64)
    gaps = np.asarray(skipped, dtype=np.int64)
    # The k-th skipped row (from 0) has row - 1 - k good rows before it.
    return good + np.searchsorted(gaps - np.arange(len(gaps)), good, side="right")


def _begins_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def quoted(path: Path) -> str:
    """A path as SQL writes it."""
    return "'" + str(path).replace("'", "''") + "'"
