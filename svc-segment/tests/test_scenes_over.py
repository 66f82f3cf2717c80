"""SEG-29: what was found by a scene goes when it is watched no longer, from tables, files and answers."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from pyarrow import parquet
from pyroaring import BitMap

from carillon.segment.v1 import match_pb2, segment_pb2, tag_pb2
from carillon_chassis.client import invoke, invoke_stream
from carillon_chassis.identity import acting_as
from svc_segment.app.forget_remnants import READ_SECONDS, REBUILT_WITHIN, forget_remnants
from svc_segment.app.refresh_tags import forget_older_tags
from svc_segment.app.stream_members import PINNED_FOR
from svc_segment.store.folders import DataFolder

from .match_desk import ADMIN, AGENT
from .segment_desk import SegmentDesk, intersection, of
from .segmentation import new_request_id
from .tag_desk import CELL, Tagging

SEEN = BitMap(range(1, 41))
# Sets of subscribers; of other bytes (messages of jobs, answers to commands) none says who was where.
SETS = (
    ("membership", "bitmap"),
    ("tag_observation", "subscribers"),
    ("sighting", "subscribers"),
    ("match_share", "fits"),
    ("match_share", "speaks"),
    ("match_extraction", "subscribers"),
    ("class_members", "members"),
)
REBUILT_SECONDS = 30


@pytest.fixture
async def watched(tagging: Tagging) -> Tagging:
    """The first forty of sixty carry the tag of a scene."""
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(SEEN, days=3)
    await tagging.refresh()
    return tagging


async def told(tagging: Tagging) -> set[str]:
    """Where it is still kept who of the forty was seen."""
    found = set()
    async with tagging.segmentation.database.read() as unit:
        for table, column in SETS:
            for (kept,) in await unit.driver.fetch(f"SELECT {column} FROM {table} WHERE {column} <> ''::bytea"):  # noqa: S608 -- names of ours
                if BitMap.deserialize(kept) & SEEN:
                    found.add(f"{table}.{column}")
        assert {(row[0], row[1]) for row in await unit.driver.fetch(BYTES)} == set(SETS)
    for file in (tagging.segmentation.data_dir / "tags").iterdir():
        if BitMap(parquet.read_table(file)["subscriber_id"].to_pylist()) & SEEN:
            found.add("tags")
    return found


# Every column of bytes but the chassis's own: a new one has to be told above.
BYTES = """
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'
    AND table_name NOT IN ('command', 'outbox', 'pgqueuer')
