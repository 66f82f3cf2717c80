"""Writes members as one CSV or Parquet file piece by piece, in flat memory; it must not know whose members they are."""

import io
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from svc_segment.domain.export import ExportFormat

# A file that is fetched from far away.
COMPRESSION = "zstd"
# Rows of one group of a Parquet file: readers skip by group, so neither tiny ones nor all in one.
ROWS_PER_GROUP = 100_000


class MemberFile:
    """A file under way: each table gives the bytes that follow, perhaps none; blocking, for a thread."""

    def __init__(self, format: ExportFormat, schema: pa.Schema) -> None:  # noqa: A002 -- what it is called
        self._sink = _Sink()
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._least = ROWS_PER_GROUP if format is ExportFormat.PARQUET else 0
        self._schema = schema
        self._writer: csv.CSVWriter | parquet.ParquetWriter = (
            csv.CSVWriter(self._sink, schema)
            if format is ExportFormat.CSV
            else parquet.ParquetWriter(self._sink, schema, compression=COMPRESSION)
        )

    def write(self, table: pa.Table) -> bytes:
        """The bytes that are ready after some more rows."""
        self._waiting.append(table)
        self._rows += table.num_rows
        if self._rows >= self._least:
            self._flush()
        return self._sink.taken()

    def end(self) -> bytes:
        """The last bytes; a file without members has its header all the same."""
        if self._waiting:
            self._flush()
        self._writer.close()
        return self._sink.taken()

    def _flush(self) -> None:
        self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._waiting, self._rows = [], 0


class _Sink(io.RawIOBase):
    """Where a writer writes: it knows how far it is and gives what came since it was asked last."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any, /) -> int:
        self._parts.append(bytes(piece))
        self._position += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._position

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
