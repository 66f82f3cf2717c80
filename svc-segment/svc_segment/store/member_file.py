"""Writes members as one CSV or Parquet file piece by piece, in flat memory; it must not know whose members they are."""

import io
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from svc_segment.domain.export import ExportFormat, FileStamp

# A file that is fetched from far away.
COMPRESSION = "zstd"
# An attribute of the same name that is asked for keeps it; the day's column is then membership_as_of.
AS_OF = "as_of"
# Rows of one group of a Parquet file: readers skip by group, so neither tiny ones nor all in one.
ROWS_PER_GROUP = 100_000


class MemberFile:
    """A file under way: each table gives the bytes that follow, perhaps none; blocking, for a thread."""

    def __init__(self, format: ExportFormat, schema: pa.Schema, stamp: FileStamp) -> None:  # noqa: A002 -- what it is called
        self._stamp = stamp
        self._by_column = format is ExportFormat.CSV
        schema = self._stamped(schema.empty_table()).schema
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
        table = self._stamped(table)
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

    def _stamped(self, table: pa.Table) -> pa.Table:
        """CSV has no place beside its rows, and readers take no comments: there the day is a column, the last one."""
        day = self._stamp.as_of.isoformat()
        if not self._by_column:
            said = {"segment": self._stamp.segment, "version": str(self._stamp.version), "as_of": day}
            return table.replace_schema_metadata({f"carillon.{name}": value for name, value in said.items()})
        name = AS_OF if AS_OF not in table.column_names else f"membership_{AS_OF}"
        return table.append_column(name, pa.repeat(pa.scalar(day), table.num_rows))

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
