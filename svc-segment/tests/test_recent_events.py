"""What one subscriber did of late: from the table and from files, the newest first, bounded, and never where he was."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.segment.v1 import event_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from svc_segment.app.list_recent_events import DAYS_BACK, MOST_EVENTS

from .match_desk import AGENT
from .segmentation import Segmentation, csv_file, new_request_id, number_of
from .tag_desk import CELL, Tagging

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
async def loaded(segmentation: Segmentation) -> Segmentation:
    """Two subscribers."""
    await segmentation.load(csv_file(["msisdn"], [number_of(1)], [number_of(2)]))
    return segmentation


async def book(loaded: Segmentation, *events: tuple[int, str, datetime, dict[str, str]]) -> None:
    said = []
    for number, kind, moment, attributes in events:
        at = Timestamp()
        at.FromDatetime(moment)
        said.append(event_pb2.Event(msisdn=number_of(number), type=kind, at=at, attributes=attributes))
    answer = await invoke(
        loaded.events.RecordEvents, event_pb2.RecordEventsRequest(request_id=new_request_id(), events=said)
    )
    assert answer.accepted == len(events)


async def load(loaded: Segmentation, *rows: tuple[int, str, datetime, str]) -> None:
    content = csv_file(
        ["msisdn", "type", "at", "page"],
        *[(number_of(one), kind, at.isoformat(), page) for one, kind, at, page in rows],
    )
    assert (await loaded.load(content, {"page": "text"}, kind="events")).accepted == len(rows)


async def recent(loaded: Segmentation, subscriber_id: int) -> event_pb2.ListRecentEventsResponse:
    with acting_as(AGENT):
        return await invoke(
            loaded.events.ListRecentEvents, event_pb2.ListRecentEventsRequest(subscriber_id=subscriber_id)
        )


async def test_files_and_what_came_just_now_stand_together_the_newest_first(loaded: Segmentation) -> None:
    """SEG-80: all that a user did is recorded and shown."""
    await load(
        loaded,
        (1, "page_visit", NOW - timedelta(days=3), "/tones"),
        (2, "page_visit", NOW - timedelta(days=2), "/other"),
        (1, "recharge", NOW - timedelta(days=1), ""),
        (1, "page_visit", NOW - timedelta(days=DAYS_BACK, hours=1), "/long-ago"),
    )
    await book(
        loaded,
        (1, "visit", NOW - timedelta(minutes=1), {"hall": "H1"}),
        (1, "late", NOW - timedelta(days=2), {}),
        (1, "forgotten", NOW - timedelta(days=DAYS_BACK, hours=1), {}),
        (2, "visit", NOW, {}),
    )
    answer = await recent(loaded, 1)
    assert [(one.type, one.at.ToDatetime(tzinfo=UTC), dict(one.attributes)) for one in answer.events] == [
        ("visit", NOW - timedelta(minutes=1), {"hall": "H1"}),
        ("recharge", NOW - timedelta(days=1), {}),
        ("late", NOW - timedelta(days=2), {}),
        ("page_visit", NOW - timedelta(days=3), {"page": "/tones"}),
    ]
    assert answer.as_of.ToDatetime(tzinfo=UTC) >= NOW
    assert answer.as_of.ToDatetime() - answer.since.ToDatetime() == timedelta(days=DAYS_BACK)
    assert list((await recent(loaded, 99)).events) == []


async def test_no_more_are_shown_than_a_screen_has_and_they_are_the_newest(loaded: Segmentation) -> None:
    await load(loaded, *[(1, "page_visit", NOW - timedelta(hours=one), str(one)) for one in range(1, MOST_EVENTS + 40)])
    await book(loaded, *[(1, "visit", NOW - timedelta(minutes=one), {}) for one in range(5)])
    shown = (await recent(loaded, 1)).events
    assert [one.type for one in shown] == ["visit"] * 5 + ["page_visit"] * (MOST_EVENTS - 5)
    assert [one.attributes["page"] for one in shown[5:]] == [str(one) for one in range(1, MOST_EVENTS - 4)]


async def test_where_somebody_was_is_never_among_it(tagging: Tagging) -> None:
    """SEG-29: no tracks; of a chosen scene's sightings, by file or call, nothing is there to be shown."""
    loaded = tagging.segmentation
    await tagging.watch()
    await tagging.put_cell(CELL, "WORK")
    rows = [(number_of(1), kind, (NOW - timedelta(hours=2)).isoformat(), CELL) for kind in ("cell_seen", "visit")]
    snapshot = await loaded.load(csv_file(["msisdn", "type", "at", "cell"], *rows), {"cell": "text"}, kind="events")
    assert snapshot.accepted == 2
    await tagging.see([1], days=1)
    assert [one.type for one in (await recent(loaded, 1)).events] == ["visit"]


async def test_only_who_sees_profiles_sees_what_was_done(loaded: Segmentation) -> None:
    partner = Identity(subject="partner", roles=frozenset({"partner"}))
    with acting_as(partner), pytest.raises(PermissionRefused):
        await invoke(loaded.events.ListRecentEvents, event_pb2.ListRecentEventsRequest(subscriber_id=1))
