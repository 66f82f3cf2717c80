"""Classifying everyone over real gRPC and PostgreSQL: counts by city, lists on the drop folder, changed thresholds."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import classification_pb2, event_pb2, match_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused
from carillon_chassis.identity import acting_as

from .match_desk import ADMIN, AGENT, EAST, MatchDesk
from .segmentation import csv_file, new_request_id, number_of

CHINA = ZoneInfo("Asia/Shanghai")
ATTRIBUTES = {
    "branch": "text", "fetion_registered": "boolean", "fetion_deregistered": "boolean", "fetion_ever_active": "boolean",
    "fetion_sms_active": "boolean", "fetion_client_days": "integer", "fetion_friends": "integer",
    "fetion_volume": "integer", "fetion_client_volume": "integer", "fetion_active_days_m1": "integer",
    "fetion_active_days_m2": "integer", "crbt_downloads": "integer",
}  # fmt: skip
# branch, registered, deregistered, ever, sms, days, friends, volume, client volume, m1, m2, tones
PEOPLE = [
    ("east", True, False, False, False, 0, 0, 0, 0, 0, 0, 0),
    ("east", True, False, True, True, 0, 3, 5, 0, 0, 0, 1),
    ("west", True, False, True, False, 0, 3, 0, 0, 18, 0, 3),
    ("west", True, False, True, False, 6, 3, 9, 9, 0, 0, 9),
    ("west", True, False, True, False, 12, 3, 9, 9, 0, 0, 9),
    ("", True, False, True, False, 19, 3, 9, 9, 0, 0, ""),
    ("west", True, False, True, False, 3, 3, 9, 9, 0, 0, ""),
    ("west", False, False, False, False, 0, 0, 0, 0, 0, 0, ""),
]


@pytest.fixture
async def loaded(desk: MatchDesk) -> MatchDesk:
    """Eight people of six classes, a gap and one who has no Fetion."""
    rows = [(number_of(number), *person) for number, person in enumerate(PEOPLE, start=1)]
    await desk.segmentation.load(csv_file(["msisdn", *ATTRIBUTES], *rows), ATTRIBUTES)
    return desk


async def test_everyone_is_in_one_class_and_counted_by_city(loaded: MatchDesk) -> None:
    # SEG-39 to SEG-46
    with acting_as(ADMIN):
        run = await loaded.classify("fetion")
    counts = {one.result: {place.branch: place.count for place in one.branches} for one in run.counts}
    assert (run.state, run.month, run.subscribers) == (match_pb2.RUN_STATE_DONE, "2011-03", 8)
    assert counts == {
        "CONTINUOUS_SILENT": {"east": 1}, "SUB_SILENT": {"east": 1, "west": 1}, "TRIAL_PROBLEM": {},
        "ORDINARY": {"west": 1}, "HABITUAL": {"west": 1}, "LOYAL": {"": 1}, "UNCLASSIFIED_LOW": {"west": 1},
        "UNCLASSIFIED_LAPSED": {}, "EXCLUDED": {"west": 1},
    }  # fmt: skip


async def test_lists_lie_on_the_drop_folder_by_city_and_say_what_is_in_them(loaded: MatchDesk) -> None:
    # SEG-39: one list a class, every month.
    with acting_as(ADMIN):
        run = await loaded.classify("fetion")
    month = loaded.segmentation.data_dir / "drop" / "fetion" / "2011-03"
    manifest = json.loads((month / "manifest.json").read_text())
    assert sorted(manifest["files"]) == [
        "east/CONTINUOUS_SILENT.csv", "east/SUB_SILENT.csv", "unknown/LOYAL.csv", "west/HABITUAL.csv",
        "west/ORDINARY.csv", "west/SUB_SILENT.csv",
    ]  # fmt: skip
    for name, said in manifest["files"].items():
        content = (month / name).read_bytes()
        assert said == {"rows": len(content.splitlines()) - 1, "sha256": hashlib.sha256(content).hexdigest()}
    assert (month / "west" / "SUB_SILENT.csv").read_text().split() == ["msisdn", number_of(3)]
    assert (manifest["run"], manifest["as_of"]) == (run.id, run.as_of)
    assert run.as_of == "2011-03-31"


async def test_a_later_run_of_the_month_replaces_its_lists_whole(loaded: MatchDesk) -> None:
    with acting_as(ADMIN):
        first = await loaded.classify("fetion")
        header = ["msisdn", "branch", "fetion_client_days", "fetion_volume"]
        await loaded.segmentation.load(csv_file(header, (number_of(3), "west", 19, 9)))
        second = await loaded.classify("fetion")
        assert await loaded.list_of(second.id, "LOYAL", "west") == [number_of(3)]
        with pytest.raises(NotFound) as gone:
            await loaded.list_of(first.id, "SUB_SILENT", "west")
        assert gone.value.reason == "CLASS_LIST_NOT_FOUND"


async def test_a_branch_reads_its_own_lists_alone(loaded: MatchDesk) -> None:
    with acting_as(ADMIN):
        run = await loaded.classify("fetion")
    with acting_as(EAST):
        assert await loaded.list_of(run.id, "SUB_SILENT", "") == [number_of(2)]
        with pytest.raises(PermissionRefused):
            await loaded.list_of(run.id, "SUB_SILENT", "west")
    with acting_as(AGENT), pytest.raises(PermissionRefused):
        await loaded.list_of(run.id, "SUB_SILENT", "east")


async def test_one_subscriber_has_a_class_by_every_classification(loaded: MatchDesk) -> None:
    found = await _classes_of(loaded, 2)
    today = datetime.now(CHINA).date().isoformat()
    assert found == {
        "fetion": ("SUB_SILENT", "2011-03-31"),
        "music": ("TRIAL", "2011-03-31"),
        "event_preference": ("NONE", today),
        "data_acceptance": ("NONE", today),
    }


async def test_who_went_to_a_concert_prefers_its_music_as_soon_as_it_is_told(loaded: MatchDesk) -> None:
    """SEG-37: the group of a music event, of one subscriber, by files of events and by what came this moment."""
    yesterday, long_ago = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) - timedelta(days=366)
    rows = [
        (number_of(2), "concert", yesterday.isoformat(), "蔡琴演唱会"),
        (number_of(3), "concert", long_ago.isoformat(), "陶喆演唱会"),
    ]
    events = csv_file(["msisdn", "type", "at", "event"], *rows)
    await loaded.segmentation.load(events, {"event": "text"}, kind="events")
    with acting_as(ADMIN):
        run = await loaded.classify("event_preference")
    assert {one.result: one.count for one in run.counts if one.count} == {"POP_TSAI_CHIN": 1, "NONE": 7}
    # One at a time says what the run said of everyone; an attendance speaks for 365 days.
    preferences = [(await _classes_of(loaded, one))["event_preference"][0] for one in (1, 2, 3)]
    assert preferences == ["NONE", "POP_TSAI_CHIN", "NONE"]
    at = Timestamp()
    at.FromDatetime(yesterday)
    went = event_pb2.Event(msisdn=number_of(3), type="concert", at=at, attributes={"event": "陶喆演唱会"})
    request = event_pb2.RecordEventsRequest(request_id=new_request_id(), events=[went])
    await invoke(loaded.segmentation.events.RecordEvents, request)
    assert (await _classes_of(loaded, 3))["event_preference"][0] == "POP_DAVID_TAO"
    assert (await _classes_of(loaded, 1))["event_preference"][0] == "NONE"


async def test_a_class_that_came_to_rest_on_a_scene_is_nobodys(loaded: MatchDesk) -> None:
    """SEG-29: where somebody was decides no class, one subscriber's as little as a list's."""
    steps = [
        classification_pb2.ClassStep(test="has_tag('park/lake', 0.5)", result="SEEN"),
        classification_pb2.ClassStep(test="true", result="NOT"),
    ]
    labels = [classification_pb2.ClassLabel(result=one, text_zh=one, text_en=one) for one in ("SEEN", "NOT")]
    own = classification_pb2.Classification(code="park", name_zh="p", name_en="p", classes=labels, steps=steps)
    with acting_as(ADMIN):
        await _put(loaded, own)
        assert (await _classes_of(loaded, 1))["park"][0] == "NOT"
        async with loaded.segmentation.database.unit_of_work() as unit:
            await unit.driver.execute("INSERT INTO scene_path (path) VALUES ('park/lake/east')")
    assert "park" not in await _classes_of(loaded, 1)


async def test_nobody_has_no_class(loaded: MatchDesk) -> None:
    with pytest.raises(NotFound, match="no subscriber 99"):
        await _classes_of(loaded, 99)


async def _classes_of(desk: MatchDesk, subscriber_id: int) -> dict[str, tuple[str, str]]:
    """By classification, one subscriber's class and the day that it describes."""
    with acting_as(AGENT):
        request = classification_pb2.ClassifySubscriberRequest(subscriber_id=subscriber_id)
        answer = await invoke(desk.classes.ClassifySubscriber, request)
    return {one.code: (one.result, one.as_of) for one in answer.classes}


