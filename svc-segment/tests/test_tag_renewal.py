"""Segments whose rules ask for tags follow them, and say so while they are behind; tags say up to which day they are."""

import asyncio
import io
import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pyarrow import csv, parquet

from carillon.segment.v1 import membership_pb2, tag_pb2
from carillon_chassis.client import invoke
from svc_segment.store.memberships import read_data_versions
from svc_segment.store.segments import find_segment

from .segment_desk import SegmentDesk
from .segmentation import new_request_id
from .tag_desk import Tagging

REBUILD_SECONDS = 60


def today() -> str:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()


async def become(desk: SegmentDesk, segment_id: str, ids: list[int]) -> None:
    async with asyncio.timeout(REBUILD_SECONDS):
        while (await desk.get(segment_id)).stale or await desk.ids(segment_id) != ids:
            await asyncio.sleep(0.05)


async def test_a_segment_that_asks_for_a_tag_is_renewed_when_tags_move(tagging: Tagging) -> None:
    desk = SegmentDesk(tagging.segmentation)
    fans = await desk.rule("fans", "age <= 10")
    await tagging.tag("music/classical", fans.id, 0.7)
    invited = await desk.rule("invited", "has_tag('music', 0.5) and age > 4")
    resting = await desk.rule("resting", "in_segment('invited') and age <= 8")
    others = await desk.rule("others", "age > 50")
    assert (invited.count, resting.count) == (6, 4)
    older = await desk.rule("older", "age between 20 and 22")
    await tagging.tag("music/rock", older.id, 0.9)
    await become(desk, invited.id, [5, 6, 7, 8, 9, 10, 20, 21, 22])
    remove = tag_pb2.RemoveTagRequest(request_id=new_request_id(), path="music/classical")
    await invoke(tagging.tags.RemoveTag, remove)
    await become(desk, invited.id, [20, 21, 22])
    await become(desk, resting.id, [])
    # Who asks for no tag has nothing to follow.
    assert (await desk.get(others.id)).version == others.version


async def test_a_membership_older_than_the_tags_is_stale_and_says_why(tagging: Tagging) -> None:
    desk = SegmentDesk(tagging.segmentation)
    fans = await desk.rule("fans", "age <= 10")
    await tagging.tag("music", fans.id, 0.7)
    invited = await desk.rule("invited", "has_tag('music')")
    async with tagging.segmentation.database.unit_of_work() as unit:
        kept = await find_segment(unit, uuid.UUID(invited.id))
        assert kept is not None
        assert kept.definition.needs.tags == {"music"}
        await unit.driver.execute("UPDATE membership SET tag_version = tag_version - 1 WHERE segment_id = $1", kept.id)
        assert (await read_data_versions(unit)).tags == 1
    behind = await desk.get(invited.id)
    assert (behind.stale, list(behind.stale_reasons)) == (True, ["TAGS"])


async def test_tags_say_the_day_up_to_which_they_were_brought(tagging: Tagging) -> None:
    mine = tag_pb2.ListSubscriberTagsRequest(subscriber_id=1)
    assert (await invoke(tagging.tags.ListTags, tag_pb2.ListTagsRequest())).as_of == ""
    before = today()
    await tagging.refresh()
    answers = [
        (await invoke(tagging.tags.ListTags, tag_pb2.ListTagsRequest())).as_of,
        (await invoke(tagging.tags.ListSubscriberTags, mine)).as_of,
    ]
    assert set(answers) <= {before, today()}


async def test_a_file_of_members_says_the_day_of_its_data(tagging: Tagging) -> None:
    desk = SegmentDesk(tagging.segmentation)
    young = await desk.rule("young", "age <= 3")
    empty = await desk.rule("empty", "age < 0")
    asked = membership_pb2.ExportMembersRequest(
        format=membership_pb2.EXPORT_FORMAT_CSV, segment_id=young.id, attributes=["age"]
    )
    text = await desk.export(asked)
    asked.format = membership_pb2.EXPORT_FORMAT_PARQUET
    file = await desk.export(asked)
    table = csv.read_csv(io.BytesIO(text))
    assert table.column_names == ["subscriber_id", "age", "as_of"]
    assert {day.isoformat() for day in table["as_of"].to_pylist()} == {young.as_of} == {"2011-03-31"}
    told = parquet.read_table(io.BytesIO(file))
    assert told.column_names == ["subscriber_id", "age"]
    assert {name: value for name, value in (told.schema.metadata or {}).items() if name.startswith(b"carillon.")} == {
        b"carillon.segment": b"young",
        b"carillon.version": b"1",
        b"carillon.as_of": b"2011-03-31",
    }
    nobody = membership_pb2.ExportMembersRequest(format=membership_pb2.EXPORT_FORMAT_CSV, segment_id=empty.id)
    assert (await desk.export(nobody)).decode().strip() == '"subscriber_id","as_of"'
