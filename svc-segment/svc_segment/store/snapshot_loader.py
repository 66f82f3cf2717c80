"""Runs the blocking parts of loading a snapshot in a thread, with an engine of its own; PostgreSQL is not its business."""

import asyncio
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.segment import Base
from svc_segment.domain.snapshot import Snapshot
from svc_segment.store.base_file import merge_base
from svc_segment.store.engine import EngineLimits
from svc_segment.store.folders import DataFolder
from svc_segment.store.snapshot_file import CheckedFile, check_file
from svc_segment.store.source_file import open_source, read_columns


class LoadStoppedError(Exception):
    """Ends the loading thread of a process that is told to stop; nobody waits for it any more."""


class Progress:
    """Rows read so far, written by the loading thread and read by the event loop, which may stop the thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows = 0
        self._stopped = False

    def advance(self, rows: int) -> None:
        """Says how many rows are read now; raises LoadStoppedError once it was stopped."""
        with self._lock:
            if self._stopped:
                raise LoadStoppedError
            self._rows = rows

    def stop(self) -> None:
        """Ends the thread at its next batch; a process that stops must not wait for millions of rows."""
        with self._lock:
            self._stopped = True

    @property
    def rows(self) -> int:
        """How many rows are read."""
        with self._lock:
            return self._rows


class SnapshotLoader:
    """Reads, checks and merges the file of one snapshot at a time."""

    def __init__(self, folder: DataFolder, limits: EngineLimits) -> None:
        self._folder = folder
        self._limits = limits

    async def columns(self, snapshot: Snapshot) -> tuple[str, ...]:
        """The columns of the file; raises InvalidInput SNAPSHOT_UNREADABLE."""
        return await asyncio.to_thread(read_columns, self._folder.upload(snapshot.sha256))

    async def check(
        self, snapshot: Snapshot, columns: tuple[str, ...], attributes: Dictionary, progress: Progress
    ) -> CheckedFile:
        """Splits the file into good rows and rejects; raises InvalidInput for one that can't be read."""

        def check() -> CheckedFile:
            work = self._folder.begin_work(str(snapshot.id))
            source = open_source(self._folder.upload(snapshot.sha256), columns, work, progress.advance)
            with self._engine(work) as connection:
                return check_file(connection, source, attributes, work / "good.parquet", progress.advance)

        return await asyncio.to_thread(check)

    async def merge(
        self,
        checked: CheckedFile,
        ordinals: pa.Array,
        *,
        in_file: Dictionary,
        in_base: Dictionary,
        base: Base | None,
        file: str,
    ) -> int:
        """Writes the next version of the subscribers as ``file``, whole, and gives its number of subscribers."""

        def merge() -> int:
            work = checked.good.parent
            target = work / "base.parquet"
            with self._engine(work) as connection:
                subscribers = merge_base(
                    connection,
                    checked=checked,
                    ordinals=ordinals,
                    in_file=in_file,
                    in_base=in_base,
                    old=self._folder.base(base.file) if base else None,
                    target=target,
                )
            self._folder.publish_base(target, file)
            return subscribers

        return await asyncio.to_thread(merge)

    async def tidy(self, snapshot: Snapshot, *, keep: Collection[str], now: datetime) -> None:
        """Removes this load's scratch, versions other than ``keep`` and what killed loads and uploads left."""

        def tidy() -> None:
            self._folder.end_work(str(snapshot.id))
            self._folder.sweep(keep=keep, now=now)

        await asyncio.to_thread(tidy)

    @contextmanager
    def _engine(self, work: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = duckdb.connect(
            config={
                "memory_limit": f"{self._limits.memory_mb}MB",
                "threads": self._limits.threads,
                "temp_directory": str(work / "spill"),
                "autoinstall_known_extensions": False,
            }
        )
        try:
            # A bar belongs to a person at a terminal, not to a service's log.
            connection.execute("SET enable_progress_bar = false")
            yield connection
        finally:
            connection.close()