async def test_thresholds_are_data_and_a_change_is_a_new_version(loaded: MatchDesk) -> None:
    # SEG-61, A-32
    with acting_as(ADMIN):
        listed = await invoke(loaded.classes.ListClassifications, classification_pb2.ListClassificationsRequest())
        music = next(one for one in listed.classifications if one.code == "music")
        assert music.version == 1
        music.steps[0].test = "crbt_downloads >= 10"
        changed = await _put(loaded, music)
        assert changed.version == 2
        run = await loaded.classify("music")
        assert run.version == 2
        assert {one.result: one.count for one in run.counts} == {"SILENT": 4, "TRIAL": 1, "ACTIVE": 3, "LOYAL": 0}
        music.steps[1].test = "downloads > 3"
        with pytest.raises(InvalidInput) as refusal:
            await _put(loaded, music)
        assert (refusal.value.reason, refusal.value.field) == (
            "RULE_UNKNOWN_ATTRIBUTE",
            "classification.steps[2].test",
        )
        with pytest.raises(NotFound, match="data_acceptance, event_preference, fetion, music, sector_contact"):
            await loaded.classify("weather")
    with acting_as(EAST), pytest.raises(PermissionRefused):
        await _put(loaded, music)


async def _put(desk: MatchDesk, changed: classification_pb2.Classification) -> classification_pb2.Classification:
    request = classification_pb2.PutClassificationRequest(request_id=new_request_id(), classification=changed)
    return (await invoke(desk.classes.PutClassification, request)).classification