"""


async def forget(tagging: Tagging, *, after: timedelta) -> int:
    """Looks at what is left, so much later, until nothing more changes."""
    now = datetime.now(UTC) + after
    left = 0
    for _ in range(3):
        left = await forget_remnants(tagging.segmentation.database, now=now)
    await forget_older_tags(tagging.segmentation.database, DataFolder(tagging.segmentation.data_dir), now=now)
    return left


async def end(tagging: Tagging) -> None:
    await invoke(tagging.tags.EndScene, tag_pb2.EndSceneRequest(request_id=new_request_id(), code="WORK"))


async def renewed(tagging: Tagging, *segments: segment_pb2.Segment) -> None:
    """Waits until the segments are up to date."""
    desk = SegmentDesk(tagging.segmentation)
    async with asyncio.timeout(REBUILT_SECONDS):
        while any([(await desk.get(segment.id)).stale for segment in segments]):
            await asyncio.sleep(0.05)


async def test_memberships_of_every_kind_and_tags_of_members_go_with_the_scene(watched: Tagging) -> None:
    desk = SegmentDesk(watched.segmentation)
    workers = await desk.rule("workers", "has_tag('circle/work')")
    young = await desk.rule("young", "age <= 30")
    both = await desk.algebra("both", intersection(of(workers), of(young)))
    reading = await desk.rule("reading", "in_segment('workers') and age <= 35")
    await watched.tag("staff", workers.id, 0.7)
    staff = await desk.rule("staff", "has_tag('staff')")
    archived = await desk.rule("archived", "has_tag('circle')")
    await desk.change(archived, archived=True)
    assert (workers.count, both.count, reading.count, staff.count, archived.count) == (40, 30, 35, 40, 40)

    await end(watched)
    await renewed(watched, workers, both, reading, staff)
    for segment in (workers, both, reading, staff):
        assert (await desk.get(segment.id)).count == 0
    assert (await watched.all(), await watched.of(1)) == ({}, {})
    # A question that began before may still read the version before, some minutes.
    assert "membership.bitmap" in await told(watched)
    await forget(watched, after=timedelta(seconds=READ_SECONDS // 2))
    assert "membership.bitmap" in await told(watched)
    assert await forget(watched, after=timedelta(seconds=READ_SECONDS + 60)) == 0
    async with watched.segmentation.database.read() as unit:
        kept = await unit.driver.fetch("SELECT segment_id, bitmap FROM membership")
    # The segment that rests on no scene has whom it had.
    assert {row[0] for row in kept if BitMap.deserialize(row[1])} == {uuid.UUID(young.id)}
    assert await told(watched) == {"membership.bitmap"}


async def test_no_file_of_tags_outlives_the_scene_by_more_than_a_question(watched: Tagging) -> None:
    await end(watched)
    assert "tags" in await told(watched)
    await forget(watched, after=timedelta(minutes=5))
    assert "tags" in await told(watched)
    await forget(watched, after=timedelta(minutes=11))
    assert await told(watched) == set()


async def test_a_version_that_a_launch_streams_goes_when_the_launch_must_be_over(watched: Tagging) -> None:
    desk = SegmentDesk(watched.segmentation)
    workers = await desk.rule("workers", "has_tag('circle/work')")
    request = segment_pb2.StreamMembersRequest(segment_id=workers.id, segment_version=workers.version)
    assert [one async for one in invoke_stream(watched.segmentation.segments.StreamMembers, request)]
    await end(watched)
    await renewed(watched, workers)
    assert await forget(watched, after=PINNED_FOR - timedelta(minutes=1)) == 1
    assert await told(watched) == {"membership.bitmap"}
    # Asking again and again for it does not keep it for ever.
    assert [one async for one in invoke_stream(watched.segmentation.segments.StreamMembers, request)]
    assert await forget(watched, after=PINNED_FOR + timedelta(minutes=1)) == 0
    assert await told(watched) == set()


async def test_a_match_forgets_whom_the_scene_named_and_keeps_its_counts(watched: Tagging) -> None:
    desk = watched.matching
    with acting_as(ADMIN):
        await desk.put("FETION")
        await desk.put("CRBT", owned_when="has_tag('circle/work')")
        await desk.add("R1", "FETION", "has_tag('circle/work')", monthly_volume=30)
        await desk.add("R2", "CRBT", "age > 40")
        match = await desk.matched()
        assert len(await desk.extract(match.id, rule="R1")) == 30
        await end(watched)
        assert await told(watched) & {"match_share.fits", "match_share.speaks", "match_extraction.subscribers"} == set()
        assert await desk.extract(match.id) == []
        shown = (await invoke(desk.matches.GetMatch, match_pb2.GetMatchRequest(id=match.id))).match
        assert {share.rule: (share.fitting, share.placed[0]) for share in shown.shares} == {
            "R1": (40, 30),
            "R2": (20, 20),
        }
    with acting_as(AGENT):
        assert {rule: verdict for rule, (verdict, _) in (await desk.verdicts(1)).items()}["R1"] != "recommended"


async def test_another_tag_of_the_scene_lets_go_what_the_first_found(watched: Tagging) -> None:
    desk = SegmentDesk(watched.segmentation)
    workers = await desk.rule("workers", "has_tag('circle/work')")
    await watched.watch(path="circle/office")
    await renewed(watched, workers)
    assert await forget(watched, after=timedelta(seconds=READ_SECONDS + 60)) == 0
    assert await told(watched) == {"sighting.subscribers"}


async def test_what_cannot_be_rebuilt_is_emptied_after_an_hour(watched: Tagging) -> None:
    desk = SegmentDesk(watched.segmentation)
    workers = await desk.rule("workers", "has_tag('circle/work') and age > 0")
    async with watched.segmentation.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE segment_definition SET rule = 'nonsense > 1'")
    await end(watched)
    assert await forget(watched, after=REBUILT_WITHIN - timedelta(minutes=1)) == 1
    assert (await desk.get(workers.id)).count == 40
    await forget(watched, after=REBUILT_WITHIN + timedelta(minutes=1))
    emptied = await desk.get(workers.id)
    assert (emptied.count, emptied.stale) == (0, True)
    assert await forget(watched, after=REBUILT_WITHIN + timedelta(minutes=20)) == 0
    assert await told(watched) == set()
