"""Runs the blocking parts of loading a snapshot in a thread, with an engine of its own; PostgreSQL is not its business."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.cell_file import CellRow, check_columns
from svc_segment.domain.file_shape import FileShape
from svc_segment.domain.segment import Base
from svc_segment.domain.snapshot import Reject, Snapshot, SnapshotKind
from svc_segment.store.base_file import merge_rows, read_base_rows, schema_of, write_rows
from svc_segment.store.cell_rows import read_cell_rows
from svc_segment.store.engine import EngineLimits
from svc_segment.store.event_days import attributes_as_map, select_events, write_event_days
from svc_segment.store.folders import DataFolder, settle
from svc_segment.store.list_files import select_rows, write_list_months
from svc_segment.store.list_months import ListFiles
from svc_segment.store.loading_engine import loading_engine
from svc_segment.store.sighting_file import SeenInFile, Watch, read_sightings
from svc_segment.store.snapshot_file import CheckedFile, check_file
from svc_segment.store.sorted_rows import sorted_rows
from svc_segment.store.source_file import open_source, read_columns
from svc_segment.store.typed_file import type_file


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
    """Reads and checks the file of one snapshot at a time and writes what becomes of it."""

    def __init__(self, folder: DataFolder, limits: EngineLimits) -> None:
        self._folder = folder
        self._limits = limits

    async def columns(self, snapshot: Snapshot) -> tuple[str, ...]:
        """The columns of the file; raises InvalidInput SNAPSHOT_UNREADABLE."""
        return await asyncio.to_thread(read_columns, self._folder.upload(snapshot.sha256))

    async def check(
        self, snapshot: Snapshot, columns: tuple[str, ...], shape: FileShape, progress: Progress, now: datetime
    ) -> CheckedFile:
        """Splits the file into good rows and rejects; raises InvalidInput for one that can't be read."""

        def check() -> CheckedFile:
            work = self._folder.begin_work(str(snapshot.id))
            source = open_source(self._folder.upload(snapshot.sha256), columns, work, progress.advance)
            with loading_engine(self._limits, work) as connection:
                typed = type_file(connection, source, shape, work, now)
                return check_file(connection, typed, source.rejects, progress.advance, once=shape.once)

        return await asyncio.to_thread(check)

    async def merge(
        self,
        snapshot: Snapshot,
        checked: CheckedFile,
        ordinals: NDArray[np.uint32],
        *,
        attributes: Dictionary,
        base: Base | None,
        ended: NDArray[np.uint32],
        file: str,
    ) -> int:
        """Writes the next version of the subscribers as ``file``, whole, and gives its number of subscribers.

        ``attributes`` are the old ones and the file's, ``ended`` whose life is over.
        """

        def rows(fresh: Iterator[pa.Table]) -> Iterator[pa.Table]:
            before = read_base_rows(self._folder.base(base.file) if base else None, schema_of(attributes), ended)
            return merge_rows(before, fresh, attributes)

        return await self._write(snapshot, checked, ordinals, rows, schema_of(attributes), self._folder.base(file))

    async def keep_usage(
        self, snapshot: Snapshot, checked: CheckedFile, ordinals: NDArray[np.uint32], measures: Dictionary, file: str
    ) -> int:
        """Writes a month's usage as ``file``, whole, by rising subscriber, and gives its rows."""
        target = self._folder.usage(file)
        return await self._write(snapshot, checked, ordinals, lambda rows: rows, schema_of(measures), target)

    async def keep_list(
        self, snapshot: Snapshot, checked: CheckedFile, ordinals: NDArray[np.uint32], columns: Dictionary
    ) -> ListFiles:
        """Writes the rows of a list in files of one month each; rows that say none are of the file's ``as_of``."""

        def write() -> ListFiles:
            work = self._folder.begin_work(str(snapshot.id))
            with loading_engine(self._limits, work) as connection:
                select_rows(connection, checked, ordinals, columns, undated=snapshot.as_of.replace(day=1))
                return write_list_months(connection, work, str(snapshot.id), self._folder)

        return await asyncio.to_thread(write)

    async def keep_events(
        self, snapshot: Snapshot, checked: CheckedFile, ordinals: NDArray[np.uint32], attributes: Dictionary
    ) -> Mapping[str, tuple[date, int]]:
        """Writes the events in files of one UTC day each and gives the day and rows of each file."""

        def write() -> Mapping[str, tuple[date, int]]:
            work = self._folder.begin_work(str(snapshot.id))
            with loading_engine(self._limits, work) as connection:
                select_events(connection, checked, ordinals, work)
                named = attributes_as_map(attributes)
                return write_event_days(connection, work, str(snapshot.id), self._folder, attributes=named)

        return await asyncio.to_thread(write)

    async def read_sightings(
        self, snapshot: Snapshot, checked: CheckedFile, ordinals: NDArray[np.uint32], watch: Watch
    ) -> SeenInFile:
        """Who was in which scene on which day, of the events that say where somebody was."""

        def read() -> SeenInFile:
            work = self._folder.begin_work(str(snapshot.id))
            with loading_engine(self._limits, work) as connection:
                return read_sightings(connection, checked, ordinals, watch)

        return await asyncio.to_thread(read)

    async def read_cells(self, snapshot: Snapshot) -> tuple[list[CellRow], list[Reject]]:
        """The rows of a file of cells, and those that are none; raises InvalidInput."""

        def read() -> tuple[list[CellRow], list[Reject]]:
            path = self._folder.upload(snapshot.sha256)
            columns = read_columns(path)
            check_columns(columns)
            work = self._folder.begin_work(str(snapshot.id))
            source = open_source(path, columns, work, lambda _rows: None)
            with loading_engine(self._limits, work) as connection:
                return read_cell_rows(connection, source), list(source.rejects)

        return await asyncio.to_thread(read)

    async def spare(self, files: Collection[str]) -> None:
        """Keeps files whose place others take, for as long as a question that began on them may last.

        Told before the transaction that replaces them ends: the sweep after it goes by how long nobody touched a file.
        """
        await asyncio.to_thread(self._folder.spare, files)

    async def tidy(self, snapshot: Snapshot, *, keep: Collection[str], now: datetime) -> None:
        """Removes this load's scratch, files other than ``keep`` and what killed loads and uploads left."""

        def tidy() -> None:
            if snapshot.kind is SnapshotKind.EVENTS and snapshot.sha256 not in keep:
                # It may say where somebody was, and nobody keeps that (SEG-29).
                self._folder.forget_upload(snapshot.sha256)
            self._folder.end_work(str(snapshot.id))
            self._folder.sweep(keep=keep, now=now)

        await asyncio.to_thread(tidy)

    async def _write(
        self,
        snapshot: Snapshot,
        checked: CheckedFile,
        ordinals: NDArray[np.uint32],
        rows: Callable[[Iterator[pa.Table]], Iterator[pa.Table]],
        schema: pa.Schema,
        target: Path,
    ) -> int:
        def write() -> int:
            work = self._folder.begin_work(str(snapshot.id))
            written = work / "written.parquet"
            with loading_engine(self._limits, work) as connection:
                count = write_rows(rows(sorted_rows(connection, checked, ordinals, work)), schema, written)
            settle(written, target)
            return count

        return await asyncio.to_thread(write)
