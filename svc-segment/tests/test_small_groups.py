"""SEG-29: no surface shows 1 to 19 whom a scene names, by whatever way the group became so small."""

import asyncio
from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import (
    classification_pb2,
    event_pb2,
    match_pb2,
    membership_pb2,
    segment_pb2,
    subscriber_pb2,
    tag_pb2,
)
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, StateRefused

from .segment_desk import SegmentDesk
from .segmentation import new_request_id, number_of
from .tag_desk import CELL, Tagging

LIVE_SECONDS = 30


@pytest.fixture
async def watched(tagging: Tagging) -> Tagging:
    """The first forty of sixty carry the tag of a scene."""
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    await tagging.see(range(1, 41), days=3)
    await tagging.refresh()
    return tagging


async def leave(tagging: Tagging, *subscriber_ids: int) -> None:
    """Books an event that takes them out of the segments of these tests."""
    at = Timestamp()
    at.FromDatetime(datetime.now(UTC))
    events = [event_pb2.Event(msisdn=number_of(one), type="left", at=at) for one in subscriber_ids]
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=events)
    await invoke(tagging.segmentation.events.RecordEvents, request)


async def shrunk(tagging: Tagging, name: str, rule: str) -> segment_pb2.Segment:
    """A segment of 25 that events bring down to 15."""
    desk = SegmentDesk(tagging.segmentation)
    made = await desk.rule(name, f"{rule} and age <= 25 and no_events('left', 30)")
    assert (made.count, made.small_group) == (25, False)
    await leave(tagging, *range(1, 11))
    async with asyncio.timeout(LIVE_SECONDS):
        while (await desk.get(made.id)).version == made.version:
            await asyncio.sleep(0.05)
    return await desk.get(made.id)


@pytest.mark.parametrize(
    "rule", ["has_tag('circle/work')", "has_tag(('circle/work'), 0.6)", "has_tag(/* w */ 'circle/work')"]
)
async def test_a_segment_that_shrank_to_persons_of_a_scene_has_no_size_anywhere(watched: Tagging, rule: str) -> None:
    desk = SegmentDesk(watched.segmentation)
    small = await shrunk(watched, "workers", rule)
    assert (small.count, small.small_group) == (0, True)
    [listed] = await desk.all()
    assert (listed.count, listed.small_group) == (0, True)
    renamed = await desk.change(small, description="who works here")
    assert (renamed.count, renamed.small_group) == (0, True)
    for refused in (
        desk.ids(small.id),
        desk.overlap(small.id),
        desk.export(membership_pb2.ExportMembersRequest(segment_id=small.id, format=membership_pb2.EXPORT_FORMAT_CSV)),
        watched.tag("staff", small.id, 0.7),
    ):
        with pytest.raises(StateRefused) as caught:
            await refused
        assert caught.value.reason == "GROUP_TOO_SMALL"


async def test_few_whom_a_scene_named_stay_unshown_when_their_segment_is_defined_without_it(watched: Tagging) -> None:
    desk = SegmentDesk(watched.segmentation)
    small = await shrunk(watched, "workers", "has_tag('circle/work')")
    widened = await desk.redefine(small, rule="age <= 60")
    assert (widened.count, widened.version > small.version) == (60, True)
    asked = membership_pb2.ExportMembersRequest(
        segment_id=small.id, segment_version=small.version, format=membership_pb2.EXPORT_FORMAT_CSV
    )
    for refused in (desk.ids(small.id, version=small.version), desk.export(asked)):
        with pytest.raises(StateRefused) as caught:
            await refused
        assert caught.value.reason == "GROUP_TOO_SMALL"
    assert len(await desk.ids(small.id)) == 60


async def test_few_whom_a_scene_named_stay_unshown_when_it_gives_another_tag_and_ends(tagging: Tagging) -> None:
    desk = SegmentDesk(tagging.segmentation)
    await tagging.watch("STADIUM", "circle/stadium")
    await tagging.put_cell(CELL, "STADIUM")
    await tagging.see(range(1, 41), days=3)
    await tagging.refresh()
    small = await shrunk(tagging, "fans", "has_tag('circle/stadium')")
    async with tagging.segmentation.database.unit_of_work() as unit:
        # As a launch keeps its version, however often the segment is renewed meanwhile.
        await unit.driver.execute("UPDATE membership SET kept_until = now() + interval '1 day'")
    await tagging.watch("STADIUM", "circle/sport")
    await refused(desk, small)
    await invoke(tagging.tags.EndScene, tag_pb2.EndSceneRequest(request_id=new_request_id(), code="STADIUM"))
    await refused(desk, small)


