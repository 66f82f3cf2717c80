"""Tags and scenes over real gRPC and PostgreSQL: no track is kept, few are not shown, rules and subscribers see tags."""

from datetime import UTC, datetime

import pytest

from carillon.segment.v1 import event_pb2, membership_pb2, tag_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as

from .segment_desk import SegmentDesk, intersection, of
from .segmentation import new_request_id, number_of
from .tag_desk import CELL, Tagging

AGENT = Identity(subject="agent", roles=frozenset({"agent"}))


async def test_who_is_often_seen_in_a_scene_carries_its_tag(tagging: Tagging) -> None:
    # SEG-08, SEG-28, SEG-33
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(range(1, 31), days=3)
    await tagging.see(range(1, 26), days=3, until=3)
    await tagging.see(range(40, 61), days=2)
    await tagging.refresh()
    assert await tagging.all() == {"circle/work": 30}
    assert (await tagging.of(30), await tagging.of(1), await tagging.of(40)) == (
        {"circle/work": 0.75},
        {"circle/work": 0.9375},
        {},
    )
    assert await tagging.segmentation.count("has_tag('circle/work')") == 30
    assert await tagging.segmentation.count("has_tag('circle', 0.9) and age <= 25") == 25
    assert await tagging.segmentation.count("not has_tag('circle')") == 30


async def test_no_cell_and_no_time_of_anybody_is_kept_anywhere(tagging: Tagging) -> None:
    """SEG-29: of a sighting only scene and day remain, in no table and in no file more."""
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(range(1, 41), days=3)
    await tagging.see(range(1, 41), days=1, cell="cell-of-no-scene")
    found = {}
    async with tagging.segmentation.database.read() as unit:
        names = await unit.driver.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in names:
            if table == "cell":
                continue
            # As text, and as the bytes that a column of bytes shows.
            asked = f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE ANY($1::text[])"  # noqa: S608 -- names that the database itself gives
            patterns = [f"%{text}%" for cell in (CELL, "cell-of-no-scene") for text in (cell, cell.encode().hex())]
            found[table] = await unit.driver.fetchval(asked, patterns)
        assert await unit.driver.fetchval("SELECT count(*) FROM event") == 0
        columns = await unit.driver.fetch(
            "SELECT data_type FROM information_schema.columns WHERE table_name IN ('sighting', 'sighting_inbox')"
        )
    assert {table for table, count in found.items() if count} == set()
    assert "timestamp with time zone" not in {column[0] for column in columns}
    for path in tagging.segmentation.data_dir.rglob("*"):
        assert not path.is_file() or CELL.encode() not in path.read_bytes()


async def test_days_go_as_soon_as_no_scene_looks_back_at_them(tagging: Tagging) -> None:
    await tagging.watch(window_days=3, least_days=1)
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(range(1, 31), days=6)
    await tagging.refresh()
    async with tagging.segmentation.database.read() as unit:
        days = await unit.driver.fetchval("SELECT count(*) FROM sighting")
    assert days == 3
    await invoke(tagging.tags.EndScene, tag_pb2.EndSceneRequest(request_id=new_request_id(), code="WORK"))
    async with tagging.segmentation.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM sighting") == 0
    assert (await tagging.all(), await tagging.of(1)) == ({}, {})


async def test_fewer_than_twenty_are_no_group_and_carry_no_tag(tagging: Tagging) -> None:
    # SEG-29
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(range(1, 20), days=3)
    await tagging.refresh()
    assert (await tagging.all(), await tagging.of(1)) == ({}, {})
    await tagging.see([20], days=3)
    await tagging.refresh()
    assert await tagging.all() == {"circle/work": 20}


async def test_a_rule_that_cuts_a_scene_down_to_persons_is_refused(tagging: Tagging) -> None:
    """SEG-29: neither a preview nor a segment nor a grid shows 1 to 19 whom a scene names."""
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(range(1, 41), days=3)
    await tagging.refresh()
    count, create = tagging.segmentation.count, tagging.segmentation.create
    assert await count("has_tag('circle/work') and age <= 20") == 20
    assert await count("has_tag('circle/work') and age > 40") == 0
    grid = membership_pb2.CountGridRequest(rows=["has_tag('circle')"], columns=["age <= 30", "age > 30"])
    for refused in (
        count("has_tag('circle/work') and age <= 19"),
        count("has_tag('circle') and age = 7"),
        create("seven", "has_tag('circle/work') and age = 7"),
        invoke(tagging.segmentation.memberships.CountGrid, grid),
    ):
        with pytest.raises(StateRefused) as caught:
            await refused
        assert caught.value.reason == "GROUP_TOO_SMALL"


