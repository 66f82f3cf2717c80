"""Writes a Parquet file block by block, hashing it on the way; it must not hold more than one block."""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file as the manifest tells it."""

    name: str
    rows: int
    bytes: int
    sha256: str


class _HashingFile:
    """What is written, and its SHA-256."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self.closed = False

    def write(self, piece: bytes) -> int:
        self._hash.update(piece)
        return self._file.write(piece)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.closed = True

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def write_parquet(path: Path, tables: Iterable[pa.Table], advance: Advance) -> WrittenFile:
    """Writes the tables as row groups of one file, whole or not at all; ``advance`` hears of each one's rows."""
    unfinished = path.with_suffix(".unfinished")
    hashing = _HashingFile(unfinished)
    rows = 0
    writer: parquet.ParquetWriter | None = None
    sink = pa.PythonFile(hashing, mode="w")
    for table in tables:
        # Statistics let an engine skip groups; a dictionary makes the texts small. ZSTD costs twice SNAPPY's time.
        writer = writer or parquet.ParquetWriter(sink, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=max(table.num_rows, 1))
        rows += table.num_rows
        advance(table.num_rows)
    if writer is not None:
        writer.close()
    sink.close()
    written = WrittenFile(name=path.name, rows=rows, bytes=unfinished.stat().st_size, sha256=hashing.hexdigest())
    unfinished.replace(path)
    return written