async def refused(desk: SegmentDesk, small: segment_pb2.Segment) -> None:
    """The version is kept, but given to nobody."""
    with pytest.raises(StateRefused) as caught:
        await desk.ids(small.id, version=small.version)
    assert caught.value.reason == "GROUP_TOO_SMALL"


async def test_nobody_is_shown_to_be_one_of_a_few_whom_a_scene_names(watched: Tagging) -> None:
    stubs = watched.segmentation
    small = await shrunk(watched, "workers", "has_tag('circle/work')")
    many = await stubs.create("many", "has_tag('circle/work') and age <= 30")
    listed = await invoke(stubs.memberships.ListMemberships, membership_pb2.ListMembershipsRequest(subscriber_id=20))
    assert [one.segment_id for one in listed.memberships] == [many.id]
    seen = await invoke(stubs.subscribers.GetSubscriber, subscriber_pb2.GetSubscriberRequest(subscriber_id=20))
    assert list(seen.segment_ids) == [many.id]
    assert small.id != many.id


async def test_a_small_segment_that_rests_on_no_scene_is_shown(watched: Tagging) -> None:
    small = await shrunk(watched, "young", "age <= 60")
    assert (small.count, small.small_group) == (15, False)
    assert len(await SegmentDesk(watched.segmentation).ids(small.id)) == 15
    request = membership_pb2.ListMembershipsRequest(subscriber_id=20)
    listed = await invoke(watched.segmentation.memberships.ListMemberships, request)
    assert [one.segment_id for one in listed.memberships] == [small.id]


async def test_a_match_does_not_show_the_few_of_a_rule_over_a_scene(watched: Tagging) -> None:
    desk = watched.matching
    for service in ("A", "B", "C"):
        await desk.put(service)
    await desk.add("FEW", "A", "has_tag('circle/work') and age <= 15")
    await desk.add("MANY", "B", "has_tag('circle/work')")
    await desk.add("YOUNG", "C", "age <= 5")
    match = await desk.matched()
    assert match.state == match_pb2.RUN_STATE_DONE, match.problem
    shown = {share.rule: (share.fitting, share.small_group, sum(share.placed)) for share in match.shares}
    assert shown == {"FEW": (0, True, 0), "MANY": (40, True, 0), "YOUNG": (5, False, 5)}
    with pytest.raises(StateRefused) as caught:
        await desk.extract(match.id, rule="FEW")
    assert (caught.value.reason, "FEW" in caught.value.detail) == ("GROUP_TOO_SMALL", True)
    with pytest.raises(StateRefused):
        await desk.extract(match.id)
    assert len(await desk.extract(match.id, rule="MANY")) == 40
    assert len(await desk.extract(match.id, rule="YOUNG")) == 5


async def test_an_explanation_leaves_out_the_service_whose_rule_names_few_of_a_scene(watched: Tagging) -> None:
    desk = watched.matching
    for service in ("A", "B", "C"):
        await desk.put(service)
    await desk.add("FEW", "A", "has_tag('circle/work') and age <= 15")
    await desk.add("OTHERS", "A", "true", priority=2)
    await desk.add("MANY", "B", "has_tag('circle/work')")
    await desk.add("YOUNG", "C", "age <= 5")
    await desk.matched()
    assert await desk.verdicts(1) == {"MANY": ("recommended", 1), "YOUNG": ("recommended", 2)}
    assert await desk.verdicts(20) == {"MANY": ("recommended", 1), "YOUNG": ("not_fitting", 0)}
    assert await desk.verdicts(60) == {"MANY": ("not_fitting", 0), "YOUNG": ("not_fitting", 0)}


async def test_classes_that_are_listed_by_city_may_not_rest_on_a_scene(watched: Tagging) -> None:
    await watched.segmentation.create("workers", "has_tag('circle/work')")
    for test in ("has_tag('circle/work')", "has_tag('circle') and age <= 5", "in_segment('workers')"):
        said = classification_pb2.Classification(
            code="where",
            name_zh="在",
            name_en="where",
            classes=[
                classification_pb2.ClassLabel(result="HERE", text_zh="在", text_en="here", listed=True),
                classification_pb2.ClassLabel(result="ELSE", text_zh="不在", text_en="elsewhere"),
            ],
            steps=[
                classification_pb2.ClassStep(test=test, result="HERE"),
                classification_pb2.ClassStep(test="true", result="ELSE"),
            ],
        )
        request = classification_pb2.PutClassificationRequest(request_id=new_request_id(), classification=said)
        with pytest.raises(InvalidInput) as caught:
            await invoke(watched.matching.classes.PutClassification, request)
        assert (caught.value.reason, caught.value.field) == ("SCENES_LISTED", "classification.steps")