async def test_a_scene_of_another_tag_takes_back_the_one_it_gave(tagging: Tagging) -> None:
    """SEG-29: else a rule over the old tag would show few whom a scene names, since no scene has that tag any more."""
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(range(1, 41), days=3)
    await tagging.refresh()
    await tagging.watch(path="circle/office")
    assert (await tagging.all(), await tagging.of(1)) == ({}, {})
    assert await tagging.segmentation.count("has_tag('circle/work') and age = 7") == 0
    await tagging.refresh()
    assert await tagging.all() == {"circle/office": 40}


async def test_no_way_around_shows_the_persons_of_a_scene(tagging: Tagging) -> None:
    """SEG-29: what rests on a scene by way of other segments, set algebra or their tags is kept as well."""
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(range(1, 41), days=3)
    await tagging.refresh()
    segmentation = tagging.segmentation
    workers = await segmentation.create("workers", "has_tag('circle/work')")
    one, old = await segmentation.create("one", "age = 7"), await segmentation.create("old", "age > 40")
    await tagging.tag("staff", workers.id, 0.7)
    both = SegmentDesk(segmentation)
    overlap = membership_pb2.CountOverlapRequest(segment_ids=[workers.id, one.id])
    for refused in (
        segmentation.count("in_segment('workers') and age = 7"),
        segmentation.count("has_tag('staff') and age = 7"),
        segmentation.create("seven", "in_segment('workers') and age = 7"),
        both.algebra("seven", intersection(of(workers), of(one))),
        invoke(segmentation.memberships.CountOverlap, overlap),
    ):
        with pytest.raises(StateRefused) as caught:
            await refused
        assert caught.value.reason == "GROUP_TOO_SMALL"
    # What rests on no scene is told, and so is nobody.
    assert await segmentation.count("in_segment('one')") == 1
    assert (await both.algebra("none", intersection(of(workers), of(old)))).count == 0


async def test_tags_of_segments_add_up_renew_and_are_taken_back(tagging: Tagging) -> None:
    # SEG-13, SEG-30, SEG-37
    fans = await tagging.segmentation.create("fans", "age <= 10")
    buyers = await tagging.segmentation.create("buyers", "age between 5 and 12")
    assert await tagging.tag("music/classical", fans.id, 0.7) == 10
    assert await tagging.tag("music/classical", fans.id, 0.7) == 10
    assert await tagging.tag("music/classical", buyers.id, 0.5, valid_days=30) == 8
    assert (await tagging.of(1), await tagging.of(5), await tagging.of(12)) == (
        {"music/classical": 0.7},
        {"music/classical": 0.85},
        {"music/classical": 0.5},
    )
    # So few are not counted for others, but a rule over tags of one's own making is answered.
    assert await tagging.all() == {"music/classical": None}
    assert await tagging.segmentation.count("has_tag('music', 0.8)") == 6
    request = tag_pb2.RemoveTagRequest(
        request_id=new_request_id(), path="music/classical", source=f"segment:{buyers.id}"
    )
    await invoke(tagging.tags.RemoveTag, request)
    assert await tagging.of(12) == {}
    with pytest.raises(NotFound):
        await invoke(tagging.tags.RemoveTag, tag_pb2.RemoveTagRequest(request_id=new_request_id(), path="music"))


async def test_what_makes_no_sense_is_refused_with_its_field(tagging: Tagging) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await tagging.watch(window_days=63)
    assert (refusal.value.reason, refusal.value.field) == ("SCENE", "window_days")
    with pytest.raises(NotFound) as missing:
        await tagging.tag("music", "0190b3a0-0000-7000-8000-000000000001", 0.5)
    assert missing.value.reason == "SEGMENT_NOT_FOUND"
    event = event_pb2.Event(msisdn=number_of(1), type="cell_seen")
    event.at.FromDatetime(datetime.now(UTC))
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=[event])
    answer = await invoke(tagging.segmentation.events.RecordEvents, request)
    assert [one.field for one in answer.rejected] == ["attributes.cell"]
    with acting_as(AGENT), pytest.raises(PermissionRefused):
        await tagging.watch()


async def test_a_rule_over_events_and_tags_follows_an_event_with_its_tags(tagging: Tagging) -> None:
    fans = await tagging.segmentation.create("fans", "age <= 30")
    await tagging.tag("music/classical", fans.id, 0.7)
    heard = await tagging.segmentation.create("heard", "has_tag('music') and count_events('concert', 30) >= 1")
    events = [event_pb2.Event(msisdn=number_of(one), type="concert") for one in (7, 40)]
    for event in events:
        event.at.FromDatetime(datetime.now(UTC))
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=events)
    await invoke(tagging.segmentation.events.RecordEvents, request)
    await tagging.segmentation.rebuilt(heard.id, version=2)
    members = [
        one for batch in await tagging.segmentation.members(heard.id) for one in batch["subscriber_id"].to_pylist()
    ]
    assert members == [7]
