"""Loads a received file: checks it, grants ordinals, merges it and swaps the subscribers whole.

Every step may be repeated: a process that dies anywhere leaves the old version current, and the job begins
again. Only the last transaction makes anything visible but the ordinals, which are for ever anyway.
"""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Conflict, InvalidInput, NotFound, Unavailable
from carillon_chassis.jobs import enqueue
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.segment import Base
from svc_segment.domain.snapshot import Counts, Snapshot, SnapshotState, file_attributes
from svc_segment.store.attributes import read_dictionary, save_attributes
from svc_segment.store.bases import lock_base, newest_bases, read_base, save_base
from svc_segment.store.numbers import grant_ordinals
from svc_segment.store.snapshot_file import CheckedFile
from svc_segment.store.snapshot_loader import Progress, SnapshotLoader
from svc_segment.store.snapshots import lock_snapshot, save_progress, save_rejects, save_state

REBUILD_SEGMENTS = "rebuild_segments"
# A progress bar that moves twice a second looks alive.
PROGRESS_SECONDS = 0.5
# The current version and the one that a question may have begun on.
VERSIONS_KEPT = 2


class LoadSnapshot:
    """The job ``load_snapshot``; loads of one process go one after the other."""

    def __init__(self, database: Database, loader: SnapshotLoader, now: Callable[[], datetime]) -> None:
        self._database = database
        self._loader = loader
        self._now = now
        self._turn = asyncio.Lock()

    async def __call__(self, snapshot_id: uuid.UUID) -> None:
        """Loads one snapshot to its end; nothing happens for one that has ended already.

        Raises NotFound for one that is not there, Unavailable when another process swapped in between.
        """
        async with self._turn:
            snapshot = await self._begin(snapshot_id)
            if snapshot.state is not SnapshotState.LOADING:
                return
            try:
                await self._load(snapshot)
            except (InvalidInput, Conflict) as refusal:
                await self._end(replace(snapshot, state=SnapshotState.FAILED, problem=refusal.detail))
            await self._tidy(snapshot)

    async def _begin(self, snapshot_id: uuid.UUID) -> Snapshot:
        async with self._database.unit_of_work() as unit:
            snapshot = await lock_snapshot(unit, snapshot_id)
            if snapshot is None:
                raise NotFound(reason="SNAPSHOT_NOT_FOUND", field="id", detail=f"there is no snapshot {snapshot_id}")
            if snapshot.state in {SnapshotState.LOADED, SnapshotState.FAILED}:
                return snapshot
            snapshot.check_move(SnapshotState.LOADING)
            snapshot = replace(snapshot, state=SnapshotState.LOADING, rows_done=0)
            await save_state(unit, snapshot)
            return snapshot

    async def _load(self, snapshot: Snapshot) -> None:
        async with self._database.read() as unit:
            # In this order the dictionary has every column of the file; a swap in between is found at our own.
            base = await read_base(unit)
            known = await read_dictionary(unit)
        columns = await self._loader.columns(snapshot)
        in_file = file_attributes(columns, snapshot.dictionary, known)
        checked = await self._check(snapshot, columns, in_file)
        async with self._database.unit_of_work() as unit:
            ordinals = pa.array(await grant_ordinals(unit, checked.numbers))
        file = f"{snapshot.id}.parquet"
        subscribers = await self._loader.merge(
            checked, ordinals, in_file=in_file, in_base=known if base else Dictionary(), base=base, file=file
        )
        version = base.version + 1 if base else 1
        await self._swap(
            snapshot, checked, in_file, Base(version=version, file=file, as_of=snapshot.as_of, subscribers=subscribers)
        )

    async def _check(self, snapshot: Snapshot, columns: tuple[str, ...], in_file: Dictionary) -> CheckedFile:
        progress = Progress()
        ended = asyncio.Event()
        telling = asyncio.ensure_future(self._tell_progress(snapshot, progress, ended))
        try:
            return await self._loader.check(snapshot, columns, in_file, progress)
        finally:
            # After the end this stops nothing; after a cancellation it stops the thread at its next batch.
            progress.stop()
            ended.set()
            with suppress(Unavailable):
                await telling

    async def _tell_progress(self, snapshot: Snapshot, progress: Progress, ended: asyncio.Event) -> None:
        """Writes the progress now and then, and once more at the end."""
        while not ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), PROGRESS_SECONDS)
            async with self._database.unit_of_work() as unit:
                await save_progress(unit, snapshot.id, progress.rows)

    async def _swap(self, snapshot: Snapshot, checked: CheckedFile, in_file: Dictionary, base: Base) -> None:
        accepted = len(checked.rows)
        counts = Counts(rows=checked.read, accepted=accepted, rejected=len(checked.rejects))
        async with self._database.unit_of_work() as unit:
            current = await lock_base(unit)
            if (current.version if current else 0) + 1 != base.version:
                raise Unavailable(
                    reason="BASE_SWAPPED", detail="another snapshot was loaded meanwhile; it is done again"
                )
            (await read_dictionary(unit)).extended_by(in_file.values())
            await save_attributes(unit, in_file.values())
            await save_base(unit, base, snapshot.id)
            await save_rejects(unit, snapshot.id, checked.rejects)
            loaded = replace(snapshot, state=SnapshotState.LOADED, counts=counts, rows_done=checked.read)
            await _move(unit, loaded)
            await enqueue(unit, REBUILD_SEGMENTS, str(base.version).encode(), key=f"{REBUILD_SEGMENTS}:{base.version}")

    async def _end(self, snapshot: Snapshot) -> None:
        async with self._database.unit_of_work() as unit:
            await _move(unit, snapshot)

    async def _tidy(self, snapshot: Snapshot) -> None:
        async with self._database.read() as unit:
            kept = [base.file for base in await newest_bases(unit, VERSIONS_KEPT)]
        await self._loader.tidy(snapshot, keep=kept, now=self._now())


async def _move(unit: UnitOfWork, snapshot: Snapshot) -> None:
    """Writes a snapshot's end; one that has ended already stays."""
    current = await lock_snapshot(unit, snapshot.id)
    if current is not None:
        current.check_move(snapshot.state)
        await save_state(unit, snapshot)
