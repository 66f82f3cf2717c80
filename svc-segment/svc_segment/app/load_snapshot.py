"""Loads a received file: has it checked, hands it to the intake of its kind, tells how far it is and how it ended.

Every step may be repeated: a process that dies anywhere leaves the old version current, and the job begins
again. Only an intake's last transaction makes anything visible but the ordinals, which are for ever anyway.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

from carillon_chassis.database import Database
from carillon_chassis.errors import Conflict, InvalidInput, NotFound, Unavailable
from svc_segment.app.end_snapshot import end_snapshot
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.file_shape import FileShape, shape_file
from svc_segment.domain.list_kind import find_kind
from svc_segment.domain.snapshot import Snapshot, SnapshotKind, SnapshotState
from svc_segment.store.kept_files import files_in_use
from svc_segment.store.reference import shipped_list_kinds
from svc_segment.store.snapshot_file import CheckedFile
from svc_segment.store.snapshot_loader import Progress, SnapshotLoader
from svc_segment.store.snapshots import lock_snapshot, save_progress, save_state

# A progress bar that moves twice a second looks alive.
PROGRESS_SECONDS = 0.5

# Checks the file against what is known of its columns, and gives what it is and what is in it.
Check = Callable[[Dictionary], Awaitable[tuple[FileShape, CheckedFile]]]


class Intake(Protocol):
    """What becomes of the good rows of one kind of file."""

    async def __call__(self, snapshot: Snapshot, check: Check) -> None:
        """Brings them in, visible whole or not at all; raises InvalidInput or Conflict for a file to be refused."""


class LoadSnapshot:
    """The job ``load_snapshot``; loads of one process go one after the other."""

    def __init__(
        self,
        database: Database,
        loader: SnapshotLoader,
        now: Callable[[], datetime],
        intakes: Mapping[SnapshotKind, Intake],
    ) -> None:
        self._database = database
        self._loader = loader
        self._now = now
        self._intakes = intakes
        self._turn = asyncio.Lock()

    async def __call__(self, snapshot_id: uuid.UUID) -> None:
        """Loads one snapshot to its end; nothing happens for one that has ended already.

        Raises NotFound for one that is not there, Unavailable when another process swapped in between.
        """
        async with self._turn:
            snapshot = await self._begin(snapshot_id)
            if snapshot.state is not SnapshotState.LOADING:
                # A process that died after the end left its files.
                await self._tidy(snapshot)
                return
            try:
                await self._intakes[snapshot.kind](snapshot, partial(self._check, snapshot))
            except (InvalidInput, Conflict) as refusal:
                failed = replace(snapshot, state=SnapshotState.FAILED, problem=refusal.detail)
                async with self._database.unit_of_work() as unit:
                    await end_snapshot(unit, failed)
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

    async def _check(self, snapshot: Snapshot, known: Dictionary) -> tuple[FileShape, CheckedFile]:
        columns = await self._loader.columns(snapshot)
        list_kind = find_kind(shipped_list_kinds(), snapshot.list_kind)
        shape = shape_file(snapshot.kind, columns, snapshot.dictionary, known, list_kind)
        progress = Progress()
        ended = asyncio.Event()
        telling = asyncio.ensure_future(self._tell_progress(snapshot, progress, ended))
        try:
            return shape, await self._loader.check(snapshot, columns, shape, progress, self._now())
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

    async def _tidy(self, snapshot: Snapshot) -> None:
        async with self._database.read() as unit:
            kept = await files_in_use(unit)
        await self._loader.tidy(snapshot, keep=kept, now=self._now())
