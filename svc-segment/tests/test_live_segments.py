"""Memberships that follow events within seconds, over real gRPC and PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import event_pb2, membership_pb2, segment_pb2
from carillon_chassis.client import invoke

from .segment_desk import TYPES, SegmentDesk, difference, of, people
from .segmentation import Segmentation, csv_file, new_request_id, number_of

# What an operator is promised; a busy machine may need it all.
LIVE_SECONDS = 30


@pytest.fixture
async def desk(segmentation: Segmentation) -> SegmentDesk:
    """Six hundred subscribers."""
    rows = [[number_of(one), *values] for one, values in enumerate(people(), 1)]
    await segmentation.load(csv_file(["msisdn", *TYPES], *rows), TYPES)
    return SegmentDesk(segmentation)


async def tell(desk: SegmentDesk, kind: str, *subscriber_ids: int, ago: timedelta = timedelta()) -> None:
    at = Timestamp()
    at.FromDatetime(datetime.now(UTC) - ago)
    events = [event_pb2.Event(msisdn=number_of(one), type=kind, at=at) for one in subscriber_ids]
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=events)
    assert (await invoke(desk.segmentation.events.RecordEvents, request)).accepted == len(events)


async def becomes(desk: SegmentDesk, segment: segment_pb2.Segment, ids: list[int]) -> None:
    """Waits until a segment has exactly these members."""
    async with asyncio.timeout(LIVE_SECONDS):
        while await desk.ids(segment.id) != ids:
            await asyncio.sleep(0.05)


async def test_an_event_moves_its_subscriber_into_and_out_of_segments_within_seconds(desk: SegmentDesk) -> None:
    """SEG-07, SEG-80."""
    visited = await desk.rule("visited", "count_events('visit', 30) >= 2 and age < 50")
    absent = await desk.rule("absent", "no_events('visit', 30) and branch = 'guangzhou' and age < 8")
    assert (visited.count, await desk.ids(absent.id)) == (
        0,
        [one for one in range(1, 601) if one % 100 < 8 and one % 2 == 0],
    )
    await tell(desk, "visit", 2, 2, 104, 77, 77)
    await becomes(desk, visited, [2])
    before = [one for one in range(1, 601) if one % 100 < 8 and one % 2 == 0]
    await becomes(desk, absent, [one for one in before if one not in {2, 104}])
    await tell(desk, "visit", 104)
    await becomes(desk, visited, [2, 104])
    request = membership_pb2.ListMembershipsRequest(subscriber_id=104)
    answer = await invoke(desk.segmentation.memberships.ListMemberships, request)
    assert [one.name for one in answer.memberships] == ["visited"]
    async with desk.segmentation.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM live_touch") == 0


async def test_other_events_and_old_ones_change_nothing(desk: SegmentDesk) -> None:
    visited = await desk.rule("visited", "count_events('visit', 3) >= 1")
    await tell(desk, "click", 1, 2, 3)
    await tell(desk, "visit", 4, ago=timedelta(days=4))
    await tell(desk, "visit", 5)
    await becomes(desk, visited, [5])
    assert (await desk.get(visited.id)).version == 2


async def test_what_rests_on_a_live_segment_follows_it(desk: SegmentDesk) -> None:
    visited = await desk.rule("visited", "count_events('visit', 30) >= 1")
    rest = await desk.algebra("rest", difference(of(await desk.rule("few", "age < 2")), of(visited)))
    before = await desk.ids(rest.id)
    await tell(desk, "visit", before[0])
    await becomes(desk, rest, before[1:])
    assert (await desk.get(rest.id)).stale is False
