"""A process that is killed in the middle of a match leaves the older one whole, and the match goes on after a restart."""

import asyncio
from pathlib import Path

import grpc

import svc_segment.migrations
from carillon.segment.v1 import classification_pb2_grpc, match_pb2, match_pb2_grpc
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.database import Database
from carillon_chassis.identity import acting_as
from carillon_chassis.testing.plugin import MakeDatabase
from svc_segment.store.match_runs import lock_extraction

from .match_desk import ADMIN, RUN_SECONDS, MatchDesk
from .segmentation import Segmentation, csv_file, number_of
from .test_killed_load import process


def desk_over(segmentation: Segmentation, channel: grpc.aio.Channel) -> MatchDesk:
    return MatchDesk(
        segmentation=segmentation,
        matches=match_pb2_grpc.MatchServiceStub(channel),
        classes=classification_pb2_grpc.ClassificationServiceStub(channel),
    )


async def test_a_match_killed_in_the_middle_leaves_the_older_one_and_ends_after_a_restart(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = await make_database(svc_segment.migrations.__path__[0])
    address = f"unix:{tmp_path / 's.sock'}"
    with acting_as(ADMIN):
        async with process(database, tmp_path) as (segmentation, running):
            desk = desk_over(segmentation, open_channel(address))
            await segmentation.load(
                csv_file(["msisdn", "age"], *([number_of(one), one] for one in range(1, 51))), {"age": "integer"}
            )
            await desk.put("FETION")
            await desk.add("R1", "FETION", "age > 20", monthly_volume=10)
            older = await desk.matched()
            # Whoever ends a match takes this lock; while it is held here, the second match is in its middle.
            async with database.unit_of_work() as unit:
                await lock_extraction(unit)
                second = await desk.request("2011-04")
                await _in_the_middle(database, desk, second.id)
                running.kill()
                await asyncio.to_thread(running.wait)
        async with process(database, tmp_path, working=False) as (segmentation, _):
            desk = desk_over(segmentation, open_channel(address))
            assert (await _look(desk, second.id)).state == match_pb2.RUN_STATE_RUNNING
            assert len(await desk.extract(older.id)) == 10
            assert (await desk.verdicts(21))["R1"][0] in {"recommended", "volume_spent"}
        async with process(database, tmp_path) as (segmentation, _):
            desk = desk_over(segmentation, open_channel(address))
            ended = await desk.ended(second.id)
            assert (ended.state, ended.recommended, ended.covered) == (match_pb2.RUN_STATE_DONE, 10, 10)
    async with database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM match_share") == 2
        assert await unit.driver.fetchval("SELECT count(*) FROM match_extraction") == 2


async def _look(desk: MatchDesk, match_id: str) -> match_pb2.Match:
    return (await invoke(desk.matches.GetMatch, match_pb2.GetMatchRequest(id=match_id))).match


async def _in_the_middle(database: Database, desk: MatchDesk, match_id: str) -> None:
    """Waits until the match waits for the lock."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with asyncio.timeout(RUN_SECONDS):
        while True:
            async with database.read() as unit:
                if await unit.driver.fetchval(waiting):
                    break
            await asyncio.sleep(0.02)
    assert (await _look(desk, match_id)).state == match_pb2.RUN_STATE_RUNNING
