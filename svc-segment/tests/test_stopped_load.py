"""A load that is told to stop ends at its next batch, and begins again where it is asked again."""

import asyncio
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import svc_segment.migrations
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.testing.plugin import MakeDatabase
from svc_segment.app.get_snapshot import get_snapshot
from svc_segment.app.load_snapshot import LoadSnapshot
from svc_segment.app.load_subscribers import LoadSubscribers
from svc_segment.app.receive_snapshot import receive_snapshot
from svc_segment.domain.snapshot import Snapshot, SnapshotKind, SnapshotState
from svc_segment.store.coded_columns import CodedColumns
from svc_segment.store.engine import EngineLimits
from svc_segment.store.folders import DataFolder
from svc_segment.store.snapshot_loader import SnapshotLoader

from .segmentation import csv_file, number_of

ROWS = 200_000
SNAPSHOT = uuid.UUID("0190b3a0-0000-7000-8000-000000000001")
NOW = datetime(2011, 3, 31, tzinfo=UTC)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(svc_segment.migrations.__path__[0])


async def nobody_ended(unit: UnitOfWork, ending: Mapping[int, date]) -> None:
    raise AssertionError(f"{len(ending)} lives ended")


def a_load(database: Database, folder: DataFolder, spill: Path) -> LoadSnapshot:
    loader = SnapshotLoader(folder, EngineLimits(memory_mb=256, threads=1, spill=spill))
    columns = CodedColumns(folder)

    async def prepare(file: str) -> None:
        await asyncio.to_thread(columns.prepare, file)

    intake = LoadSubscribers(database, loader, nobody_ended, prepare)
    return LoadSnapshot(database, loader, lambda: NOW, {SnapshotKind.SUBSCRIBERS: intake})


async def test_a_load_that_is_stopped_can_be_done_again(database: Database, tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    upload = folder.begin_upload()
    upload.write(csv_file(["msisdn"], *[[number_of(one)] for one in range(1, ROWS + 1)]))
    sha256 = upload.keep()
    async with database.unit_of_work() as unit:
        received = Snapshot(
            id=SNAPSHOT,
            state=SnapshotState.RECEIVED,
            kind=SnapshotKind.SUBSCRIBERS,
            as_of=date(2011, 3, 31),
            file_name="base.csv",
            sha256=sha256,
        )
        await receive_snapshot(unit, received, now=NOW)
    loading = asyncio.ensure_future(a_load(database, folder, tmp_path)(SNAPSHOT))
    while not list((tmp_path / "work").glob(f"{SNAPSHOT}-*")):
        await asyncio.sleep(0)
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    async with database.read() as unit:
        assert (await get_snapshot(unit, SNAPSHOT)).state is SnapshotState.LOADING
    await a_load(database, folder, tmp_path)(SNAPSHOT)
    async with database.read() as unit:
        snapshot = await get_snapshot(unit, SNAPSHOT)
    assert (snapshot.state, snapshot.counts.accepted) == (SnapshotState.LOADED, ROWS)
    await a_load(database, folder, tmp_path)(SNAPSHOT)
    async with database.read() as unit:
        assert await get_snapshot(unit, SNAPSHOT) == snapshot


async def test_a_load_of_no_snapshot_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await a_load(database, DataFolder(tmp_path), tmp_path)(SNAPSHOT)
