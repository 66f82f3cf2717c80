"""Rebuilds over real gRPC and PostgreSQL: in order, readable, restartable in the middle, and only of what is behind."""

import asyncio
from pathlib import Path

import pytest

import svc_segment.migrations
from carillon.segment.v1 import membership_pb2
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound
from carillon_chassis.testing.plugin import MakeDatabase

from .segment_desk import SUBSCRIBERS, TYPES, UNKNOWN, SegmentDesk, difference, of, people, union
from .segmentation import LOAD_SECONDS, Segmentation, csv_file, new_request_id, number_of
from .test_killed_load import process

PEOPLE = csv_file(["msisdn", *TYPES], *([number_of(one), *values] for one, values in enumerate(people(), 1)))
# Everybody is ten years older: each rule over age has other members.
OLDER = csv_file(["msisdn", "age"], *([number_of(one), one % 100 + 10] for one in range(1, SUBSCRIBERS + 1)))
# Enough segments that a kill comes in the middle of their rebuild.
MANY = 120


async def rebuilt(segmentation: Segmentation) -> membership_pb2.Rebuild:
    """Begins a rebuild and waits for its end."""
    begun = await invoke(
        segmentation.memberships.RebuildSegments,
        membership_pb2.RebuildSegmentsRequest(request_id=new_request_id()),
    )
    rebuild = begun.rebuild
    async with asyncio.timeout(LOAD_SECONDS):
        while rebuild.state != membership_pb2.REBUILD_STATE_DONE:
            await asyncio.sleep(0.02)
            request = membership_pb2.GetRebuildRequest(id=rebuild.id)
            rebuild = (await invoke(segmentation.memberships.GetRebuild, request)).rebuild
    return rebuild


async def ended(database: Database) -> list[tuple[int, int]]:
    """Segments and how many of them were rebuilt, of each rebuild that had any and is done."""
    async with database.read() as unit:
        rows = await unit.driver.fetch("SELECT segments, rebuilt FROM rebuild WHERE segments > 0 AND state = 'done'")
    return [(row[0], row[1]) for row in rows]


async def test_a_snapshot_leads_to_a_rebuild_of_rules_before_what_rests_on_them(segmentation: Segmentation) -> None:
    await segmentation.load(PEOPLE, TYPES)
    desk = SegmentDesk(segmentation)
    young, old = await desk.rule("young", "age < 30"), await desk.rule("old", "age > 60")
    middle = await desk.algebra("middle", difference(of(await desk.rule("all", "true")), of(young), of(old)))
    also = await desk.algebra("also", union(of(middle), of(young)))
    named = await desk.rule("named", "in_segment('middle') and brand = 'MZONE'")
    await segmentation.load(OLDER, as_of="2011-04-30")
    for made in (young, old, middle, also, named):
        found = await segmentation.rebuilt(made.id, version=2)
        assert (found.version, found.as_of, found.stale) == (2, "2011-04-30", False), found.name
    count = segmentation.count
    assert (await desk.get(middle.id)).count == await count("not age < 30 and not age > 60")
    assert (await desk.get(also.id)).count == await count("not age > 60")
    assert (await desk.get(named.id)).count == await count("not age < 30 and not age > 60 and brand = 'MZONE'")


async def test_a_rebuild_leaves_alone_what_is_up_to_date_and_tells_how_far_it_is(segmentation: Segmentation) -> None:
    await segmentation.load(PEOPLE, TYPES)
    desk = SegmentDesk(segmentation)
    young = await desk.rule("young", "age < 30")
    nothing = await rebuilt(segmentation)
    assert (nothing.segments, nothing.rebuilt, (await desk.get(young.id)).version) == (0, 0, 1)
    with pytest.raises(NotFound) as caught:
        await invoke(segmentation.memberships.GetRebuild, membership_pb2.GetRebuildRequest(id=UNKNOWN))
    assert caught.value.reason == "REBUILD_NOT_FOUND"


async def test_an_archived_segment_is_not_rebuilt_until_it_is_taken_out(segmentation: Segmentation) -> None:
    await segmentation.load(PEOPLE, TYPES)
    desk = SegmentDesk(segmentation)
    young, old = await desk.rule("young", "age < 30"), await desk.rule("old", "age > 60")
    await desk.change(young, archived=True)
    await segmentation.load(OLDER, as_of="2011-04-30")
    await segmentation.rebuilt(old.id, version=2)
    behind = await desk.get(young.id)
    assert (behind.version, behind.stale, list(behind.stale_reasons)) == (1, True, ["SUBSCRIBERS"])
    await desk.change(young, archived=False)
    assert (await segmentation.rebuilt(young.id, version=2)).stale is False


async def test_a_rebuild_killed_in_the_middle_leaves_whole_versions_and_goes_on(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = await make_database(svc_segment.migrations.__path__[0])
    async with process(database, tmp_path) as (segmentation, running):
        await segmentation.load(PEOPLE, TYPES)
        desk = SegmentDesk(segmentation)
        made = [await desk.rule(f"under {age}", f"age < {age}") for age in range(MANY)]
        # Whoever swaps a segment's members locks it; while this one is held here, the rebuild is in its middle.
        async with database.unit_of_work() as unit:
            await unit.driver.execute("SELECT FROM segment WHERE id = $1::text::uuid FOR UPDATE", made[MANY // 2].id)
            await segmentation.load(OLDER, as_of="2011-04-30")
            async with asyncio.timeout(LOAD_SECONDS):
                while not await unit.driver.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    await asyncio.sleep(0.02)
            running.kill()
            await asyncio.to_thread(running.wait)
    async with process(database, tmp_path, working=False) as (segmentation, _):
        desk = SegmentDesk(segmentation)
        found = [await desk.get(segment.id) for segment in made]
        behind = [segment for segment in found if segment.stale]
        assert behind, "the kill came after the end"
        for age, segment in enumerate(found):
            # The old members whole or the new ones whole.
            wanted = 6 * max(0, min(age, 100) if segment.stale else min(age - 10, 100))
            assert (segment.count, len(await desk.ids(segment.id))) == (wanted, wanted)
    async with process(database, tmp_path) as (segmentation, _):
        for age, segment in enumerate(made):
            found_now = await segmentation.rebuilt(segment.id, version=2)
            assert (found_now.version, found_now.count) == (2, 6 * max(0, min(age - 10, 100)))
        async with asyncio.timeout(LOAD_SECONDS):
            while (rows := await ended(database)) == []:
                await asyncio.sleep(0.02)
    assert rows == [(MANY, MANY)]
