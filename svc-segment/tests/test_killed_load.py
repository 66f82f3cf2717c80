"""A process that is killed in the middle of a load leaves the old version whole, and the load goes on after a restart."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import svc_segment.migrations
from carillon.segment.v1 import snapshot_pb2
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase
from svc_segment.store.granting import ORDINALS_LOCK

from .conftest import over
from .segmentation import Segmentation, csv_file, number_of

# Enough rows for a load of seconds, so that the kill comes in the middle of it.
MANY = 150_000
# Every library is compiled anew where bytecode is not kept, on a machine that does other things too.
START_SECONDS = 120


@asynccontextmanager
async def process(
    database: Database, folder: Path, *, working: bool = True
) -> AsyncIterator[tuple[Segmentation, "subprocess.Popen[bytes]"]]:
    """svc-segment as a process of its own, over its socket."""
    address = f"unix:{folder / 's.sock'}"
    environment = {
        **os.environ,
        "CARILLON_SEGMENT_DATABASE_URL": database.url,
        "CARILLON_SEGMENT_LISTEN": address,
        "CARILLON_SEGMENT_DATA_DIR": str(folder / "data"),
        "CARILLON_SEGMENT_EMBEDDED_WORKER": str(working).lower(),
    }
    running = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-m", "svc_segment", "serve"], env=environment, stdout=subprocess.DEVNULL
    )
    channel = open_channel(address)
    try:
        await asyncio.wait_for(channel.channel_ready(), START_SECONDS)
        yield over(channel, database, folder / "data"), running
    finally:
        await channel.close()
        running.kill()
        await asyncio.to_thread(running.wait)


async def in_the_middle(segmentation: Segmentation, snapshot: snapshot_pb2.Snapshot) -> None:
    """Waits until rows are being read."""
    async with asyncio.timeout(START_SECONDS):
        while not snapshot.rows_done:
            assert snapshot.state in {snapshot_pb2.SNAPSHOT_STATE_RECEIVED, snapshot_pb2.SNAPSHOT_STATE_LOADING}
            await asyncio.sleep(0.01)
            request = snapshot_pb2.GetSnapshotRequest(id=snapshot.id)
            snapshot = (await invoke(segmentation.snapshots.GetSnapshot, request)).snapshot
    assert snapshot.state == snapshot_pb2.SNAPSHOT_STATE_LOADING


async def test_a_load_killed_in_the_middle_leaves_the_old_version_and_ends_after_a_restart(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = await make_database(svc_segment.migrations.__path__[0])
    rows = [[number_of(one), 1, f"{one:0100d}"] for one in range(1, MANY + 1)]
    async with process(database, tmp_path) as (segmentation, running):
        await segmentation.load(csv_file(["msisdn", "age"], [number_of(1), 40], [number_of(2), 50]), {"age": "integer"})
        content = csv_file(["msisdn", "age", "note"], *rows)
        # Whoever grants ordinals takes this lock; while it is held here, the load is in its middle.
        async with database.unit_of_work() as unit:
            await unit.driver.execute("SELECT pg_advisory_xact_lock($1)", ORDINALS_LOCK)
            second = await segmentation.upload(content, {"note": "text"}, as_of="2011-04-30")
            await in_the_middle(segmentation, second)
            running.kill()
            await asyncio.to_thread(running.wait)
    async with process(database, tmp_path, working=False) as (segmentation, _):
        assert await segmentation.count("age >= 40") == await segmentation.count("true") == 2
    async with process(database, tmp_path) as (segmentation, _):
        ended = await segmentation.ended(second)
        assert (ended.state, ended.accepted, ended.rejected) == (snapshot_pb2.SNAPSHOT_STATE_LOADED, MANY, 0)
        assert await segmentation.count("age = 1") == MANY
        assert await segmentation.count("age >= 40") == 0
    async with database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM base") == 2
        assert await unit.driver.fetchval("SELECT max(subscriber_id) = count(*) FROM number")
    assert not list((tmp_path / "data" / "work").iterdir())


async def test_a_month_killed_in_the_middle_stays_as_it_was_and_is_replaced_after_a_restart(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = await make_database(svc_segment.migrations.__path__[0])
    async with database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO number (subscriber_id, msisdn) SELECT n, 8613800000000 + n FROM generate_series(1, $1::int) AS n",
            MANY,
        )

    async def month() -> tuple[int, int]:
        async with database.read() as unit:
            row = await unit.driver.fetchrow("SELECT version, rows FROM usage_month")
        return (row["version"], row["rows"]) if row else (0, 0)

    rows = [[number_of(one), 2, f"{one:0100d}"] for one in range(1, MANY + 1)]
    async with process(database, tmp_path) as (segmentation, running):
        first = csv_file(["msisdn", "calls"], [number_of(1), 1])
        await segmentation.load(first, {"calls": "integer"}, kind="usage", month="2011-03")
        content = csv_file(["msisdn", "calls", "digits"], *rows)
        # The month's row is replaced at the end of a load; while it is held here, the load is in its middle.
        async with database.unit_of_work() as unit:
            await unit.driver.execute("SELECT FROM usage_month FOR UPDATE")
            second = await segmentation.upload(content, {"digits": "number"}, kind="usage", month="2011-03")
            await in_the_middle(segmentation, second)
            running.kill()
            await asyncio.to_thread(running.wait)
    assert await month() == (1, 1)
    async with process(database, tmp_path) as (segmentation, _):
        ended = await segmentation.ended(second)
        assert (ended.state, ended.accepted, ended.rejected) == (snapshot_pb2.SNAPSHOT_STATE_LOADED, MANY, 0)
    assert await month() == (2, MANY)
