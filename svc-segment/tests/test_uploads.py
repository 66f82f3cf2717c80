"""The stream of an upload: its order is checked, a broken one leaves nothing behind, old scratch is swept."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest

from carillon.segment.v1 import snapshot_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput
from svc_segment.store.folders import LEFT_ALONE, UPLOAD_LEFT_ALONE, DataFolder, Upload

from .segmentation import Segmentation, csv_file, number_of

HEADER = snapshot_pb2.UploadSnapshotRequest(
    header=snapshot_pb2.SnapshotHeader(request_id="1", as_of="2011-03-31", kind="subscribers", file_name="base.csv")
)
PIECE = snapshot_pb2.UploadSnapshotRequest(piece=b"msisdn\n13800000001\n")


async def stream(
    parts: Sequence[snapshot_pb2.UploadSnapshotRequest],
) -> AsyncIterator[snapshot_pb2.UploadSnapshotRequest]:
    for part in parts:
        yield part


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def scratch(segmentation: Segmentation) -> list[str]:
    return names_in(segmentation.data_dir / "work")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "UPLOAD_ORDER"),
        ([PIECE, HEADER], "UPLOAD_ORDER"),
        ([HEADER, PIECE, HEADER], "UPLOAD_ORDER"),
        ([HEADER, snapshot_pb2.UploadSnapshotRequest(piece=bytes(1_048_577))], "SHAPE"),
        ([snapshot_pb2.UploadSnapshotRequest()], "SHAPE"),
    ],
)
async def test_an_upload_out_of_order_or_shape_is_refused(
    segmentation: Segmentation, parts: list[snapshot_pb2.UploadSnapshotRequest], reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await invoke(segmentation.snapshots.UploadSnapshot, stream(parts))
    assert caught.value.reason == reason
    assert scratch(segmentation) == []


@pytest.mark.parametrize("opening_seconds", [0.0, 0.3])
async def test_a_caller_that_goes_away_in_the_middle_leaves_nothing_behind(
    segmentation: Segmentation, monkeypatch: pytest.MonkeyPatch, opening_seconds: float
) -> None:
    begin_upload = DataFolder.begin_upload

    def begin(folder: DataFolder) -> Upload:
        upload = begin_upload(folder)
        time.sleep(opening_seconds)
        return upload

    monkeypatch.setattr(DataFolder, "begin_upload", begin)

    async def endless() -> AsyncIterator[snapshot_pb2.UploadSnapshotRequest]:
        yield HEADER
        yield PIECE
        await asyncio.sleep(60)

    call: grpc.aio.StreamUnaryCall[snapshot_pb2.UploadSnapshotRequest, snapshot_pb2.UploadSnapshotResponse] = (
        segmentation.snapshots.UploadSnapshot(endless())
    )
    async with asyncio.timeout(20):
        while not scratch(segmentation):
            await asyncio.sleep(0.01)
        call.cancel()
        while scratch(segmentation):
            await asyncio.sleep(0.01)
    async with segmentation.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM snapshot") == 0


async def test_a_load_leaves_only_the_upload_and_its_version(segmentation: Segmentation) -> None:
    snapshot = await segmentation.load(csv_file(["msisdn"], [number_of(1)]))
    async with asyncio.timeout(20):
        while scratch(segmentation):
            await asyncio.sleep(0.01)
    assert names_in(segmentation.data_dir / "uploads") == [snapshot.sha256]
    assert names_in(segmentation.data_dir / "base") == [f"{snapshot.id}.parquet"]


def test_the_sweep_takes_what_is_old_and_leaves_what_is_kept_or_young(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    now = datetime.now(UTC)
    long_ago = (now - LEFT_ALONE - timedelta(minutes=1)).timestamp()
    (tmp_path / "work" / "killed").mkdir()
    old = ["base/kept.parquet", "base/old.parquet", "uploads/kept", "uploads/loaded", "usage/old.parquet"]
    old += ["events/old.parquet", "lists/old.parquet", "work/upload-old"]
    for name in [*old, "base/young.parquet", "uploads/unbooked", "uploads/young", "work/upload-young"]:
        (tmp_path / name).write_bytes(b"x")
    for name in [*old, "work/killed"]:
        os.utime(tmp_path / name, (long_ago, long_ago))
    minutes_ago = (now - UPLOAD_LEFT_ALONE - timedelta(minutes=1)).timestamp()
    os.utime(tmp_path / "uploads" / "unbooked", (minutes_ago, minutes_ago))
    folder.sweep(keep={"kept.parquet", "kept"}, now=now)
    assert names_in(tmp_path / "uploads") == ["kept", "young"]
    assert [names_in(tmp_path / name) for name in ("usage", "events", "lists")] == [[], [], []]
    assert names_in(tmp_path / "base") == ["kept.parquet", "young.parquet"]
    assert names_in(tmp_path / "work") == ["upload-young"]
